import type { Clock } from '@alongside/kernel/clock';
import { randomToken } from '@alongside/kernel/ids';
import { equalSecrets } from '@alongside/kernel/secrets';
import type { Profile } from '../../oauth/applications.ts';
import type { Statement } from '../../storage/database.ts';
import type { SingleUse } from '../../storage/single-use.ts';

/** Whose registrations a secret stands for. */
export interface TeamGrant {
  /** Id of the developer. */
  team: string;
}

/** Whose and which registrations an initial access token allows (RFC 7591 section 3). */
export interface InitialGrant extends TeamGrant {
  profile: Exclude<Profile, 'nhs'>;
}

const kinds = {
  team: 'cis2-team-secret',
  initial: 'cis2-initial-access',
  registration: 'cis2-registration-access',
} as const;

const day = 86_400_000;
/** Milliseconds: a team's secret, an initial access token, a registration access token. */
const lifetimes = { team: 365 * day, initial: 30 * day, registration: 3_650 * day };

/** Development's own, which stand here and are no secrets. */
const ofDevelopment: { token: string; kind: 'team' | 'initial'; grant: InitialGrant }[] = [
  { token: 'alongside-connection-manager', kind: 'team', grant: { team: 'demo', profile: 'standard' } },
  { token: 'alongside-initial-access', kind: 'initial', grant: { team: 'demo', profile: 'standard' } },
  { token: 'alongside-initial-access-fapi2', kind: 'initial', grant: { team: 'demo', profile: 'fapi2' } },
];

/** The secrets with which registrations are made and changed; kept by hash only. */
export class RegistrationTokens {
  readonly #singleUse: SingleUse;
  readonly #clock: Clock;
  readonly #development: boolean;

  constructor({
    singleUse,
    clock,
    development,
  }: { singleUse: SingleUse; clock: Clock; development: boolean }) {
    this.#singleUse = singleUse;
    this.#clock = clock;
    this.#development = development;
  }

  /** Makes a secret, shown once, with its audit record. Returns when it expires in milliseconds. */
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

  /** Makes a token that reads and changes one client (RFC 7592 section 2), and the write that stores it. */
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

  /** Returns the condition of the batch that removes a client: its token was valid, and no longer is. */
  forgetStatement(token: string): Statement {
    return this.#singleUse.spendStatement(kinds.registration, token);
  }

  async #grant(kind: 'team' | 'initial', token: string): Promise<InitialGrant | undefined> {
    const known = this.#development
      ? ofDevelopment.find((own) => own.kind === kind && equalSecrets(own.token, token))
      : undefined;
    return known?.grant ?? this.#singleUse.peek<InitialGrant>(kinds[kind], token);
  }
}
