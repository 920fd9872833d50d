import type { Clock } from '@alongside/kernel/clock';
import { randomToken } from '@alongside/kernel/ids';
import type { SigningKeys } from '@alongside/kernel/keys';
import { equalSecrets } from '@alongside/kernel/secrets';
import type { Applications, Profile } from '../../oauth/applications.ts';
import { type NetworkLimit, refusalOfFailure } from '../../oauth/network-limit.ts';
import type { AuditLog } from '../../storage/audit.ts';
import type { Statement } from '../../storage/database.ts';
import type { SingleUse } from '../../storage/single-use.ts';
import { tokenErrors } from '../errors/token.ts';
import type { Call } from '../responses/error-answers.ts';
import type { TeamSessions } from './team-session.ts';

/** The grant of a team's secret. */
export interface TeamGrant {
  /** Id of the developer. */
  team: string;
}

/** The grant of an initial access token (RFC 7591 section 3). */
export interface InitialGrant extends TeamGrant {
  profile: Exclude<Profile, 'nhs'>;
}

const kinds = {
  team: 'cis2-team-secret',
  initial: 'cis2-initial-access',
  registration: 'cis2-registration-access',
} as const;

const day = 86_400_000;
/** In milliseconds. */
const lifetimes = { team: 365 * day, initial: 30 * day, registration: 3_650 * day };

/** Published values for development. They are not secret. */
const ofDevelopment: { token: string; kind: 'team' | 'initial'; grant: InitialGrant }[] = [
  { token: 'alongside-connection-manager', kind: 'team', grant: { team: 'demo', profile: 'standard' } },
  { token: 'alongside-initial-access', kind: 'initial', grant: { team: 'demo', profile: 'standard' } },
  { token: 'alongside-initial-access-fapi2', kind: 'initial', grant: { team: 'demo', profile: 'fapi2' } },
];

/** The secrets that allow registrations. They are stored as hashes. */
export class RegistrationTokens {
  readonly #singleUse: SingleUse;
  readonly #clock: Clock;
  readonly #applications: Applications;
  readonly #development: boolean;

  constructor({
    singleUse,
    clock,
    applications,
    development,
  }: Pick<RegistrationServices, 'singleUse' | 'clock' | 'applications' | 'development'>) {
    this.#singleUse = singleUse;
    this.#applications = applications;
    this.#clock = clock;
    this.#development = development;
  }

  /** Creates a secret, which is shown once, with its audit record. `expiresAt` is in milliseconds. */
  async issue(
    kind: 'team' | 'initial',
    grant: InitialGrant,
    record: Statement,
  ): Promise<{ token: string; expiresAt: number }> {
    const token = randomToken();
    await this.#singleUse.keep(kinds[kind], token, grant, lifetimes[kind], record);
    return { token, expiresAt: this.#clock.now() + lifetimes[kind] };
  }

  teamOf(secret: string): Promise<TeamGrant | undefined> {
    return this.#grant('team', secret);
  }

  initialGrantOf(token: string): Promise<InitialGrant | undefined> {
    return this.#grant('initial', token);
  }

  /** Creates the token that reads and changes one client (RFC 7592 section 2), and the write that stores it. */
  issueFor(clientId: string): { token: string; statement: Statement } {
    const token = randomToken();
    const { registration: lifetime } = lifetimes;
    return {
      token,
      statement: this.#singleUse.keepStatement(kinds.registration, token, { clientId }, lifetime),
    };
  }

  async clientOf(token: string): Promise<string | undefined> {
    return (await this.#singleUse.peek<{ clientId: string }>(kinds.registration, token))?.clientId;
  }

  /** Returns whether the developer of a team is inactive: then it may change and add no client. */
  isInactive(team: string): Promise<boolean> {
    return this.#applications.isOfInactive({ developer: team });
  }

  /** Returns the conditional write that ends the token of a removed client. */
  forgetStatement(token: string): Statement {
    return this.#singleUse.spendStatement(kinds.registration, token);
  }

  async #grant(kind: 'team' | 'initial', token: string): Promise<InitialGrant | undefined> {
    const known = this.#development
      ? ofDevelopment.find((own) => own.kind === kind && equalSecrets(own.token, token))
      : undefined;
    const grant = known?.grant ?? (await this.#singleUse.peek<InitialGrant>(kinds[kind], token));
    return grant && (await this.isInactive(grant.team)) ? undefined : grant;
  }
}

/** The services for registrations by clients and suppliers. */
export interface RegistrationServices {
  issuer: string;
  applications: Applications;
  singleUse: SingleUse;
  keys: SigningKeys;
  audit: AuditLog;
  clock: Clock;
  development: boolean;
  /** Counts wrong secrets by network. */
  failures: NetworkLimit;
  tokens: RegistrationTokens;
  sessions: TeamSessions;
}

export type Start<Params = unknown> = Call<RegistrationServices, Params>;

/** Runs the check of a secret, and counts a failure for the network of the caller. */
export async function countingFailures<Context extends Start, R>(
  context: Context,
  verify: (context: Context) => Promise<R>,
): Promise<R> {
  try {
    return await verify(context);
  } catch (thrown) {
    const { request, provider } = context;
    throw await refusalOfFailure(provider.failures, tokenErrors.networkBusy, request, thrown);
  }
}
