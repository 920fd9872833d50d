import { type Answer, json } from '@alongside/kernel/answer';
import { CookieNames } from '@alongside/kernel/cookies';
import { errorPage } from '@alongside/kernel/error-page';
import { Refusal } from '@alongside/kernel/errors';
import { type ErrorFormat, type HttpRequest, isShownToUser } from '@alongside/kernel/http';
import { inOwnTerms, retryHeaders } from '@alongside/kernel/kernel-errors';
import { readOnly, route, withSecrets } from '@alongside/kernel/route';
import { AnonymousRows } from '../oauth/network-limit.ts';
import { RemoteKeys } from '../oauth/remote-keys.ts';
import { cis2Upstream } from '../oauth/upstream/providers.ts';
import type { Service } from '../service.ts';
import type { SigningDependencies } from './dependencies.ts';
import { endingOf, errors } from './errors.ts';
import { PersonKeys } from './keys.ts';
import { pagePaths, type SigningServices } from './parts.ts';
import { presenceCallback } from './presence/callback.ts';
import { serviceName } from './presence/page.ts';
import { decidePresence, type PageCall, showPresence } from './presence/presence.ts';
import { familyHeader, type SigningBackEnd, type SigningCall, signerHeader } from './protocol.ts';
import { type ApiCall, signatureRequest } from './request/request.ts';
import { signatureResponse } from './request/response.ts';
import { sandboxRequest } from './request/sandbox.ts';
import { Transactions } from './transactions.ts';

function createServices(dependencies: SigningDependencies): SigningServices {
  const { clock, singleUse, vault, urls, development, cis2, networkLimits } = dependencies;
  const isOwn = URL.parse(cis2.authorizeUrl)?.origin === URL.parse(urls.cis2)?.origin;
  return {
    ...dependencies,
    transactions: new Transactions(singleUse, vault),
    keys: new PersonKeys(dependencies),
    clientKeys: new RemoteKeys(clock, { privateAddresses: development }),
    upstreamKeys: new RemoteKeys(clock, { privateAddresses: true }),
    upstream: cis2Upstream(cis2, clock, isOwn),
    presenceRows: new AnonymousRows(dependencies, 'signing', networkLimits),
    cookies: new CookieNames(urls.api, 'signing'),
  };
}

const refusalOf = (thrown: unknown): Refusal => {
  const refusal = inOwnTerms(thrown, errors);
  return refusal instanceof Refusal ? refusal : errors.unexpected('see the log', {}, thrown);
};

/** Returns an error as JSON, in the shape of `/oauth2`. */
function errorAnswer(refusal: Refusal, messageId: string): Answer {
  const { status, code, description } = refusal.entry;
  const body = { error: code, error_description: description, message_id: messageId };
  return json(status, body, retryHeaders(refusal)).refusing(refusal);
}

/** Renders an error of a page for the person, otherwise as JSON. */
const pageErrors =
  ({ development }: SigningServices): ErrorFormat =>
  (thrown, request) => {
    const refusal = refusalOf(thrown);
    if (!isShownToUser(request)) return errorAnswer(refusal, request.id);
    const { entry, detail } = refusal;
    const advice = 'Go back to your application and start again.';
    const shown = { entry, detail, advice, description: entry.description, requestId: request.id };
    return errorPage({ ...shown, service: serviceName, development }).refusing(refusal);
  };

const responsePath = /^\/signatureresponse\/([A-Za-z0-9_-]{1,128})$/;

/** The API: the gateway has checked the access token, except in the sandbox. */
function apiOf(signing: SigningServices, request: (call: ApiCall) => Promise<Answer>): SigningBackEnd {
  async function answer(call: SigningCall): Promise<Answer> {
    const known = { signing, call };
    if (call.path === '/signaturerequest') {
      if (call.method !== 'POST') throw errors.methodWrong(`the method is ${call.method}`);
      return request(known);
    }
    const token = responsePath.exec(call.path)?.[1];
    if (token === undefined) throw errors.pathUnknown('no such path');
    if (call.method !== 'GET') throw errors.methodWrong(`the method is ${call.method}`);
    return signatureResponse.run({ ...known, token });
  }

  return async (call) => {
    try {
      return await answer(call);
    } catch (thrown) {
      const refusal = refusalOf(thrown);
      if (refusal.entry === errors.unexpected.entry) throw thrown;
      await recordRefusal(signing, call, refusal);
      return errorAnswer(refusal, call.messageId);
    }
  };
}

/** Records a refusal, except polling before the presence check and requests that have ended, which have a record. */
async function recordRefusal({ audit }: SigningServices, call: SigningCall, refusal: Refusal): Promise<void> {
  const { entry } = refusal;
  if (entry === errors.presencePending.entry || endingOf(refusal) !== undefined) return;
  await audit.recordAlone({
    action: 'signing.refused',
    outcome: 'refused',
    actor: call.headers.get(signerHeader) ?? '',
    application: call.application,
    family: call.headers.get(familyHeader),
    requestId: call.headers.get('x-request-id'),
    detail: { error: entry.id },
  });
}

export interface SigningService extends Service {
  /** The API for the gateway, and the same without tokens and presence checks for development. */
  readonly api: SigningBackEnd;
  readonly sandbox: SigningBackEnd;
}

/** Creates the signing service: its API, and the pages on which a person signs. */
export function createSigning(dependencies: SigningDependencies): SigningService {
  const signing = createServices(dependencies);
  const page = (list: { run(call: PageCall): Promise<Answer> }) => ({
    endpoint: (request: HttpRequest) => list.run({ signing, request }),
    errors: pageErrors(signing),
  });
  return {
    api: apiOf(signing, (call) => signatureRequest.run(call)),
    sandbox: apiOf(signing, (call) => sandboxRequest.run(call)),
    routes: withSecrets(
      ['token', 'code'],
      [
        ...route(pagePaths.presence, { ...readOnly(page(showPresence)), POST: page(decidePresence) }),
        ...route(pagePaths.callback, { GET: page(presenceCallback) }),
      ],
    ),
  };
}

export { signingFaults } from './faults.ts';
