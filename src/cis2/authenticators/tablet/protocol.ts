import { randomToken } from '@alongside/kernel/ids';
import { parseJsonObject } from '@alongside/kernel/json';
import { type JsonWebKey, thumbprint } from '@alongside/kernel/jwk';
import {
  type DecodedJwt,
  decodeJwt,
  type JwtClaims,
  publicKeyOf,
  verifySignature,
} from '@alongside/kernel/jws';
import type { WebAuthnBody } from '../webauthn/variants.ts';
import { tabletErrors } from './errors.ts';

/** Paths of the tablet app below the origin. */
export const tabletPaths = {
  app: '/tablet',
  open: '/tablet/open',
  answer: '/tablet/answer',
  join: '/tablet/join',
  demoKey: '/tablet/demo-key',
} as const;

/** What stands before the code in the address that a tablet opens to be set up. */
export const joinPrefix = 'join-';

/** Milliseconds, as long as an enrolment's page is looked at. */
export const joiningLifetime = 600_000;

// No vowels, so no words; no letters that look like digits (RFC 8628 section 6.1).
const letters = 'BCDFGHJKLMNPQRSTVWXZ';
const length = 8;

/** Bytes from here on would make some letters likelier than others. */
const fair = 256 - (256 % letters.length);

/** A code that a person can type: 34 bits. */
export function newShortCode(): string {
  let code = '';
  while (code.length < length)
    for (const byte of Buffer.from(randomToken(), 'base64url'))
      if (byte < fair && code.length < length) code += letters[byte % letters.length];
  return code;
}

/** As it is shown: two groups. */
export const grouped = (code: string): string => `${code.slice(0, 4)}-${code.slice(4)}`;

/** Reads what somebody typed or scanned; undefined when it cannot be a code. */
export function shortCodeOf(text: unknown): string | undefined {
  if (typeof text !== 'string' || text.length > 32) return undefined;
  const code = text.toUpperCase().replace(/[\s-]/g, '');
  return code.length === length && [...code].every((letter) => letters.includes(letter)) ? code : undefined;
}

/** Kinds of what a tablet signs: none of them is ever taken for another (RFC 8725 section 3.11). */
export const tabletTypes = {
  key: 'cis2-tablet-key+jwt',
  open: 'cis2-tablet-open+jwt',
  answer: 'cis2-tablet-answer+jwt',
} as const;

/** A WebAuthn credential of the tablet itself, by which it makes sure at each answer that its owner holds it: PIN, finger or face. */
export interface Holder {
  /** Of the credential, base64url. */
  id: string;
  key: WebAuthnBody;
}

/** What is kept of a tablet. */
export interface TabletBody {
  jwk: JsonWebKey;
  /** No sign-in with it counts as more. */
  ceiling: 2 | 3;
  /** Its key is known to everybody: taken in development alone. */
  shared: boolean;
  /** By which it makes sure who holds it; null when it cannot. */
  holder?: Holder | null;
}

/** With an attestation and its certificates. */
export const longestTabletBody = 32_768;

/** The token in the JSON body of a tablet's request. Throws `tabletMalformed`. */
export function tokenIn(contentType: string | undefined, body: string): { jwt: DecodedJwt; label: string } {
  if (!/^application\/json\s*(;|$)/i.test(contentType ?? '') || body.length > longestTabletBody)
    throw tabletErrors.tabletMalformed('JSON was expected');
  let parsed: ReturnType<typeof parseJsonObject>;
  try {
    parsed = parseJsonObject(body);
  } catch (error) {
    throw tabletErrors.tabletMalformed('not a JSON object', {}, error);
  }
  const jwt = typeof parsed.token === 'string' ? decodeJwt(parsed.token) : undefined;
  if (!jwt) throw tabletErrors.tabletMalformed('no token');
  const label =
    typeof parsed.label === 'string' ? parsed.label.replace(/\p{C}/gu, '').trim().slice(0, 60) : '';
  return { jwt, label };
}

/** Checks what a token is and whom it is for. Throws `tabletMalformed`. */
export function checkType(
  { header, claims }: DecodedJwt,
  typ: (typeof tabletTypes)[keyof typeof tabletTypes],
  issuer: string,
): JwtClaims {
  if (header.typ !== typ)
    throw tabletErrors.tabletMalformed(`typ is ${String(header.typ)}, ${typ} was expected`);
  if (header.alg !== 'ES256')
    throw tabletErrors.tabletMalformed(`alg is ${String(header.alg)}, ES256 was expected`);
  if (claims.aud !== issuer) throw tabletErrors.tabletMalformed('aud is another issuer');
  return claims;
}

/** The P-256 key in a header, when the token was signed with it; undefined otherwise. */
export async function keyThatSigned(jwt: DecodedJwt): Promise<JsonWebKey | undefined> {
  const given = jwt.header.jwk as JsonWebKey | undefined;
  const key = publicKeyOf(given);
  if (!key || !(await verifySignature(jwt, 'ES256', key))) return undefined;
  const { kty, crv, x, y } = key.export({ format: 'jwk' }) as JsonWebKey;
  return { kty, crv, x, y } as JsonWebKey;
}

/** Whether this registered key signed the token. */
export async function signedWith(jwt: DecodedJwt, jwk: JsonWebKey): Promise<boolean> {
  const key = publicKeyOf(jwk);
  return key !== undefined && (await verifySignature(jwt, 'ES256', key));
}

export const kidOf = (jwk: JsonWebKey): string => thumbprint(jwk);
