import type { JWTPayload } from 'jose';
import { type Clock, systemClock } from './clock.ts';
import { checkedObject, checkedSeconds, checkedText, checkedUrl, withQuery } from './config.ts';
import { ClientError, TokenError } from './errors.ts';
import type { Abortable, Fetch } from './http.ts';
import type { Fault } from './jwt-faults.ts';
import { checkedAlgorithm, type SigningAlgorithm } from './keys.ts';
import { createMetadata, openidConfigurationUrl } from './metadata.ts';
import { createRemoteKeys } from './remote-keys.ts';
import { type Agreed, verifySigned } from './signed.ts';

/** Stores used values. With several processes, use the application's database. */
export interface ReplayStore {
  /**
   * Stores a key until a time in milliseconds since the epoch. Returns true for the first caller and false for others, with one
   * conditional write, so that two concurrent callers cannot both succeed.
   */
  addOnce(key: string, until: number): Promise<boolean>;
  /** Removes a key if its action failed. */
  remove(key: string): Promise<void>;
}

/** A replay store for one process. Keeps unexpired keys; refuses new ones above `limit` entries. */
export function memoryReplayStore(options: { clock?: Clock; limit?: number } = {}): ReplayStore {
  const clock = options.clock ?? systemClock;
  const limit = options.limit ?? 100_000;
  const entries = new Map<string, number>();
  return {
    async addOnce(key, until) {
      const now = clock.now();
      if ((entries.get(key) ?? 0) > now) return false;
      if (entries.size >= limit) for (const [old, end] of entries) if (end <= now) entries.delete(old);
      if (entries.size >= limit) return false;
      entries.set(key, until);
      return true;
    },
    async remove(key) {
      entries.delete(key);
    },
  };
}

/** The settings of a back-channel logout receiver. */
export interface LogoutReceiverSettings {
  /** Compared byte for byte. */
  issuer: string;
  clientId: string;
  /** The provider's key set; discovered by default. */
  jwksUrl?: string | undefined;
  /** The one accepted algorithm; RS256 by default. */
  alg?: SigningAlgorithm | undefined;
  /** Stores used tokens; `memoryReplayStore()` works for one process. */
  replay: ReplayStore;
  /** Maximum age of a token in seconds; 300 by default. */
  maxAgeSeconds?: number | undefined;
  /** Allowed clock difference; 30 seconds by default. */
  toleranceSeconds?: number | undefined;
  fetch?: Fetch | undefined;
  clock?: Clock | undefined;
}

/** A logout request: end this session, or all sessions of this user if there is no `sid`. */
export interface LogoutNotice {
  /** The id of the token. */
  jti: string;
  sid?: string;
  sub?: string;
  issuedAt: number;
}

/** Verifies logout tokens. */
export interface LogoutReceiver {
  /** Throws `TokenError` (`logout_token_invalid`) with the broken rule in `fault`. */
  verify(logoutToken: string, options?: Abortable): Promise<LogoutNotice>;
  /**
   * Handles a POST of the provider: pass it the form body and send its result as the response. `end` ends the sessions. The
   * endpoint is public and needs no other authentication. // Back-Channel Logout 1.0 sections 2.6 to 2.8
   */
  receive(
    formBody: string,
    end: (notice: LogoutNotice) => void | Promise<void>,
    options?: Abortable,
  ): Promise<LogoutAnswer>;
}

/** An HTTP response to send unchanged. */
export interface LogoutAnswer {
  status: 200 | 400;
  headers: Record<string, string>;
  body: string;
}

const EVENT = 'http://schemas.openid.net/event/backchannel-logout';
const LONGEST_BODY = 65_536;
const TYPES: readonly (string | undefined)[] = [undefined, 'jwt', 'logout+jwt', 'application/logout+jwt'];

