import type { Clock } from './clock.ts';
import type { Dpop } from './dpop.ts';
import { ClientError, OAuthError } from './errors.ts';
import type { Fetch, HttpAnswer } from './http.ts';
import { jsonObject, send } from './http.ts';
import { printable } from './secrets.ts';
import { TokenSet } from './tokens.ts';

type Form = Record<string, string | undefined>;

/** One call of a token endpoint. */
export interface TokenRequest {
  tokenUrl: string;
  /** The parameters; a function makes them for each attempt, because a client assertion is accepted once. */
  form: Form | (() => Promise<Form>);
  /** Binds the tokens to a key. */
  dpop?: Dpop;
  headers?: Record<string, string>;
  fetch: Fetch;
  clock: Clock;
  timeoutMs?: number;
  signal?: AbortSignal;
}

const LONGEST_TOKEN = 65_536;
/** Parameters of a token request that must not be logged. */
export const SECRETS = [
  'client_secret',
  'client_assertion',
  'code',
  'code_verifier',
  'refresh_token',
  'subject_token',
];

/**
 * Calls a token endpoint. Returns the ID token separately, because it is not verified yet. Throws `OAuthError`,
 * `response_invalid`, or an error of `send`.
 */
export async function requestTokens(request: TokenRequest): Promise<{ tokens: TokenSet; idToken?: string }> {
  // Measured before the call, so that the lifetime is never overestimated.
  const sentAt = request.clock.now();
  const { tokenUrl: url, dpop } = request;
  let parameters: Form = {};
  const call = async (headers: Record<string, string> = {}) => {
    parameters = typeof request.form === 'function' ? await request.form() : request.form;
    const body = new URLSearchParams();
    for (const [name, value] of Object.entries(parameters)) if (value !== undefined) body.set(name, value);
    const { timeoutMs, signal } = request;
    const sent = { ...request.headers, ...headers };
    return send(request.fetch, { url, method: 'POST', headers: sent, body, timeoutMs, signal });
  };
  const answer = dpop
    ? await dpop.send({ method: 'POST', url }, (proof) => call({ dpop: proof }))
    : await call();
  const body = jsonObject(answer);
  if (answer.status !== 200) {
    const sent = [...SECRETS.map((name) => parameters[name]), request.headers?.authorization];
    throw oauthErrorOf(answer, body, sent);
  }
  if (!body)
    throw new ClientError('response_invalid', 'The token endpoint answered 200 without a JSON object.', {
      expected: 'application/json',
      received: printable(answer.headers.get('content-type') ?? 'no content type').slice(0, 200),
    });
  return readTokens(body, sentAt, dpop !== undefined);
}

/** Returns the error of an OAuth response with any body, without the secrets of the request. // RFC 6749 section 5.2 */
export function oauthErrorOf(
  answer: HttpAnswer,
  body: Record<string, unknown> | undefined,
  secrets: readonly (string | undefined)[],
): OAuthError {
  const words = (value: unknown) => {
    const said = text(value);
    return said === undefined ? undefined : printable(said, secrets);
  };
  return new OAuthError({
    error: words(body?.error)?.slice(0, 200) ?? 'invalid_response',
    description: words(body?.error_description),
    status: answer.status,
    messageId: words(body?.message_id)?.slice(0, 200),
  });
}

function readTokens(
  body: Record<string, unknown>,
  sentAt: number,
  isBound: boolean,
): { tokens: TokenSet; idToken?: string } {
  const accessToken = token(body, 'access_token');
  if (accessToken === undefined) {
    const received = `members ${printable(Object.keys(body).join(', ')).slice(0, 200) || 'none'}`;
    throw new ClientError('response_invalid', 'The answer has no access_token.', { received });
  }
  checkTokenType(text(body.token_type), isBound);
  const expiresIn = wholeNumber(body, 'expires_in');
  const refreshExpiresIn = wholeNumber(body, 'refresh_token_expires_in');
  const tokens = new TokenSet({
    accessToken,
    expiresAt: expiresIn === undefined ? undefined : sentAt + expiresIn * 1000,
    refreshToken: token(body, 'refresh_token'),
    refreshExpiresAt: refreshExpiresIn === undefined ? undefined : sentAt + refreshExpiresIn * 1000,
    refreshCount: wholeNumber(body, 'refresh_count'),
    scope: text(body.scope),
    sid: text(body.sid),
  });
  return { tokens, idToken: token(body, 'id_token') };
}

/** Reads numbers and numeric strings: the API platform sends strings ("599"). */
function wholeNumber(body: Record<string, unknown>, name: string): number | undefined {
  const value = body[name];
  if (value === undefined || value === null) return undefined;
  const digits = typeof value === 'number' ? String(value) : value;
  if (typeof digits !== 'string' || !/^\d{1,10}$/.test(digits))
    throw new ClientError('response_invalid', `The answer has a ${name} that is not a whole number.`);
  return Number(digits);
}

function token(body: Record<string, unknown>, name: string): string | undefined {
  const value = body[name];
  if (value === undefined || value === null) return undefined;
  if (typeof value !== 'string' || value.length === 0 || value.length > LONGEST_TOKEN)
    throw new ClientError('response_invalid', `The answer has a ${name} that is not a usable text.`);
  return value;
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** Checks that the server bound the tokens, if the client requested it. Throws `response_invalid`. */
function checkTokenType(type: string | undefined, isBound: boolean): void {
  const expected = isBound ? 'DPoP' : 'Bearer';
  if (type?.toLowerCase() === expected.toLowerCase()) return;
  throw new ClientError('response_invalid', 'The answer has a token_type that this library cannot use.', {
    expected: `token_type ${expected}`,
    received: `token_type ${(type ?? 'none').replace(/\p{Cc}/gu, ' ').slice(0, 40)}`,
  });
}
