import { type Clock, systemClock } from '../clock.ts';
import { ClientError } from '../errors.ts';
import type { LogoutNotice } from '../logout.ts';
import type { Role } from '../roles.ts';
import type { TokenSetFields } from '../tokens.ts';

/** The signed-in user. */
export interface User {
  /** The uid at CIS2. */
  id: string;
  name?: string;
  roles: Role[];
  /** As asserted by CIS2; separate pattern only. */
  authenticationLevel?: number;
}

/** A web session as it is stored: plain data, with secrets. */
export interface StoredSession {
  /** Milliseconds since the epoch. */
  startedAt: number;
  lastUsedAt: number;
  tokens: TokenSetFields;
  user: User;
  /** The role in which the user works (`person_roleid`). */
  roleId?: string;
  /** Whether the user selected the role at CIS2, so that the ID token names it; separate pattern only. */
  isRoleOfCis2?: boolean;
  /** The ID token of CIS2, for sign-out there; separate pattern only. */
  idToken?: string;
  /** The session at CIS2, as back-channel logout names it; separate pattern only. */
  sid?: string;
}

/**
 * Stores the sessions of a web application. With several processes, implement it with the application's database. Keys are hashes,
 * so that someone who reads the store cannot use a session. `until` is in milliseconds since the epoch.
 */
export interface SessionStore {
  get(key: string): Promise<StoredSession | undefined>;
  create(key: string, session: StoredSession, until: number): Promise<void>;
  /** Changes members of a stored session. Never creates one, so that a slow request cannot restore a session that has ended. */
  update(key: string, changes: Partial<StoredSession>, until: number): Promise<void>;
  delete(key: string): Promise<void>;
  /** Deletes the sessions with this `sid`; without one, those of the user `sub`. */
  deleteNamed(notice: Pick<LogoutNotice, 'sid' | 'sub'>): Promise<void>;
}

/** A session store for one process. Above `limit` sessions it refuses new ones. */
export function memorySessions(options: { clock?: Clock; limit?: number } = {}): SessionStore {
  const clock = options.clock ?? systemClock;
  const limit = options.limit ?? 10_000;
  const entries = new Map<string, { session: StoredSession; until: number }>();

  const live = (key: string) => {
    const entry = entries.get(key);
    return entry && entry.until > clock.now() ? entry : undefined;
  };

  function makeRoom(): void {
    if (entries.size < limit) return;
    for (const [key, { until }] of entries) if (until <= clock.now()) entries.delete(key);
    if (entries.size < limit) return;
    throw new ClientError('settings_invalid', `There are ${limit} sessions, the limit of this store.`, {
      advice: 'Raise the limit of memorySessions, or use a store in your database.',
    });
  }

  return {
    get: async (key) => structuredClone(live(key)?.session),
    async create(key, session, until) {
      makeRoom();
      entries.set(key, { session: structuredClone(session), until });
    },
    async update(key, changes, until) {
      const entry = live(key);
      if (entry) entries.set(key, { session: { ...entry.session, ...structuredClone(changes) }, until });
    },
    async delete(key) {
      entries.delete(key);
    },
    async deleteNamed({ sid, sub }) {
      for (const [key, { session }] of entries) {
        if (sid === undefined ? session.user.id === sub : session.sid === sid) entries.delete(key);
      }
    },
  };
}
