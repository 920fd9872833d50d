import type { Condition } from '../oauth/request-batch.ts';
import type { SingleUse } from '../storage/single-use.ts';
import type { Base } from './base.ts';
import type { Upstream } from './upstream/upstream.ts';

const kind = 'authorisation-ended-session';
/** Milliseconds; longer than any session at a provider. */
const remembered = 86_400_000;

const key = (issuer: string, sid: string): string => `${issuer}\n${sid}`;

/** Sessions that a provider has ended. Their codes and ID tokens get no tokens. */
export class EndedSessions {
  readonly #singleUse: SingleUse;

  constructor(singleUse: SingleUse) {
    this.#singleUse = singleUse;
  }

  /** @param issuer issuer of the provider */
  async add(issuer: string, sid: string): Promise<void> {
    await this.#singleUse.claim(kind, key(issuer, sid), remembered);
  }

  /** Returns whether a session has ended, at a base path that checks this. */
  async isOver({ hardening }: Base, { issuer }: Upstream, sid: string | null): Promise<boolean> {
    return (
      hardening.refuseEndedSessions && sid !== null && (await this.#singleUse.claimed(kind, key(issuer, sid)))
    );
  }

  /** Returns the condition that a session has not ended; undefined at a base path that does not check this. */
  unless(
    { hardening }: Base,
    { issuer }: Upstream,
    sid: string | null,
    refuse: Condition['refuse'],
  ): Condition | undefined {
    if (!hardening.refuseEndedSessions || sid === null) return undefined;
    const ended = key(issuer, sid);
    return {
      writeStatement: () => this.#singleUse.unclaimedStatement(kind, ended),
      holds: async () => !(await this.#singleUse.claimed(kind, ended)),
      refuse,
    };
  }

  /**
   * Whether a session can end between the condition of a batch and its commit. On SQLite it cannot: the end of the session follows, and
   * revokes the tokens of the batch.
   */
  get mayEndDuringBatch(): boolean {
    return !this.#singleUse.isSerial;
  }
}
