import { sessionState } from '@alongside/client';
import type { Clock } from '@alongside/kernel/clock';
import { randomToken } from '@alongside/kernel/ids';
import type { Pattern, SignedIn } from './patterns.ts';

/** A browser's session at the sample application. */
export interface WebSession {
  readonly id: string;
  readonly pattern: Pattern;
  readonly person: SignedIn;
  /** Role in which the person works now. */
  roleId: string | null;
  readonly startedAt: number;
  lastUsedAt: number;
}

const mostKept = 10_000;

/** Web sessions and started sign-ins, in the memory of the one process that a sample needs. */
export class WebSessions {
  readonly #clock: Clock;
  readonly #sessions = new Map<string, WebSession>();
  /** Started sign-ins by the browser's cookie and the state, so that two tabs do not meet. */
  readonly #started = new Map<string, { pattern: Pattern; transaction: string }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  start(browser: string, state: string, pattern: Pattern, transaction: string): void {
    this.#started.set(`${browser} ${state}`, { pattern, transaction });
    for (const key of this.#started.keys()) {
      if (this.#started.size <= mostKept) break;
      this.#started.delete(key);
    }
  }

  /** Takes a started sign-in, once. */
  take(browser: string, state: string): { pattern: Pattern; transaction: string } | undefined {
    const key = `${browser} ${state}`;
    const found = this.#started.get(key);
    this.#started.delete(key);
    return found;
  }

  /** A new session under a new id. */
  create(pattern: Pattern, person: SignedIn): WebSession {
    const now = this.#clock.now();
    const session = {
      id: randomToken(),
      pattern,
      person,
      roleId: person.selectedRoleId,
      startedAt: now,
      lastUsedAt: now,
    };
    this.#sessions.set(session.id, session);
    for (const id of this.#sessions.keys()) {
      if (this.#sessions.size <= mostKept) break;
      this.#sessions.delete(id);
    }
    return session;
  }

  /** The session with this id, unless it was idle too long or is over. */
  find(id: string | undefined): WebSession | undefined {
    const session = id === undefined ? undefined : this.#sessions.get(id);
    if (!session) return undefined;
    if (sessionState(session, { clock: this.#clock }) !== 'live') {
      this.#sessions.delete(session.id);
      return undefined;
    }
    session.lastUsedAt = this.#clock.now();
    return session;
  }

  end(id: string | undefined): void {
    if (id !== undefined) this.#sessions.delete(id);
  }

  /** Ends what a logout token names: one session, or all of a person. */
  endNamed(notice: { sid?: string; sub?: string }): void {
    for (const session of this.#sessions.values()) {
      const { sid, uid } = session.person;
      const named = notice.sid === undefined ? uid === notice.sub : sid === notice.sid;
      if (named && sid !== null) this.#sessions.delete(session.id);
    }
  }
}
