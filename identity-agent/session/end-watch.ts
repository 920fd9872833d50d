import { reasonOf } from '@alongside/kernel/errors';
import { CisRefusal } from './cis-client.ts';
import type { Desk } from './desk.ts';
import type { LiveSession } from './live-session.ts';

/** Waits at CIS for the end of the session, for example by an administrator or the card's revocation. */
export class EndWatch {
  readonly #desk: Desk;
  #stopped = false;
  /** The session of the last request, and whether the request is still open. */
  #session: LiveSession | undefined;
  #asking = false;

  constructor(desk: Desk) {
    this.#desk = desk;
    desk.onChange(() => this.#look());
  }

  /** Asks again after a request failed. */
  again(): void {
    if (!this.#asking) this.#session = undefined;
    this.#look();
  }

  stop(): void {
    this.#stopped = true;
  }

  #look(): void {
    const { session } = this.#desk;
    if (this.#stopped || !session || session === this.#session) return;
    this.#session = session;
    this.#asking = true;
    void this.#ask(session).finally(() => {
      if (this.#session === session) this.#asking = false;
    });
  }

  async #ask(session: LiveSession): Promise<void> {
    const { parts } = this.#desk;
    try {
      while (this.#desk.session === session) {
        const cause = await parts.cis.ended(session.id, session.key);
        if (cause === undefined) return;
        if (cause !== null) this.#desk.lost(session, 'CIS has ended it', cause);
      }
    } catch (error) {
      if (error instanceof CisRefusal && /^session_(ended|unknown)$/.test(error.code))
        this.#desk.lost(session, reasonOf(error), error.endCause);
      // The heartbeat detects the end in any case, but later.
      else
        parts.log.debug({ reason: reasonOf(error) }, 'CIS could not be asked to tell of the session’s end');
    }
  }
}
