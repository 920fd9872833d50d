import { type Clock, seconds } from '@alongside/kernel/clock';
import { cookieLifetime, readCookies } from '@alongside/kernel/cookies';
import type { HttpRequest } from '@alongside/kernel/http';
import { decodeJwt, verifySignature } from '@alongside/kernel/jws';
import type { SigningKeys } from '@alongside/kernel/keys';

interface TeamSessionDependencies {
  /** Public origin of the interface. */
  origin: string;
  keys: SigningKeys;
  clock: Clock;
}

/** In seconds. */
const sessionLifetime = 3_600;
/** Distinguishes these tokens from others of the issuer. */
const typ = 'connection-manager+jwt';

/** Sessions of suppliers at the Connection Manager interface: a JWT, sent as access token or as cookie. */
export class TeamSessions {
  readonly #parts: TeamSessionDependencies;

  constructor(parts: TeamSessionDependencies) {
    this.#parts = parts;
  }

  begin(teams: readonly string[]): Promise<string> {
    const { origin, keys, clock } = this.#parts;
    const now = seconds(clock);
    const claims = { iss: origin, aud: origin, team_ids: teams, iat: now, exp: now + sessionLifetime };
    return keys.sign(claims, { algorithm: 'ES256', typ });
  }

  /** Returns the teams of the session of a request; undefined without a live session. */
  async teams({ headers }: HttpRequest): Promise<string[] | undefined> {
    const { origin, keys, clock } = this.#parts;
    const bearer = /^bearer +([\x21-\x7e]{1,4096})$/i.exec(headers.authorization ?? '')?.[1];
    const jwt = decodeJwt(bearer ?? readCookies(headers.cookie).get(this.cookieName) ?? '');
    if (jwt?.header.typ !== typ || typeof jwt.header.kid !== 'string') return undefined;
    const found = await keys.publicKey(jwt.header.kid);
    if (!found || !(await verifySignature(jwt, found.algorithm, found.key))) return undefined;
    const { aud, exp, team_ids: teams } = jwt.claims;
    if (aud !== origin || typeof exp !== 'number' || exp <= seconds(clock)) return undefined;
    return Array.isArray(teams) ? teams.filter((team) => typeof team === 'string') : undefined;
  }

  /** The published name on HTTPS. Browsers reject it on HTTP. */
  get cookieName(): string {
    return this.#isSecure
      ? '__Host-session'
      : `connection-manager-${new URL(this.#parts.origin).port}-session`;
  }

  cookie(session: string): string {
    const secure = this.#isSecure ? '; Secure' : '';
    return `${this.cookieName}=${session}; Path=/; HttpOnly; SameSite=Strict${secure}${cookieLifetime(sessionLifetime)}`;
  }

  get #isSecure(): boolean {
    return this.#parts.origin.startsWith('https:');
  }
}
