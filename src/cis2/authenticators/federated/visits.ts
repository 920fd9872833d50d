import type { Vault } from '@alongside/kernel/secrets';
import type { Parameters } from '../../../oauth/parameters.ts';
import type { SingleUse } from '../../../storage/single-use.ts';
import { FederationProblem } from './problem.ts';
import type { UpstreamRequest } from './upstream.ts';

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
export const beginVisit = (
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
export const visitOf = async (singleUse: SingleUse, state: string | undefined): Promise<Visit | undefined> =>
  state !== undefined && stateShape.test(state) ? singleUse.peek<KeptVisit>(kind, state) : undefined;

/**
 * Uses a state, whatever comes of it, and what was kept with it. Throws FederationProblem `lost` when it is unknown, used,
 * old, or of another browser's sign-in (RFC 9700 section 4.7).
 */
export async function endVisit(
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
