import type { SingleUse } from '../storage/single-use.ts';
import type { Base } from './base.ts';
import type { Upstream } from './upstream/upstream.ts';

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

  /** Whether nothing may come out of a session any more, at a base path that minds. */
  async isOver({ hardening }: Base, { issuer }: Upstream, sid: string | null): Promise<boolean> {
    return (
      hardening.refuseEndedSessions && sid !== null && (await this.#singleUse.claimed(kind, key(issuer, sid)))
    );
  }
}
