import type { Answer } from '@alongside/kernel/answer';
import type { HttpRequest } from '@alongside/kernel/http';
import { randomToken } from '@alongside/kernel/ids';
import { stateKey } from '@alongside/kernel/journeys';
import { continuePage } from '@alongside/kernel/layout';
import { sha256 } from '@alongside/kernel/secrets';
import { check, type Passed, steps } from '@alongside/kernel/steps';
import { sealName } from '../../oauth/on-behalf-of.ts';
import { isForm, type Parameters, parseParameters } from '../../oauth/parameters.ts';
import { errors } from '../errors.ts';
import { pagePaths, type SigningServices } from '../parts.ts';
import { lifetime, type SigningAnswer, type SigningRequest } from '../transactions.ts';
import { complete, end, goBack, returnUrl } from './complete.ts';
import { documentsOf, presencePage, serviceName } from './page.ts';

export interface PageCall {
  signing: SigningServices;
  request: HttpRequest;
}

/** Levels at CIS2 that sign: every authenticator of AAL3. */
const acrValues = 'AAL3_ANY';

export const browserCookie = (state: string): string => `presence-${sha256(state).slice(0, 16)}`;

function readQuery({ request }: PageCall): { parameters: Parameters } {
  const parameters = parseParameters(request.query);
  if (!parameters) throw errors.requestMalformed('the query is not well-formed');
  return { parameters };
}

function readForm({ request: { headers, body } }: PageCall): { parameters: Parameters } {
  const parameters = isForm(headers['content-type']) ? parseParameters(body) : undefined;
  if (!parameters || parameters.repeated() !== undefined)
    throw errors.requestMalformed('the form is not well-formed');
  return { parameters };
}

type WithRequest = { token: string; pending: SigningRequest };

/** Finds the request. One that was completed leads back to the application again: after Back, a reload, or in a second tab. */
async function findRequest({
  signing: { transactions },
  request,
  parameters,
}: PageCall & { parameters: Parameters }): Promise<WithRequest | Answer> {
  const token = parameters.get('token') ?? '';
  const pending = await transactions.find(token);
  if (pending) return { token, pending };
  const answer = await transactions.answer(token);
  if (answer) return leave(request, token, answer);
  if (await transactions.findAny(token)) throw errors.tokenExpired('the request has expired');
  throw errors.presenceUnknown('there is no request with this token');
}

/** A form leads to another origin only by a page, because of its content security policy. */
const leave = (request: HttpRequest, token: string, answer: SigningAnswer): Answer =>
  request.method === 'POST'
    ? continuePage({
        title: 'Back to your application',
        service: serviceName,
        development: false,
        to: returnUrl(token, answer),
      })
    : goBack(token, answer);

/** `mock=true` in development: signatures that do not verify, without a person (published tool, live-signing-client.ts). */
async function answerMock(
  call: PageCall & WithRequest & { parameters: Parameters },
): Promise<Answer | undefined> {
  const { signing, request, token, pending, parameters } = call;
  if (parameters.get('mock') !== 'true') return undefined;
  if (!signing.development) throw errors.mockRefused('mock=true outside development');
  const answer =
    (await complete(signing, token, pending, { mode: 'mock' }, request)) ??
    (await signing.transactions.answer(token));
  if (!answer) throw errors.presenceUnknown('the request was completed at the same time');
  return goBack(token, answer);
}

const showPage = ({ signing, token, pending }: PageCall & WithRequest): Answer =>
  presencePage(token, pending, signing.development);

/** Accepts the decision only from the page itself. */
const checkSameOrigin = check(
  'same-origin',
  function checkSameOrigin({ signing: { urls }, request: { headers } }: PageCall): void {
    const site = headers['sec-fetch-site'];
    if (site === 'same-origin') return;
    if (site !== undefined) throw errors.foreignPage(`its page is ${site}`);
    if (headers.origin !== new URL(urls.api).origin)
      throw errors.foreignPage(`its origin is ${headers.origin ?? 'missing'}`);
  },
);

async function decline({
  signing,
  request,
  parameters,
  token,
  pending,
}: PageCall & Passed<'same-origin'> & WithRequest & { parameters: Parameters }): Promise<Answer | undefined> {
  if (parameters.get('decision') !== 'decline') return undefined;
  const answer = await end(
    signing,
    token,
    pending,
    { ending: 'declined', detail: 'the user declined on the page' },
    request,
  );
  if (!answer) throw errors.presenceUnknown('the request was completed at the same time');
  return leave(request, token, answer);
}

/** Sends the browser to CIS2 for a new proof: the PIN or a passkey again, whatever session there is. */
async function begin({
  signing,
  request,
  token,
  pending,
}: PageCall & Passed<'same-origin'> & WithRequest): Promise<Answer> {
  const { transactions, presenceRows, upstream, vault, cookies, clock, urls, recorder } = signing;
  const [state, nonce, verifier, browser] = [randomToken(), randomToken(), randomToken(), randomToken()];
  const presence = { token, nonce, browser: sha256(browser), startedAt: clock.now() };
  if (!(await presenceRows.create(request.address, [transactions.beginStatement(state, presence, verifier)])))
    throw errors.busy('too many presence checks were started');
  // The page with the PIN shows this name.
  const name = `${pending.applicationName} (to sign ${documentsOf(pending)})`;
  const to = upstream.signInUrl({
    redirectUri: `${urls.api}${pagePaths.callback}`,
    state,
    nonce,
    challenge: sha256(verifier),
    acrValues,
    prompt: 'login',
    withoutRole: true,
    onBehalfOf: upstream.isOwn ? sealName(vault, state, { name, clientId: pending.clientId }) : undefined,
  });
  recorder.record({
    keys: [token, stateKey({ clientId: upstream.clientId, state })],
    lasting: pending.family,
    from: 'gateway',
    to: 'cis2',
    name: 'signing.presence',
    detail: { client: pending.applicationName, documents: pending.payloads.length },
  });
  return continuePage({
    title: 'Prove that it is you',
    service: serviceName,
    development: signing.development,
    to,
  }).with({ 'set-cookie': cookies.set(browserCookie(state), browser, lifetime / 1_000) });
}

/** `GET /presence`: the page that asks the person to sign. */
export const showPresence = steps<PageCall>('signing.show-presence')
  .step(readQuery)
  .step(findRequest)
  .step(answerMock)
  .step(showPage);

/** `POST /presence`: sign or decline. */
export const decidePresence = steps<PageCall>('signing.decide-presence')
  .step(checkSameOrigin)
  .step(readForm)
  .step(findRequest)
  .step(decline)
  .step(begin);
