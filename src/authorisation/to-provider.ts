import { type Answer, redirect } from '@alongside/kernel/answer';
import { orderedId, randomToken } from '@alongside/kernel/ids';
import { stateKey } from '@alongside/kernel/journeys';
import { sha256 } from '@alongside/kernel/secrets';
import { sealName } from '../oauth/on-behalf-of.ts';
import { publicListener } from '../oauth/registered-addresses.ts';
import type { Upstream } from '../oauth/upstream/upstream.ts';
import { browserCookie, type Pending, pendingAt } from './callback/pending.ts';
import type { Client } from './clients.ts';
import { errors } from './errors.ts';
import type { AtBase } from './parts.ts';

/** A validated authorization request, and the parameters for the provider. */
interface Departure {
  client: Client;
  /** Network address of the browser. */
  address: string;
  upstream: Upstream;
  /** Stored until the provider's response. */
  request: Omit<
    Pending,
    'issuer' | 'upstream' | 'applicationId' | 'clientId' | 'nonce' | 'verifier' | 'browser' | 'family'
  >;
  /** Scopes whose claims the application asked for. */
  scopes?: readonly string[];
  acrValues: string;
  /** Seconds. */
  maxAge: string;
  prompt?: string | undefined;
}

/** Lifetime of the cookie of a pending request, in seconds. */
const cookieLifetime = 3_600;

/** Redirects the browser to the provider, in both profiles. Throws `busyQuota`. */
export async function redirectToProvider(
  server: AtBase<'recorder' | 'cookies' | 'singleUse' | 'vault' | 'anonymousRows'>['server'],
  { client, address, upstream, request, ...parameters }: Departure,
): Promise<Answer> {
  const {
    base,
    parts: { recorder, cookies, anonymousRows, vault },
  } = server;
  const browser = base.hardening.browserBoundCallback ? randomToken() : null;
  const family = orderedId();
  const { outgoing, statement } = await pendingAt(server).prepare(upstream, {
    ...request,
    applicationId: client.application.id,
    clientId: client.registration.clientId,
    browser: browser && sha256(browser),
    family,
  });
  if (!(await anonymousRows.create(address, [statement])))
    throw errors.busyQuota('too many sign-ins were started from this network or in total');
  const journey = {
    journey: family,
    keys: [
      stateKey({ clientId: upstream.clientId, state: outgoing.state }),
      stateKey({ clientId: client.registration.clientId, state: request.state }),
    ],
  };
  const provider = upstream.providerName;
  recorder.record({
    ...journey,
    from: 'application',
    to: 'authorisation',
    name: 'authorisation.authorize',
    detail: { client: client.application.name, base: base.path, provider },
  });
  recorder.record({
    ...journey,
    from: 'authorisation',
    to: 'cis2',
    name: 'authorisation.to-cis2',
    detail: { provider },
  });
  const { clientId, tokenEndpointAuthMethod } = client.registration;
  const listenerPort = publicListener(tokenEndpointAuthMethod, request.redirectUri);
  const asking = { name: client.application.name, clientId, listenerPort };
  const onBehalfOf = upstream.isOwn ? sealName(vault, outgoing.state, asking) : undefined;
  const answer = redirect(
    upstream.signInUrl({ ...outgoing, redirectUri: base.callbackUrl, ...parameters, onBehalfOf }),
  );
  return browser === null
    ? answer
    : answer.with({ 'set-cookie': cookies.set(browserCookie(outgoing.state), browser, cookieLifetime) });
}
