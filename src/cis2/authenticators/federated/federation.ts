import { redirect } from '@alongside/kernel/answer';
import type { Clock } from '@alongside/kernel/clock';
import type { HttpRequest, Route } from '@alongside/kernel/http';
import type { Vault } from '@alongside/kernel/secrets';
import { noParameters, type Parameters, parseParameters, withQuery } from '../../../oauth/parameters.ts';
import type { RemoteKeys } from '../../../oauth/remote-keys.ts';
import type { SingleUse } from '../../../storage/single-use.ts';
import { requestErrors } from '../../errors/request.ts';
import { signInErrors } from '../../sign-in/errors.ts';
import { type UpstreamPerson, verifyUpstream } from './id-token.ts';
import { FederationProblem, newUpstreamRequest, type Upstream, type UpstreamRequest } from './upstream.ts';

/** Where a browser that is at another provider belongs here. */
export interface Visit {
  /** Id of the authenticator. */
  provider: string;
  /** Path of what it is part of, `/interaction/…` or `/enrolment/…`: bound to one browser there. */
  within: string;
  maxAge: number;
}

interface KeptVisit extends Visit {
  sealed: string;
}

const kind = 'cis2-federated';
const purpose = 'cis2-federated';
/** How long somebody may take there, in milliseconds. */
const lifetime = 600_000;

/** Keeps what comes back by its state. */
const beginVisit = (
  singleUse: SingleUse,
  vault: Vault,
  { state, ...secrets }: UpstreamRequest,
  visit: Visit,
): Promise<void> =>
  singleUse.keep(
    kind,
    state,
    { ...visit, sealed: vault.seal(purpose, JSON.stringify(secrets)) } satisfies KeptVisit,
    lifetime,
  );

const stateShape = /^[\w-]{43}$/;

/** Where this state belongs; it stays unused. */
const visitOf = async (singleUse: SingleUse, state: string | undefined): Promise<Visit | undefined> =>
  state !== undefined && stateShape.test(state) ? singleUse.peek<KeptVisit>(kind, state) : undefined;

/**
 * Uses a state, whatever comes of it, and what was kept with it. Throws FederationProblem `lost` when it is unknown, used,
 * old, or of another browser's sign-in (RFC 9700 section 4.7).
 */
async function endVisit(
  singleUse: SingleUse,
  vault: Vault,
  query: Parameters,
  { provider, within }: Pick<Visit, 'provider' | 'within'>,
): Promise<Omit<UpstreamRequest, 'state'> & { maxAge: number }> {
  const state = query.get('state');
  const known = await visitOf(singleUse, state);
  if (state === undefined || known?.provider !== provider || known.within !== within)
    throw new FederationProblem('lost', 'its state is not of this sign-in');
  const kept = await singleUse.spend<KeptVisit>(kind, state);
  if (!kept) throw new FederationProblem('lost', 'its state was used in this very moment');
  const secrets = JSON.parse(vault.open(purpose, kept.sealed)) as Omit<UpstreamRequest, 'state'>;
  return { ...secrets, maxAge: kept.maxAge };
}

interface Parts {
  clock: Clock;
  vault: Vault;
  singleUse: SingleUse;
  keys: RemoteKeys;
}

/** A person may have signed in there so many seconds ago: as long as a session of ours lasts at most. */
const longest = 43_200;

/** Sign-ins at one other provider, there and back. Throws FederationProblem. */
export class Federation {
  readonly upstream: Upstream;
  readonly #parts: Parts;

  constructor(upstream: Upstream, parts: Parts) {
    this.upstream = upstream;
    this.#parts = parts;
  }

  /** Where the browser goes. `within` is the path to which it comes back; `fresh` wants the person to sign in anew. */
  async begin(within: string, fresh: boolean): Promise<string> {
    const { singleUse, vault } = this.#parts;
    const maxAge = fresh ? 0 : longest;
    const asked = newUpstreamRequest();
    const address = await this.upstream.authorizeUrl(asked, { maxAge, fresh });
    await beginVisit(singleUse, vault, asked, { provider: this.upstream.provider.id, within, maxAge });
    return address;
  }

  /** Who came back with this request. */
  async end(request: HttpRequest, within: string): Promise<UpstreamPerson> {
    const { singleUse, vault, keys, clock } = this.#parts;
    const { provider } = this.upstream;
    const query = parseParameters(request.query) ?? noParameters;
    if (query.repeated() !== undefined) throw new FederationProblem('refused', 'a parameter came twice');
    const { nonce, verifier, maxAge } = await endVisit(singleUse, vault, query, {
      provider: provider.id,
      within,
    });
    const metadata = await this.upstream.metadata();
    // Before anything is sent anywhere: whose code is it (RFC 9207 section 2.4)?
    const iss = query.get('iss');
    if (iss === undefined ? metadata.saysIssuer : iss !== provider.issuer)
      throw new FederationProblem('refused', `iss of the answer is ${iss ?? 'missing'}`);
    const error = query.get('error');
    if (error !== undefined) throw new FederationProblem('denied', `it says ${error.slice(0, 100)}`);
    const code = query.get('code');
    if (code === undefined) throw new FederationProblem('refused', 'it brought no code');
    const token = await this.upstream.redeem(code, verifier);
    const person = await verifyUpstream(token, { provider, metadata, nonce, maxAge }, keys, clock);
    // Who had to sign in anew, and by a clock that may be behind ours did, has: else the sign-in would never come to its end.
    return maxAge === 0 ? { ...person, authenticatedAt: clock.now() } : person;
  }
}

/** What an answer of a provider is made of; nothing else goes on. */
const carried = ['state', 'code', 'iss', 'error'] as const;

/**
 * `GET /federated/{provider}/callback`: leads to where the state belongs, and does nothing else. Only the browser that
 * began there can go on there.
 */
export const callbackRoute = (singleUse: SingleUse): Route => ({
  methods: ['GET'],
  path: '/federated/:provider/callback',
  async endpoint(request: HttpRequest) {
    const query = parseParameters(request.query);
    if (!query || query.repeated() !== undefined)
      throw requestErrors.requestMalformed('the answer of a provider');
    const visit = await visitOf(singleUse, query.get('state'));
    // The address says which provider answers: another one's state does not count here.
    if (!visit || visit.provider !== request.path.split('/')[2])
      throw signInErrors.interactionUnknown('no visit at this provider has this state');
    const values = Object.fromEntries(carried.map((name) => [name, query.get(name)]));
    return redirect(withQuery(`${visit.within}/return`, values));
  },
});
