import type { Clock } from '@alongside/kernel/clock';
import { randomToken } from '@alongside/kernel/ids';
import type { Statement } from '../../storage/database.ts';
import type { SingleUse } from '../../storage/single-use.ts';

/** An officer's link, by which a person sets up an authenticator. */
export interface EnrolmentLink {
  uid: string;
  kind: string;
  /** The person responsible, such as `ra:{uid}`. */
  actor: string;
  /** Milliseconds. */
  expiresAt: number;
}

const kindOfValue = 'cis2-enrolment-link';
/** In milliseconds. */
export const linkLifetime = 900_000;

export const linkPath = (token: string): string => `/enrol/${token}`;

/** One-time links, stored as hashes. */
export class EnrolmentLinks {
  readonly #singleUse: SingleUse;
  readonly #clock: Clock;

  constructor(singleUse: SingleUse, clock: Clock) {
    this.#singleUse = singleUse;
    this.#clock = clock;
  }

  /** Creates a link with its audit record. Its token is shown once. */
  async make(
    given: Omit<EnrolmentLink, 'expiresAt'>,
    record: Statement,
  ): Promise<{ token: string; expiresAt: number }> {
    const token = randomToken();
    const expiresAt = this.#clock.now() + linkLifetime;
    const link: EnrolmentLink = { ...given, expiresAt };
    await this.#singleUse.keep(kindOfValue, token, link, linkLifetime, record);
    return { token, expiresAt };
  }

  /** Returns an unused link. */
  find(token: string): Promise<EnrolmentLink | undefined> {
    return this.#singleUse.peek<EnrolmentLink>(kindOfValue, token);
  }

  /** Returns the conditional write that uses the link once. */
  useStatement(token: string): Statement {
    return this.#singleUse.spendStatement(kindOfValue, token);
  }
}
