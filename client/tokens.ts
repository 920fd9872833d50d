import type { Clock } from './clock.ts';
import { systemClock } from './clock.ts';
import { ClientError } from './errors.ts';

/** The plain members of a token set, secrets included. Times are milliseconds since the epoch. */
export interface TokenSetFields {
  accessToken: string;
  /** Absent if the server did not say. // RFC 6749 section 5.1 only recommends `expires_in` */
  expiresAt?: number;
  refreshToken?: string;
  refreshExpiresAt?: number;
  /** The number of refreshes, as counted by the API platform. */
  refreshCount?: number;
  /** A verified ID token: the subject token of the separate pattern. */
  idToken?: string;
  /** The granted scope, if the server returns it. */
  scope?: string;
  /** The CIS2 session, if the server returns it. */
  sid?: string;
}

/** Throws `settings_invalid` unless this is a set of tokens, and not what a session store returned. */
export function checkTokens(tokens: TokenSet): void {
  if (!(tokens instanceof TokenSet))
    throw new ClientError('settings_invalid', 'The tokens are not a TokenSet.', {
      advice: 'Restore what you stored of reveal(): TokenSet.restore(stored).',
    });
}

const REDACTED = '[redacted]';
const TEXTS = ['refreshToken', 'idToken', 'scope', 'sid'] as const;
const NUMBERS = ['expiresAt', 'refreshExpiresAt', 'refreshCount'] as const;

/**
 * Tokens with their lifetime. Printing or serialising one never shows a secret; `reveal()` does, for a session store on the
 * server or the operating system's key store.
 */
export class TokenSet {
  readonly #fields: TokenSetFields;

  constructor(fields: TokenSetFields) {
    this.#fields = { ...fields };
  }

  /** Restores the result of `reveal()`, for example from a session store. Throws `settings_invalid`. */
  static restore(stored: unknown): TokenSet {
    const fields = (stored ?? {}) as Record<keyof TokenSetFields, unknown>;
    const { accessToken } = fields;
    // Only known members, because others would be printed.
    const optional = [
      ...TEXTS.map((name) => [name, fields[name], typeof fields[name] === 'string'] as const),
      ...NUMBERS.map((name) => [name, fields[name], Number.isFinite(fields[name])] as const),
    ].filter(([, value]) => value !== undefined && value !== null);
    if (typeof accessToken !== 'string' || optional.some(([, , good]) => !good))
      throw new ClientError('settings_invalid', 'The stored tokens are not what TokenSet.reveal() gave.');
    const rest = Object.fromEntries(optional.map(([name, value]) => [name, value]));
    return new TokenSet({ ...rest, accessToken });
  }

  get accessToken(): string {
    return this.#fields.accessToken;
  }

  /** Expiry of the access token, in milliseconds since the epoch; undefined if unknown. */
  get expiresAt(): number | undefined {
    return this.#fields.expiresAt;
  }

  get refreshToken(): string | undefined {
    return this.#fields.refreshToken;
  }

  /** Expiry of the refresh token, in milliseconds since the epoch; undefined if unknown. */
  get refreshExpiresAt(): number | undefined {
    return this.#fields.refreshExpiresAt;
  }

  get refreshCount(): number | undefined {
    return this.#fields.refreshCount;
  }

  get idToken(): string | undefined {
    return this.#fields.idToken;
  }

  get scope(): string | undefined {
    return this.#fields.scope;
  }

  get sid(): string | undefined {
    return this.#fields.sid;
  }

  /** Remaining whole seconds of the access token, at least 0; `Infinity` if unknown: then a 401 of the API renews it. */
  secondsLeft(clock: Clock = systemClock): number {
    if (this.expiresAt === undefined) return Number.POSITIVE_INFINITY;
    return Math.max(0, Math.floor((this.expiresAt - clock.now()) / 1000));
  }

  /** Returns whether there is a refresh token that is not known to be expired. */
  canRefresh(clock: Clock = systemClock): boolean {
    if (this.refreshToken === undefined) return false;
    return this.refreshExpiresAt === undefined || this.refreshExpiresAt > clock.now();
  }

  /** Returns all members, including secrets. Never log it and never send it to a browser. */
  reveal(): TokenSetFields {
    return { ...this.#fields };
  }

  /** Returns the members that may be printed. */
  toJSON(): Record<string, unknown> {
    const { accessToken, refreshToken, idToken, ...rest } = this.#fields;
    const hidden = Object.entries({ accessToken, refreshToken, idToken }).filter(
      ([, value]) => value !== undefined,
    );
    return { ...Object.fromEntries(hidden.map(([name]) => [name, REDACTED])), ...rest };
  }

  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return `TokenSet ${JSON.stringify(this.toJSON())}`;
  }

  toString(): string {
    return 'TokenSet';
  }
}
