import { redirect } from '@alongside/kernel/answer';
import type { HttpRequest, Route } from '@alongside/kernel/http';
import { route } from '@alongside/kernel/route';
import { z } from 'zod';
import { noParameters, parseParameters, withQuery } from '../../../oauth/parameters.ts';
import type { RemoteKeys } from '../../../oauth/remote-keys.ts';
import type { SingleUse } from '../../../storage/single-use.ts';
import { requestErrors } from '../../errors/request.ts';
import { errorPage } from '../../responses/error-answers.ts';
import { signInErrors } from '../../sign-in/errors.ts';
import type { AuthenticatorDependencies } from '../kind.ts';
import { type UpstreamPerson, verifyUpstream } from './id-token.ts';
import { FederationProblem, newUpstreamRequest, type Upstream } from './upstream.ts';

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
const stateShape = /^[\w-]{43}$/;
const secretsShape = z.object({ nonce: z.string(), verifier: z.string() });

/** Finds the visit of a state, and does not spend it. */
const visitOf = async (singleUse: SingleUse, state: string | undefined): Promise<Visit | undefined> =>
  state !== undefined && stateShape.test(state) ? singleUse.peek<Visit>(kind, state) : undefined;

interface FederationDependencies extends Pick<AuthenticatorDependencies, 'clock' | 'vault' | 'singleUse'> {
  keys: RemoteKeys;
}

/** Seconds since the user's sign-in there, at most: the longest lifetime of a session. */
const longestAge = 43_200;

/** Sign-ins at one other provider. Throws FederationProblem. */
export class Federation {
  readonly upstream: Upstream;
  readonly #dependencies: FederationDependencies;

  constructor(upstream: Upstream, dependencies: FederationDependencies) {
    this.upstream = upstream;
    this.#dependencies = dependencies;
  }

  /**
   * Stores a visit. Returns the address at the provider.
   * @param within the path that the browser returns to.
   * @param fresh whether the user must sign in there again.
   */
  async begin(within: string, fresh: boolean): Promise<string> {
    const { singleUse, vault } = this.#dependencies;
    const maxAge = fresh ? 0 : longestAge;
    const request = newUpstreamRequest();
    const address = await this.upstream.authorizeUrl(request, { maxAge, fresh });
    const { state, nonce, verifier } = request;
    const sealed = vault.seal(purpose, JSON.stringify({ nonce, verifier }));
    const visit: Visit = { provider: this.upstream.provider.id, within, maxAge, sealed };
    await singleUse.keep(kind, state, visit, lifetime);
    return address;
  }

  /** Verifies the response of the provider. Returns the user who signed in there. */
  async end(request: HttpRequest, within: string): Promise<UpstreamPerson> {
    const { keys, clock } = this.#dependencies;
    const { provider } = this.upstream;
    const query = parseParameters(request.query) ?? noParameters;
    if (query.repeated() !== undefined) throw new FederationProblem('refused', 'a parameter is repeated');
    const { nonce, verifier, maxAge } = await this.#spendVisit(query.get('state'), within);
    const metadata = await this.upstream.metadata();
    // The issuer is checked before the code is sent anywhere (RFC 9207 section 2.4).
    const iss = query.get('iss');
    if (iss === undefined ? metadata.sendsIssuer : iss !== provider.issuer)
      throw new FederationProblem('refused', `iss of the response is ${iss ?? 'missing'}`);
    const error = query.get('error');
    if (error !== undefined) throw new FederationProblem('denied', `the error is ${error.slice(0, 100)}`);
    const code = query.get('code');
    if (code === undefined) throw new FederationProblem('refused', 'the response has no code');
    const token = await this.upstream.redeem(code, verifier);
    const person = await verifyUpstream(token, { provider, metadata, nonce, maxAge }, keys, clock);
    // After max_age=0, the time of this clock counts: that of a slower clock would require yet another sign-in.
    return maxAge === 0 ? { ...person, authenticatedAt: clock.now() } : person;
  }

  /** Spends the state of this sign-in, which belongs to one browser (RFC 9700 section 4.7). Returns the stored secrets. */
  async #spendVisit(
    state: string | undefined,
    within: string,
  ): Promise<z.infer<typeof secretsShape> & { maxAge: number }> {
    const { singleUse, vault } = this.#dependencies;
    const known = await visitOf(singleUse, state);
    if (state === undefined || known?.provider !== this.upstream.provider.id || known.within !== within)
      throw new FederationProblem('lost', 'the state is not of this sign-in');
    const visit = await singleUse.spend<Visit>(kind, state);
    if (!visit) throw new FederationProblem('lost', 'a concurrent request used the state');
    return {
      ...secretsShape.parse(JSON.parse(vault.open(purpose, visit.sealed))),
      maxAge: visit.maxAge,
    };
  }
}

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
        const values = Object.fromEntries(repeated.map((name) => [name, query.get(name)]));
        return redirect(withQuery(`${visit.within}/return`, values));
      },
    },
  });
