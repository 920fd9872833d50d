import type { JWTPayload } from 'jose';
import { ClientError } from './errors.ts';
import type { Fetch, HttpAnswer } from './http.ts';
import { jsonObject, send } from './http.ts';
import type { Fault } from './jwt-faults.ts';
import { shown } from './secrets.ts';
import type { Agreed } from './signed.ts';
import { verifySigned } from './signed.ts';
import { oauthErrorOf } from './token-endpoint.ts';

/** Claims about the user, from CIS2. Its members depend on the requested scope. */
export interface Userinfo {
  sub: string;
  name?: string;
  nhsid_useruid?: string;
  [member: string]: unknown;
}

/** One call of a userinfo endpoint. */
export interface UserinfoRequest {
  userinfoUrl: string;
  accessToken: string;
  fetch: Fetch;
  /** Verifies a signed response (`application/jwt`); without it such a response is refused. */
  verifySigned?: ((jwt: string) => Promise<Record<string, unknown>>) | undefined;
  signal?: AbortSignal | undefined;
}

/** Requests claims about the token's user. // OpenID Connect Core 1.0 section 5.3 */
export async function requestUserinfo(request: UserinfoRequest): Promise<Userinfo> {
  const answer = await send(request.fetch, {
    url: request.userinfoUrl,
    signal: request.signal,
    headers: { authorization: `Bearer ${request.accessToken}`, accept: 'application/json, application/jwt' },
  });
  if (answer.status !== 200) throw oauthErrorOf(answer, jsonObject(answer), [request.accessToken]);
  const body = await readBody(request, answer);
  if (typeof body?.sub !== 'string' || body.sub === '')
    throw new ClientError('response_invalid', 'The userinfo answer has no subject (sub).');
  return body as Userinfo;
}

async function readBody(
  request: UserinfoRequest,
  answer: HttpAnswer,
): Promise<Record<string, unknown> | undefined> {
  const type = answer.headers.get('content-type')?.split(';', 1)[0]?.trim().toLowerCase();
  if (type !== 'application/jwt') return jsonObject(answer);
  if (!request.verifySigned)
    throw new ClientError('response_invalid', 'The userinfo answer is signed; plain was due.');
  return request.verifySigned(answer.text);
}

/**
 * Verifies a signed response. Issuer and audience are optional; if present, they must match. // OpenID Connect Core 1.0 section
 * 5.3.2
 */
export async function verifyUserinfo(
  jwt: string,
  agreed: Omit<Agreed, 'refuse'> & { issuer: string; clientId: string },
): Promise<JWTPayload> {
  const { issuer, clientId, ...rest } = agreed;
  const { payload } = await verifySigned(jwt, { ...rest, refuse });
  const { iss = issuer, aud = clientId } = payload;
  const facts = (name: string, wanted: string, value: unknown) => ({
    reason: `its ${name} is another`,
    expected: `${name} ${wanted}`,
    received: `${name} ${shown(value)}`,
  });
  if (iss !== issuer) throw refuse(facts('iss', issuer, iss));
  if (![aud].flat().includes(clientId)) throw refuse(facts('aud', clientId, aud));
  return payload;
}

function refuse({ reason, expected, received }: Omit<Fault, 'fault'>): ClientError {
  const facts = { expected, received };
  return new ClientError('response_invalid', `The userinfo answer is refused: ${reason}.`, facts);
}
