import type { Clock } from '@alongside/kernel/clock';
import { randomToken } from '@alongside/kernel/ids';
import type { Statement } from '../../storage/database.ts';
import type { SingleUse } from '../../storage/single-use.ts';

/** What an officer's link gives, and to whom. */
export interface EnrolmentLink {
  uid: string;
  kind: string;
  /** Who answers for it. */
  actor: string;
  /** Milliseconds. */
  expiresAt: number;
}

const kindOfValue = 'cis2-enrolment-link';
/** Milliseconds: fifteen minutes. */
export const linkLifetime = 900_000;

export const linkPath = (token: string): string => `/enrol/${token}`;

/** One-time links: only their hash is kept. */
export class EnrolmentLinks {
  readonly #singleUse: SingleUse;
  readonly #clock: Clock;

  constructor(singleUse: SingleUse, clock: Clock) {
    this.#singleUse = singleUse;
    this.#clock = clock;
  }

  /** Makes one with its audit record; its token is shown once. */
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

  /** What a link gives, while it was not used. */
  find(token: string): Promise<EnrolmentLink | undefined> {
    return this.#singleUse.peek<EnrolmentLink>(kindOfValue, token);
  }

  /** The conditional write that uses it: one use only. */
  useStatement(token: string): Statement {
    return this.#singleUse.spendStatement(kindOfValue, token);
  }
}
