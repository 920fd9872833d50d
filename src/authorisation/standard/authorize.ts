import { type Answer, redirect } from '@alongside/kernel/answer';
import type { Refusal } from '@alongside/kernel/errors';
import type { HttpRequest } from '@alongside/kernel/http';
import { randomToken } from '@alongside/kernel/ids';
import { sha256 } from '@alongside/kernel/secrets';
import { steps } from '@alongside/kernel/steps';
import type { Applications } from '../../oauth/applications.ts';
import { withQuery } from '../../oauth/parameters.ts';
import { isChallenge } from '../../oauth/pkce.ts';
import { scopesOf } from '../../oauth/products.ts';
import {
  findClient,
  limitRate,
  readProducts,
  requireApproval,
  requireSubscription,
  type WithClient,
  type WithProducts,
} from '../application/client.ts';
import type { Base } from '../base.ts';
import { browserCookie } from '../callback/pending.ts';
import type { Parts } from '../parts.ts';
import { PendingRequests } from '../pending.ts';
import { isCallback } from '../redirects.ts';
import { errors } from './errors.ts';
import { type Incoming, readForm, readQuery, readScope } from './incoming.ts';
import { orElse } from './or-else.ts';

/** How an error reaches the client, once the client and its address are known. */
interface WithReply {
  redirectUri: string;
  fail(refusal: Refusal): Promise<Answer>;
}
type Asked = Incoming & WithReply;

const identify = (applications: Applications, base: Base) =>
  async function identify({ parameters }: Incoming): Promise<WithClient> {
    const clientId = parameters.get('client_id');
    if (clientId === undefined) throw errors.clientMissing('client_id is missing');
    const client = await findClient(applications, base, clientId);
    if (!client) throw errors.clientUnknown(`no application at ${base.path} has the client id ${clientId}`);
    return { client };
  };

const prepareReply = ({ diagnosis }: Pick<Parts, 'diagnosis'>, base: Base) =>
  async function prepareReply({ request, parameters, client }: Incoming & WithClient): Promise<WithReply> {
    const redirectUri = parameters.get('redirect_uri');
    if (redirectUri === undefined) throw errors.redirectMissing('redirect_uri is missing');
    if (!isCallback(base, client.half, redirectUri))
      throw errors.redirectUnknown(
        `${redirectUri} came, registered are: ${client.half.callbackUrls.join(' ')}`,
      );
    const to = { redirectUri, state: parameters.get('state') ?? null, issuer: base.issuer };
    return { redirectUri, fail: (refusal) => diagnosis.redirect(refusal, request, to) };
  };

const refuseClient = ({ fail }: WithReply, { detail }: Refusal): Promise<Answer> =>
  fail(errors.clientRefused(detail));

async function checkResponse({ parameters, fail }: Asked): Promise<Answer | undefined> {
  const type = parameters.get('response_type');
  const mode = parameters.get('response_mode') ?? 'query';
  if (parameters.has('request')) return fail(errors.requestObject());
  if (parameters.has('request_uri')) return fail(errors.requestUri());
  if (type === undefined) return fail(errors.responseTypeMissing());
  if (type !== 'code') return fail(errors.responseTypeUnsupported(`${type} came`));
  return mode === 'query' ? undefined : fail(errors.responseModeUnsupported(`${mode} came`));
}

/** For every client: without a proof key a stolen code is as good as a token (RFC 9700 section 2.1.1). */
async function checkChallenge({ parameters, fail }: Asked): Promise<Answer | { challenge: string }> {
  const challenge = parameters.get('code_challenge');
  const method = parameters.get('code_challenge_method');
  if (challenge === undefined) return fail(errors.challengeMissing('code_challenge is missing'));
  if (method !== 'S256' || !isChallenge(challenge))
    return fail(errors.challengeInvalid(`the method is ${method ?? 'plain'}`));
  return { challenge };
}

/** What is asked for and what the application's products have, at whatever level; null asks for all that the level will give. */
async function checkScope({
  parameters,
  products,
  fail,
}: Asked & WithProducts): Promise<Answer | { asked: string[] | null }> {
  const text = parameters.get('scope');
  if (text === undefined) return { asked: null };
  const asked = readScope(text);
  if (!asked) return fail(errors.scopeMalformed());
  const known = scopesOf(products);
  if (!asked.some((scope) => known.includes(scope))) return fail(errors.scopeEmpty(`${text} was asked for`));
  return { asked };
}

