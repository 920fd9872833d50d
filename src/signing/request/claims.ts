import { shownTime } from '@alongside/kernel/clock';
import type { JwtClaims } from '@alongside/kernel/jws';
import { errors } from '../errors.ts';

/** A document to sign. */
export interface Payload {
  id: string;
  /** Base64 of the bytes that are signed, mostly a canonical SignedInfo (XML Signature section 4.4). */
  payload: string;
}

/** Algorithms of signatures: RSASSA-PKCS1-v1_5 with SHA-1 or SHA-256. */
export const signatureAlgorithms = ['RS1', 'RS256'] as const;
export type SignatureAlgorithm = (typeof signatureAlgorithms)[number];

const claimLimits = {
  payloads: 250,
  /** Characters of an id. */
  id: 200,
  /** Bytes of a document. */
  bytes: 65_536,
  /** Seconds from now to `exp`. */
  lifetime: 600,
  /** Seconds for which the clock of an application may be ahead. */
  skew: 10,
} as const;

/** What the claims are compared with. */
export interface ClaimContext {
  claims: JwtClaims;
  /** Uid of the user of the access token; undefined in the sandbox, where `sub` names the person. */
  uid: string | undefined;
  /** Addresses of the service: its own, and the second that published tests use. */
  audiences: readonly string[];
  allowed: readonly SignatureAlgorithm[];
  /** Seconds. */
  now: number;
}

const shown = (value: unknown): string => (JSON.stringify(value) ?? 'missing').slice(0, 200);

function checkSubject({ claims: { sub }, uid }: ClaimContext): void {
  if (typeof sub !== 'string' || sub === '' || (uid !== undefined && sub !== uid))
    throw errors.subject(`sub is ${shown(sub)}, the user of the token is ${uid}`).about({
      field: 'sub',
      headline: 'The request is for another person',
      received: shown(sub),
      expected: uid ?? 'an SDS user id',
    });
}

function checkAudience({ claims: { aud }, audiences }: ClaimContext): void {
  if (!audiences.some((audience) => aud === audience))
    throw errors.audience(`aud is ${shown(aud)}, expected is ${audiences[0]}`).about({
      field: 'aud',
      headline: 'The request is for another address',
      received: shown(aud),
      expected: audiences[0] ?? '',
    });
}

function checkIssuedAt({ claims: { iat }, now }: ClaimContext): void {
  if (typeof iat !== 'number' || iat > now + claimLimits.skew)
    throw errors.issuedAt(`iat is ${shownTime(iat, now)}`);
}

function checkExpiry({ claims: { exp }, now }: ClaimContext): void {
  if (typeof exp !== 'number') throw errors.expiry(`exp is ${shown(exp)}`);
  if (exp <= now) throw errors.expired(`exp is ${shownTime(exp, now)}`);
  if (exp > now + claimLimits.lifetime) throw errors.expiryFar(`exp is ${shownTime(exp, now)}`);
}

function checkNumber({ claims: { payloads } }: ClaimContext): void {
  if (!Array.isArray(payloads) || payloads.length === 0 || payloads.length > claimLimits.payloads)
    throw errors.payloads(
      Array.isArray(payloads) ? `there are ${payloads.length}` : `payloads is ${typeof payloads}`,
    );
}

const listOf = (claims: JwtClaims): unknown[] => claims.payloads as unknown[];

const isPayload = (value: unknown): value is Payload => {
  const { id, payload } = (value ?? {}) as Partial<Record<keyof Payload, unknown>>;
  return typeof id === 'string' && id !== '' && id.length <= claimLimits.id && typeof payload === 'string';
};

function checkShapes({ claims }: ClaimContext): void {
  const index = listOf(claims).findIndex((value) => !isPayload(value));
  if (index !== -1) throw errors.payloadShape(`payload ${index + 1} has another shape`);
}

/** Returns the payloads of checked claims. */
export const payloadsOf = (claims: JwtClaims): Payload[] =>
  (claims.payloads as Payload[]).map(({ id, payload }) => ({ id, payload }));

function checkIds({ claims }: ClaimContext): void {
  const payloads = payloadsOf(claims);
  if (new Set(payloads.map(({ id }) => id)).size < payloads.length)
    throw errors.payloadRepeated(`${payloads.length} payloads share ids`);
}

function checkEncodings({ claims }: ClaimContext): void {
  for (const [index, { payload }] of payloadsOf(claims).entries()) {
    const bytes = Buffer.from(payload, 'base64');
    if (payload === '' || bytes.toString('base64') !== payload)
      throw errors.payloadEncoding(`payload ${index + 1} is not base64`);
    if (bytes.length > claimLimits.bytes)
      throw errors.payloadLarge(`payload ${index + 1} has ${bytes.length} bytes`);
  }
}

function checkAlgorithm({ claims: { algorithm }, allowed }: ClaimContext): void {
  const known = signatureAlgorithms.find((name) => name === algorithm);
  if (!known) throw errors.signatureAlgorithm(`algorithm is ${shown(algorithm)}`);
  if (!allowed.includes(known))
    throw errors.algorithmNotAllowed(`algorithm is ${known}, allowed: ${allowed.join(', ')}`);
}

/** The checks of the claims. Their order is the contract, and `docs/signing.md` lists it. */
const claimRules = [
  checkSubject,
  checkAudience,
  checkIssuedAt,
  checkExpiry,
  checkNumber,
  checkShapes,
  checkIds,
  checkEncodings,
  checkAlgorithm,
] as const;

/** Runs the checks of the claims in their order. @throws Refusal */
export function requireClaims(context: ClaimContext): void {
  for (const rule of claimRules) rule(context);
}
