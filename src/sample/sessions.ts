import { sessionState } from '@alongside/client';
import type { Clock } from '@alongside/kernel/clock';
import { randomToken } from '@alongside/kernel/ids';
import type { Pattern, SignedIn } from './patterns.ts';

/** A browser's session at the sample application. */
export interface WebSession {
  readonly id: string;
  readonly pattern: Pattern;
  readonly person: SignedIn;
  /** The current role. */
  roleId: string | null;
  readonly startedAt: number;
  lastUsedAt: number;
}

const mostKept = 10_000;

/** Sessions and started sign-ins, in the memory of the single process of the sample. */
export class WebSessions {
  readonly #clock: Clock;
  readonly #sessions = new Map<string, WebSession>();
  /** Started sign-ins by the browser's cookie and the state, so that two tabs do not interfere. */
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

  /** Returns and removes a started sign-in. */
  take(browser: string, state: string): { pattern: Pattern; transaction: string } | undefined {
    const key = `${browser} ${state}`;
    const found = this.#started.get(key);
    this.#started.delete(key);
    return found;
  }

  /** Creates a session with a new id. */
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

  /** Returns the session with this id unless it has ended or was idle too long. */
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

  /** Ends the session or all sessions of the user that a logout token names. */
  endNamed(notice: { sid?: string; sub?: string }): void {
    for (const session of this.#sessions.values()) {
      const { sid, uid } = session.person;
      const named = notice.sid === undefined ? uid === notice.sub : sid === notice.sid;
      if (named && sid !== null) this.#sessions.delete(session.id);
    }
  }
}
