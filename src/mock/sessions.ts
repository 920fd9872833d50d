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

/** What an authorization code stands for. */
export interface CodeGrant extends MockSession {
  redirectUri: string;
  nonce: string | null;
  challenge: string | null;
}

const kinds = { code: 'mock-code', access: 'mock-access', ended: 'mock-ended' } as const;
/** Milliseconds. */
const codeLifetime = 60_000;
const accessLifetime = 3_600_000;
/** Longer than anything that can come from a session. */
const endedLifetime = accessLifetime + codeLifetime;

/** Seconds that an access token lasts, as the token endpoint says it: one less than it does. */
export const expiresIn = accessLifetime / 1_000 - 1;

/** Sign-ins of the mock: codes, access tokens, and which sessions were signed out. Nothing is kept in a process. */
export class MockSessions {
  readonly #singleUse: SingleUse;

  constructor(singleUse: SingleUse) {
    this.#singleUse = singleUse;
  }

  /** A fresh session and the code that leads to its tokens. */
  async begin(grant: Omit<CodeGrant, 'sid'>): Promise<{ code: string; sid: string }> {
    const code = randomToken();
    const sid = uuid();
    await this.#singleUse.keep(kinds.code, code, { ...grant, sid } satisfies CodeGrant, codeLifetime);
    return { code, sid };
  }

  /** What a code stands for, while it can be used. */
  peek(code: string): Promise<CodeGrant | undefined> {
    return this.#singleUse.peek<CodeGrant>(kinds.code, code);
  }

  /** Uses a code: true for one caller alone. */
  async spend(code: string): Promise<boolean> {
    return (await this.#singleUse.spend<CodeGrant>(kinds.code, code)) !== undefined;
  }

  async accessToken({ realm, sid, clientId, sub, authTime, scope }: MockSession): Promise<string> {
    const token = randomToken();
    const kept: MockSession = { realm, sid, clientId, sub, authTime, scope };
    await this.#singleUse.keep(kinds.access, token, kept, accessLifetime);
    return token;
  }

  /** The session of an access token of this realm; undefined when the token has run out or the session was signed out. */
  async ofToken(realm: string, token: string): Promise<MockSession | undefined> {
    const session = await this.#singleUse.peek<MockSession>(kinds.access, token);
    if (session?.realm !== realm || (await this.#isEnded(session.sid))) return undefined;
    return session;
  }

  /** Signs a session out; false when that was done before. */
  end(sid: string): Promise<boolean> {
    return this.#singleUse.claim(kinds.ended, sid, endedLifetime);
  }

  #isEnded(sid: string): Promise<boolean> {
    return this.#singleUse.claimed(kinds.ended, sid);
  }
}
