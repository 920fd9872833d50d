import { randomToken, uuid } from '@alongside/kernel/ids';
import type { SingleUse } from '../storage/single-use.ts';

/** One sign-in at a realm. */
export interface MockSession {
  realm: string;
  sid: string;
  clientId: string;
  sub: string;
  /** NumericDate. */
  authTime: number;
  scope: string;
}

/** The session and the request of an authorization code. */
export interface CodeGrant extends MockSession {
  redirectUri: string;
  nonce: string | null;
  challenge: string | null;
}

const kinds = { code: 'mock-code', access: 'mock-access', ended: 'mock-ended' } as const;
/** Milliseconds. */
const codeLifetime = 60_000;
const accessLifetime = 3_600_000;
/** Longer than any token of a session. */
const endedLifetime = accessLifetime + codeLifetime;

/** `expires_in` in seconds: one less than the lifetime. */
export const expiresIn = accessLifetime / 1_000 - 1;

/** Sign-ins of the mock: codes, access tokens and ended sessions, in storage. */
export class MockSessions {
  readonly #singleUse: SingleUse;

  constructor(singleUse: SingleUse) {
    this.#singleUse = singleUse;
  }

  async begin(grant: Omit<CodeGrant, 'sid'>): Promise<{ code: string; sid: string }> {
    const code = randomToken();
    const sid = uuid();
    await this.#singleUse.keep(kinds.code, code, { ...grant, sid } satisfies CodeGrant, codeLifetime);
    return { code, sid };
  }

  peek(code: string): Promise<CodeGrant | undefined> {
    return this.#singleUse.peek<CodeGrant>(kinds.code, code);
  }

  /** Uses a code up. Returns true for one caller only. */
  async spend(code: string): Promise<boolean> {
    return (await this.#singleUse.spend<CodeGrant>(kinds.code, code)) !== undefined;
  }

  async accessToken({ realm, sid, clientId, sub, authTime, scope }: MockSession): Promise<string> {
    const token = randomToken();
    const kept: MockSession = { realm, sid, clientId, sub, authTime, scope };
    await this.#singleUse.keep(kinds.access, token, kept, accessLifetime);
    return token;
  }

  /** Returns the session of an access token of this realm; undefined if the token expired or the session ended. */
  async ofToken(realm: string, token: string): Promise<MockSession | undefined> {
    const session = await this.#singleUse.peek<MockSession>(kinds.access, token);
    if (session?.realm !== realm || (await this.#isEnded(session.sid))) return undefined;
    return session;
  }

  /** Ends a session. Returns false if it has ended before. */
  end(sid: string): Promise<boolean> {
    return this.#singleUse.claim(kinds.ended, sid, endedLifetime);
  }

  #isEnded(sid: string): Promise<boolean> {
    return this.#singleUse.claimed(kinds.ended, sid);
  }
}