/** Creates a receiver for back-channel logout. Throws `settings_invalid` with the name of the setting. */
export function createLogoutReceiver(settings: LogoutReceiverSettings): LogoutReceiver {
  const fetcher = settings.fetch ?? fetch;
  const clock = settings.clock ?? systemClock;
  const issuer = checkedUrl('issuer', settings.issuer);
  const clientId = checkedText('clientId', settings.clientId);
  const replay = checkedObject('replay', settings.replay);
  const alg = checkedAlgorithm('alg', settings.alg ?? 'RS256');
  const maxAgeSeconds = checkedSeconds('maxAgeSeconds', settings.maxAgeSeconds ?? 300, 86_400);
  const toleranceSeconds = checkedSeconds('toleranceSeconds', settings.toleranceSeconds ?? 30, 300);
  const keys = createRemoteKeys({ url: keySetAddress(settings, fetcher, clock), fetch: fetcher, clock });

  const replayKey = (notice: LogoutNotice): string => `${issuer} ${notice.jti}`;

  async function verify(logoutToken: string, { signal }: Abortable = {}): Promise<LogoutNotice> {
    if (logoutToken.length > LONGEST_BODY) throw refused('malformed', 'it is too long');
    const agreed = { keys: keys(signal), issuer, clientId, alg, clock, toleranceSeconds };
    const claims = await signedClaims(logoutToken, agreed);
    checkIssuedAt(claims, clock.now() / 1000, maxAgeSeconds, toleranceSeconds);
    checkEvents(claims);
    if ('nonce' in claims) throw refused('nonce', 'it has a nonce, as an ID token would');
    const notice = noticeOf(claims);
    // Last, so that a refused token does not use up the id of a valid one.
    const until = clock.now() + (maxAgeSeconds + 2 * toleranceSeconds) * 1000;
    if (!(await replay.addOnce(replayKey(notice), until))) throw refused('replayed', 'it was used before');
    return notice;
  }

  // A delivery that failed here is repeated, maybe with the same token, so it must not count as used.
  async function ended(
    notice: LogoutNotice,
    end: (notice: LogoutNotice) => void | Promise<void>,
  ): Promise<void> {
    try {
      await end(notice);
    } catch (error) {
      await replay.remove(replayKey(notice));
      throw error;
    }
  }

  return {
    verify,
    async receive(formBody, end, options) {
      if (typeof formBody !== 'string')
        throw new ClientError('settings_invalid', 'The body of the logout request is not text.', {
          advice: 'Pass the body as it was sent, not as a framework parsed it.',
        });
      const given =
        formBody.length > LONGEST_BODY ? [] : new URLSearchParams(formBody).getAll('logout_token');
      try {
        if (given.length !== 1 || !given[0]) throw refused('malformed', 'the request holds no logout_token');
        const notice = await verify(given[0], options);
        await ended(notice, end);
        return answer(200, {});
      } catch (error) {
        if (!(error instanceof TokenError)) throw error;
        return answer(400, { error: 'invalid_request', error_description: error.message });
      }
    },
  };
}

function keySetAddress(
  settings: LogoutReceiverSettings,
  fetcher: Fetch,
  clock: Clock,
): (signal: AbortSignal) => Promise<string> {
  const { issuer, jwksUrl } = settings;
  if (jwksUrl !== undefined) {
    const checked = checkedUrl('jwksUrl', jwksUrl);
    return async () => checked;
  }
  const metadata = createMetadata({ issuer, url: openidConfigurationUrl(issuer), fetch: fetcher, clock });
  return async (signal) => checkedUrl('jwks_uri', (await metadata(signal)).jwks_uri);
}

async function signedClaims(token: string, agreed: Omit<Agreed, 'refuse'>): Promise<JWTPayload> {
  const requiredClaims = ['iat', 'jti', 'events'];
  const { payload, protectedHeader } = await verifySigned(token, { ...agreed, requiredClaims, refuse });
  if (!TYPES.includes(protectedHeader.typ?.toLowerCase()))
    throw refused('type', 'it is another kind of token');
  if (typeof payload.jti !== 'string' || payload.jti === '') throw refused('claim', 'its jti is not a text');
  return payload;
}

function checkIssuedAt(claims: JWTPayload, now: number, maxAge: number, tolerance: number): void {
  if (typeof claims.iat !== 'number') throw refused('claim', 'its iat is not a number');
  if (claims.iat > now + tolerance) throw refused('not_yet_valid', 'it was issued in the future');
  if (claims.iat < now - maxAge - tolerance) throw refused('expired', 'it is too old');
}

function checkEvents(claims: JWTPayload): void {
  const events = claims.events as Record<string, unknown> | null;
  const event = typeof events === 'object' ? events?.[EVENT] : undefined;
  if (typeof event !== 'object' || event === null) throw refused('events', 'it does not announce a logout');
}

function noticeOf(claims: JWTPayload): LogoutNotice {
  const sid = typeof claims.sid === 'string' && claims.sid !== '' ? claims.sid : undefined;
  const sub = typeof claims.sub === 'string' && claims.sub !== '' ? claims.sub : undefined;
  if (sid === undefined && sub === undefined)
    throw refused('subject', 'it names neither a session nor a person');
  return { jti: claims.jti ?? '', sid, sub, issuedAt: (claims.iat ?? 0) * 1000 };
}

function answer(status: 200 | 400, body: object): LogoutAnswer {
  const headers = { 'content-type': 'application/json', 'cache-control': 'no-store' };
  return { status, headers, body: JSON.stringify(body) };
}

function refused(fault: Fault['fault'], reason: string): TokenError {
  return refuse({ fault, reason });
}

function refuse({ fault, reason, expected, received }: Fault): TokenError {
  const facts = { expected, received };
  return new TokenError('logout_token_invalid', fault, `The logout token is refused: ${reason}.`, facts);
}

/** Parameters of a sign-out at the provider. */
export interface LogoutRequest {
  /** The provider's `end_session_endpoint`. */
  endSessionUrl: string;
  /** The ID token of the session to end; with it the user is not asked. */
  idTokenHint?: string | undefined;
  clientId?: string | undefined;
  /** A registered address to return to. */
  postLogoutRedirectUri?: string | undefined;
  /** Returned unchanged. */
  state?: string | undefined;
}

/** Returns the address that ends a session at the provider. // OpenID Connect RP-Initiated Logout 1.0 section 2 */
export function logoutUrl(request: LogoutRequest): string {
  return withQuery(checkedUrl('endSessionUrl', request.endSessionUrl), {
    id_token_hint: request.idTokenHint,
    client_id: request.clientId,
    post_logout_redirect_uri: request.postLogoutRedirectUri,
    state: request.state,
  });
}