const prompts = ['none', 'login', 'consent', 'select_account'];
/** Seconds, where the client names none. */
const usualMaxAge = '300';
const usualAcr = 'AAL3_ANY';

async function checkSignIn({
  parameters,
  fail,
}: Asked): Promise<Answer | { prompt?: string; maxAge: string; acrValues: string }> {
  const prompt = parameters.get('prompt');
  const maxAge = parameters.get('max_age') ?? usualMaxAge;
  if (prompt !== undefined && !prompt.split(' ').every((value) => prompts.includes(value)))
    return fail(errors.promptInvalid(`${prompt} came`));
  if (!/^\d{1,9}$/.test(maxAge)) return fail(errors.maxAgeInvalid(`${maxAge} came`));
  return { prompt, maxAge, acrValues: parameters.get('acr_values') ?? usualAcr };
}

type Ready = Asked &
  WithClient & {
    challenge: string;
    asked: string[] | null;
    prompt?: string;
    maxAge: string;
    acrValues: string;
  };

const sendToProvider = (
  { recorder, cookies }: Pick<Parts, 'recorder' | 'cookies'>,
  base: Base,
  requests: PendingRequests,
) =>
  async function sendToProvider(known: Ready): Promise<Answer> {
    const { parameters, client, redirectUri, challenge, asked, prompt, maxAge, acrValues } = known;
    const [upstream] = base.upstreams;
    const browser = base.hardening.browserBoundCallback ? randomToken() : null;
    const state = parameters.get('state') ?? null;
    const outgoing = await requests.begin(upstream, {
      applicationId: client.application.id,
      clientId: client.half.clientId,
      redirectUri,
      state,
      challenge,
      asked,
      browser: browser && sha256(browser),
    });
    const keys = [outgoing.state, state ?? ''];
    const detail = { client: client.application.name, base: base.path, provider: upstream.providerName };
    recorder.record({
      keys,
      from: 'application',
      to: 'authorisation',
      name: 'authorisation.authorize',
      detail,
    });
    recorder.record({
      keys,
      from: 'authorisation',
      to: 'cis2',
      name: 'authorisation.to-cis2',
      detail: { provider: upstream.providerName },
    });
    const answer = redirect(
      upstream.signInUrl({ ...outgoing, redirectUri: base.callbackUrl, acrValues, maxAge, prompt }),
    );
    return browser === null
      ? answer
      : answer.with({ 'set-cookie': cookies.set(browserCookie(outgoing.state), browser, 3_600) });
  };

/** `GET /authorize` of the standard profile (RFC 6749 section 4.1.1, RFC 7636, RFC 9207). */
export function createAuthorize(base: Base, parts: Parts): (request: HttpRequest) => Promise<Answer> {
  const { applications, products, limiter, singleUse, vault } = parts;
  const list = steps<{ request: HttpRequest }>()
    .step(readQuery)
    .step(identify(applications, base))
    .step(prepareReply(parts, base))
    .step(orElse(requireApproval, refuseClient))
    .step(readProducts(products))
    .step(orElse(requireSubscription(base), refuseClient))
    .step(limitRate(limiter, base))
    .step(checkResponse)
    .step(checkChallenge)
    .step(checkScope)
    .step(checkSignIn)
    .step(sendToProvider(parts, base, new PendingRequests(base, singleUse, vault)));
  return (request) => list.run({ request });
}

/** `POST /authorize` enters again by GET, with the cookies that a form of another site does not bring. */
export function createAuthorizeByPost(base: Base): (request: HttpRequest) => Promise<Answer> {
  const list = steps<{ request: HttpRequest }>()
    .step(readForm)
    .step(async function reenterByGet({ parameters }: Incoming): Promise<Answer> {
      return redirect(withQuery(`${base.issuer}/authorize`, Object.fromEntries(parameters.entries())), 303);
    });
  return (request) => list.run({ request });
}
