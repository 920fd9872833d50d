import type { Condition, RequestBatch } from '../oauth/request-batch.ts';
import type { Upstream } from '../oauth/upstream/upstream.ts';
import type { SingleUse } from '../storage/single-use.ts';
import type { Base } from './base.ts';

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

  /**
   * Adds a session. Every batch that required it to be live is committed then, so its tokens can be revoked.
   * @param issuer issuer of the provider
   */
  async add(issuer: string, sid: string): Promise<void> {
    await this.#singleUse.note(kind, key(issuer, sid), remembered);
  }

  /** Requires that a session has not ended when the batch is executed, at a base path that checks this. */
  requireLive(
    batch: RequestBatch,
    base: Base,
    upstream: Upstream,
    sid: string | null,
    refuse: Condition['refuse'],
  ): void {
    if (!base.hardening.refuseEndedSessions || sid === null) return;
    const value = key(upstream.issuer, sid);
    batch.require({
      writeStatement: () => this.#singleUse.unnotedStatement(kind, value),
      holds: async () => !(await this.#singleUse.claimed(kind, value)),
      refuse,
      isOfGrant: true,
    });
  }
}
