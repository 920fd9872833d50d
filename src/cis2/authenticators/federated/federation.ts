import { activity } from '@alongside/kernel/activity';
import { redirect } from '@alongside/kernel/answer';
import type { HttpRequest, Route } from '@alongside/kernel/http';
import { route } from '@alongside/kernel/route';
import { check, type Steps } from '@alongside/kernel/steps';
import { z } from 'zod';
import { noParameters, type Parameters, parseParameters, withQuery } from '../../../oauth/parameters.ts';
import type { RemoteKeys } from '../../../oauth/remote-keys.ts';
import type { SingleUse } from '../../../storage/single-use.ts';
import { requestErrors } from '../../errors/request.ts';
import { errorPage } from '../../responses/error-answers.ts';
import { signInErrors } from '../../sign-in/errors.ts';
import type { AuthenticatorDependencies } from '../kind.ts';
import { verifyUpstream } from './id-token.ts';
import { FederationProblem, newUpstreamRequest, type ProviderMetadata, type Upstream } from './upstream.ts';

/** One other provider, and the services for sign-ins there. */
export interface Federation extends AuthenticatorDependencies {
  upstream: Upstream;
  providerKeys: RemoteKeys;
}

/** A browser at another provider, stored under its state. */
interface Visit {
  /** Id of the authenticator. */
  provider: string;
  /** The path that the browser returns to, `/interaction/…` or `/enrolment/…`, which is bound to one browser. */
  within: string;
  maxAge: number;
  /** The nonce and the PKCE verifier. */
  sealed: string;
}

const kind = 'cis2-federated';
const purpose = 'cis2-federated';
/** Milliseconds at the provider. */
const lifetime = 600_000;
/** Seconds since the user's sign-in there, at most: the longest lifetime of a session. */
const maxSignInAge = 43_200;
const stateShape = /^[\w-]{43}$/;
const secretsShape = z.object({ nonce: z.string(), verifier: z.string() });

/** Finds the visit of a state, and does not spend it. */
const visitOf = async (singleUse: SingleUse, state: string | undefined): Promise<Visit | undefined> =>
  state !== undefined && stateShape.test(state) ? singleUse.peek<Visit>(kind, state) : undefined;

/**
 * Stores a visit. Returns the address at the provider. Throws FederationProblem.
 * @param within the path that the browser returns to.
 * @param fresh whether the user must sign in there again.
 */
export async function beginVisit(
  { upstream, singleUse, vault }: Federation,
  within: string,
  fresh: boolean,
): Promise<string> {
  const maxAge = fresh ? 0 : maxSignInAge;
  const request = newUpstreamRequest();
  const address = await upstream.authorizeUrl(request, { maxAge, fresh });
  const { state, nonce, verifier } = request;
  const sealed = vault.seal(purpose, JSON.stringify({ nonce, verifier }));
  const visit: Visit = { provider: upstream.provider.id, within, maxAge, sealed };
  await singleUse.keep(kind, state, visit, lifetime);
  return address;
}

/** A browser that returns from the provider to the path `within`. */
export interface ReturnCall {
  federation: Federation;
  request: HttpRequest;
  within: string;
}

interface WithQuery extends ReturnCall {
  query: Parameters;
}

interface WithVisit extends WithQuery {
  nonce: string;
  verifier: string;
  maxAge: number;
}

async function readQuery({ request }: ReturnCall) {
  const query = parseParameters(request.query) ?? noParameters;
  if (query.repeated() !== undefined) throw new FederationProblem('refused', 'a parameter is repeated');
  return { query };
}

/** Spends the state, which belongs to one sign-in of one browser (RFC 9700 section 4.7). */
const checkState = check(
  'upstream-state',
  async function checkState({ federation: { upstream, singleUse, vault }, query, within }: WithQuery) {
    const state = query.get('state');
    const known = await visitOf(singleUse, state);
    if (state === undefined || known?.provider !== upstream.provider.id || known.within !== within)
      throw new FederationProblem('lost', 'the state is not of this sign-in');
    const visit = await singleUse.spend<Visit>(kind, state);
    if (!visit) throw new FederationProblem('lost', 'a concurrent request used the state');
    const secrets = secretsShape.parse(JSON.parse(vault.open(purpose, visit.sealed)));
    return { ...secrets, maxAge: visit.maxAge };
  },
);

/** Compares the issuer before the code is sent anywhere (RFC 9207 section 2.4). */
const checkIssuer = check(
  'upstream-issuer',
  async function checkIssuer({ federation: { upstream }, query }: WithQuery) {
    const metadata = await upstream.metadata();
    const iss = query.get('iss');
    if (iss === undefined ? metadata.sendsIssuer : iss !== upstream.provider.issuer)
      throw new FederationProblem('refused', `iss of the response is ${iss ?? 'missing'}`);
    return { metadata };
  },
);

async function redeemCode({ federation: { upstream }, query, verifier }: WithVisit) {
  const error = query.get('error');
  if (error !== undefined) throw new FederationProblem('denied', `the error is ${error.slice(0, 100)}`);
  const code = query.get('code');
  if (code === undefined) throw new FederationProblem('refused', 'the response has no code');
  return { token: await upstream.redeem(code, verifier) };
}

const checkIdToken = check(
  'upstream-id-token',
  async function checkIdToken({
    federation: { upstream, providerKeys, clock },
    metadata,
    nonce,
    maxAge,
    token,
  }: WithVisit & { metadata: ProviderMetadata; token: string }) {
    const expected = { provider: upstream.provider, metadata, nonce, maxAge };
    const account = await verifyUpstream(token, expected, providerKeys, clock);
    // After max_age=0, the time of this clock counts: that of a slower clock would require yet another sign-in.
    return { account: maxAge === 0 ? { ...account, authenticatedAt: clock.now() } : account };
  },
);

/** Verifies the response of the provider, for a sign-in and an enrolment. The steps throw FederationProblem. */
export const verifyReturn = <Start, Known extends ReturnCall>(list: Steps<Start, Known>) =>
  list.step(readQuery).step(checkState).step(checkIssuer).step(redeemCode).step(checkIdToken);

/** The marks of a verified response. */
export type UpstreamChecks = 'upstream-state' | 'upstream-issuer' | 'upstream-id-token';

/** The parameters of a provider's response that the redirect repeats. */
const repeated = ['state', 'code', 'iss', 'error'] as const;

/** `GET /federated/{provider}/callback`: redirects to the path of the state, which is bound to the browser that began. */
export const callbackRoute = (singleUse: SingleUse, development: boolean): Route[] =>
  route('/federated/:provider/callback', {
    GET: {
      errors: errorPage(development),
      async endpoint({ query: text, params }) {
        const query = parseParameters(text);
        if (!query || query.repeated() !== undefined)
          throw requestErrors.requestMalformed('the response of a provider');
        const visit = await visitOf(singleUse, query.get('state'));
        // The address identifies the provider, so it cannot use the state of another one.
        if (!visit || visit.provider !== params.provider)
          throw signInErrors.interactionUnknown('no visit to this provider has this state');
        activity()?.join({ keys: [/^\/interaction\/([^/]+)/.exec(visit.within)?.[1] ?? ''] });
        const values = Object.fromEntries(repeated.map((name) => [name, query.get(name)]));
        return redirect(withQuery(`${visit.within}/return`, values));
      },
    },
  });
