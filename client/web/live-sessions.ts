import type { Clock } from '../clock.ts';
import { type FreshTokens, keepFresh } from '../fresh.ts';
import { sha256 } from '../proof-key.ts';
import { randomToken } from '../secrets.ts';
import { type SessionLimits, type SessionTimes, sessionState } from '../session-limits.ts';
import { TokenSet } from '../tokens.ts';
import type { Cookies } from './cookies.ts';
import type { SignedIn, WebPattern } from './pattern.ts';
import type { SessionStore, StoredSession, User } from './sessions.ts';

/** The session of a request. */
export interface WebSession {
  user: User;
  /** The role in which the user works: the `sessionUrid` of an API. Undefined until a user with several roles has chosen. */
  roleId?: string;
  /** Whether the user selected the role at CIS2. Another role then needs a sign-in there, with `?role=changed`. */
  isRoleOfCis2: boolean;
  /** The `token` of an API. */
  tokens: FreshTokens;
  /** Ends the session in this application, without a sign-out at CIS2. */
  end(): Promise<void>;
}

/** A session that is neither idle nor over. */
export interface LiveSession {
  stored: StoredSession;
  session: WebSession;
  change(changes: Partial<StoredSession>): Promise<void>;
}

/** Anything with the headers of a request. */
export type WithHeaders = Pick<Request, 'headers'>;

export interface LiveSessions {
  /** Returns the live session of a request, and notes its use. */
  of(request: WithHeaders): Promise<LiveSession | undefined>;
  /** Starts a session with a new id, so that no one else knows the id of a signed-in session; returns its cookie. */
  start(signedIn: SignedIn): Promise<string>;
  /** Returns the line that removes the cookie. */
  cleared(): string;
}

/** The use of a session is stored at most this often. */
const USE_NOTED_EVERY_MS = 10_000;
const COOKIE = 'session';

/** Creates the sessions of a web application, which a cookie names. */
export function liveSessions(settings: {
  store: SessionStore;
  cookies: Cookies;
  limits: SessionLimits;
  pattern: WebPattern;
  clock: Clock;
}): LiveSessions {
  const { store, cookies, limits, pattern, clock } = settings;

  const untilOf = ({ startedAt, lastUsedAt }: SessionTimes): number =>
    Math.min(startedAt + limits.absoluteMs, lastUsedAt + limits.idleMs);

  function liveOf(key: string, stored: StoredSession): LiveSession {
    const { user, roleId, isRoleOfCis2 = false } = stored;
    const change = (changes: Partial<StoredSession>) => store.update(key, changes, untilOf(stored));
    const tokens = keepFresh(TokenSet.restore(stored.tokens), pattern.refresh, {
      clock,
      onChange: (fresh) => change({ tokens: fresh.reveal() }),
    });
    const end = () => store.delete(key);
    return { stored, session: { user, roleId, isRoleOfCis2, tokens, end }, change };
  }

  return {
    async of(request) {
      const id = cookies.read(request, COOKIE);
      if (id === undefined) return undefined;
      const key = sha256(id);
      const stored = await store.get(key);
      if (!stored) return undefined;
      if (sessionState(stored, { limits, clock }) !== 'live') {
        await store.delete(key);
        return undefined;
      }
      const now = clock.now();
      const live = liveOf(key, { ...stored, lastUsedAt: now });
      if (now - stored.lastUsedAt >= USE_NOTED_EVERY_MS) await live.change({ lastUsedAt: now });
      return live;
    },

    async start(signedIn) {
      const id = randomToken();
      const now = clock.now();
      const session = { startedAt: now, lastUsedAt: now, ...signedIn };
      await store.create(sha256(id), session, untilOf(session));
      return cookies.set(COOKIE, id);
    },

    cleared: () => cookies.clear(COOKIE),
  };
}
