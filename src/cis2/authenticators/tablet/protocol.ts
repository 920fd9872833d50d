import { randomToken } from '@alongside/kernel/ids';
import { parseJsonObject } from '@alongside/kernel/json';
import {
  type DecodedJwt,
  decodeJwt,
  type JsonWebKey,
  type JwtClaims,
  publicKeyOf,
  thumbprint,
  verifySignature,
} from '@alongside/kernel/jws';
import type { WebAuthnBody } from '../webauthn/variants.ts';
import { tabletErrors } from './errors.ts';

/** Id of the authenticator and kind of its credentials. */
export const tabletKind = 'tablet';

/** Paths of the tablet app. */
export const tabletPaths = {
  app: '/tablet',
  open: '/tablet/open',
  answer: '/tablet/answer',
  join: '/tablet/join',
  demoKey: '/tablet/demo-key',
} as const;

/** Precedes the code in the fragment of the address that sets a tablet up. */
export const joinPrefix = 'join-';

/** `typ` of each JWT that a tablet signs, so that none is accepted in place of another (RFC 8725 section 3.11). */
export const tabletTypes = {
  key: 'cis2-tablet-key+jwt',
  open: 'cis2-tablet-open+jwt',
  answer: 'cis2-tablet-answer+jwt',
} as const;

/** A WebAuthn credential of the tablet, which verifies the holder at each answer by PIN, finger or face. */
export interface Holder {
  /** Credential id, base64url. */
  id: string;
  key: WebAuthnBody;
}

/** The stored part of a tablet. */
export interface TabletBody {
  jwk: JsonWebKey;
  /** The highest level of a sign-in with it. */
  ceiling: 2 | 3;
  /** Whether its private key is public. Accepted in development only. */
  shared: boolean;
  /** Null if the tablet cannot verify its holder. */
  holder?: Holder | null;
}

/** Characters, with an attestation and its certificates. */
export const maxTabletBodyLength = 32_768;

/** Reads the token from the JSON body of a tablet's request. Throws `tabletMalformed`. */
export function tokenIn(contentType: string | undefined, body: string): { jwt: DecodedJwt; label: string } {
  if (!/^application\/json\s*(;|$)/i.test(contentType ?? '') || body.length > maxTabletBodyLength)
    throw tabletErrors.tabletMalformed('the body is not JSON, or too long');
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

/** Checks the type, algorithm and audience of a token. Throws `tabletMalformed`. */
export function checkType(
  { header, claims }: DecodedJwt,
  typ: (typeof tabletTypes)[keyof typeof tabletTypes],
  issuer: string,
): JwtClaims {
  if (header.typ !== typ) throw tabletErrors.tabletMalformed(`typ is ${String(header.typ)}, expected ${typ}`);
  if (header.alg !== 'ES256')
    throw tabletErrors.tabletMalformed(`alg is ${String(header.alg)}, expected ES256`);
  if (claims.aud !== issuer) throw tabletErrors.tabletMalformed('aud is another issuer');
  return claims;
}

/** Returns the public members of a P-256 key. */
export const publicPart = ({ kty, crv, x, y }: JsonWebKey): JsonWebKey => ({ kty, crv, x, y });

/** Returns the P-256 key in the header if it signed the token. */
export async function keyThatSigned(jwt: DecodedJwt): Promise<JsonWebKey | undefined> {
  const key = publicKeyOf(jwt.header.jwk);
  if (!key || !(await verifySignature(jwt, 'ES256', key))) return undefined;
  return publicPart(key.export({ format: 'jwk' }) as JsonWebKey);
}

/** Returns whether this registered key signed the token. */
export async function signedWith(jwt: DecodedJwt, jwk: JsonWebKey): Promise<boolean> {
  const key = publicKeyOf(jwk);
  return key !== undefined && (await verifySignature(jwt, 'ES256', key));
}

export const kidOf = (jwk: JsonWebKey): string => thumbprint(jwk);

// No vowels, so no words; no letters that look like digits (RFC 8628 section 6.1).
const letters = 'BCDFGHJKLMNPQRSTVWXZ';
const length = 8;

/** Bytes from here on would make some letters more likely than others. */
const fair = 256 - (256 % letters.length);

/** Returns a code that users can type: 34 bits. */
export function newShortCode(): string {
  let code = '';
  while (code.length < length)
    for (const byte of Buffer.from(randomToken(), 'base64url'))
      if (byte < fair && code.length < length) code += letters[byte % letters.length];
  return code;
}

/** Returns the code in two groups, for pages. */
export const grouped = (code: string): string => `${code.slice(0, 4)}-${code.slice(4)}`;

/** Reads a typed or scanned code. Returns undefined for other text. */
export function shortCodeOf(text: unknown): string | undefined {
  if (typeof text !== 'string' || text.length > 32) return undefined;
  const code = text.toUpperCase().replace(/[\s-]/g, '');
  return code.length === length && [...code].every((letter) => letters.includes(letter)) ? code : undefined;
}
