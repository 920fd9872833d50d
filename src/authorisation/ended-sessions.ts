import type { SingleUse } from '../storage/single-use.ts';

const kind = 'authorisation-ended-session';
/** Milliseconds: longer than any session at a provider lasts. */
const remembered = 86_400_000;

const key = (issuer: string, sid: string): string => `${issuer}\n${sid}`;

/** Sessions that a provider has told us are over: what still comes out of them gets no tokens. */
export class EndedSessions {
  readonly #singleUse: SingleUse;

  constructor(singleUse: SingleUse) {
    this.#singleUse = singleUse;
  }

  /** @param issuer of the provider. */
  async add(issuer: string, sid: string): Promise<void> {
    await this.#singleUse.claim(kind, key(issuer, sid), remembered);
  }

  has(issuer: string, sid: string): Promise<boolean> {
    return this.#singleUse.claimed(kind, key(issuer, sid));
  }
}
