import { createPublicKey, hash, type KeyObject, sign, verify } from 'node:crypto';
import { promisify } from 'node:util';
import { hasUnfitText } from './json.ts';

/** A JSON Web Key (RFC 7517 section 4). */
export interface JsonWebKey {
  kty?: string;
  kid?: string;
  alg?: string;
  use?: string;
  crv?: string;
  [member: string]: unknown;
}

const members: Record<string, string[]> = {
  EC: ['crv', 'kty', 'x', 'y'],
  RSA: ['e', 'kty', 'n'],
  OKP: ['crv', 'kty', 'x'],
};

/** Returns the JWK thumbprint, SHA-256 as base64url (RFC 7638 section 3). Throws for an unsupported key type. */
export function thumbprint(jwk: JsonWebKey): string {
  const names = members[jwk.kty ?? ''];
  if (!names) throw new Error(`There is no thumbprint of a key of type ${jwk.kty}.`);
  const required = Object.fromEntries(names.map((name) => [name, jwk[name]]));
  return hash('sha256', JSON.stringify(required), 'base64url');
}

// Compact JWS (RFC 7515) for the hot path, property-tested against jose. Everything else of JOSE uses jose.
const signInPool = promisify(sign) as (
  algorithm: string | null,
  data: Uint8Array,
  key: object,
) => Promise<Buffer>;
const verifyInPool = promisify(verify) as (
  algorithm: string | null,
  data: Uint8Array,
  key: object,
  signature: Uint8Array,
) => Promise<boolean>;

export type SigningAlgorithm = 'RS256' | 'RS512' | 'PS256' | 'ES256' | 'EdDSA';

const minRsaBits = 2_048;

/** Whether this is an RSA key of fewer than 2048 bits, which no RSA algorithm may use (RFC 7518 sections 3.3 and 3.5). */
export const isShortRsa = ({ asymmetricKeyType, asymmetricKeyDetails }: KeyObject): boolean =>
  asymmetricKeyType === 'rsa' && (asymmetricKeyDetails?.modulusLength ?? 0) < minRsaBits;

/** The algorithms of a key. Verifying with a large key delays all other requests. */
type KeyKind = 'rsa' | 'large rsa' | 'p256' | 'ed25519' | 'unfit';

interface AlgorithmRule {
  digest: string | null;
  keys: readonly KeyKind[];
  options: object;
}

const rsa = ['rsa', 'large rsa'] as const;
const pss = { padding: 6, saltLength: 32 };
const rules: Record<SigningAlgorithm, AlgorithmRule> = {
  RS256: { digest: 'sha256', keys: rsa, options: {} },
  RS512: { digest: 'sha512', keys: rsa, options: {} },
  PS256: { digest: 'sha256', keys: rsa, options: pss },
  ES256: { digest: 'sha256', keys: ['p256'], options: { dsaEncoding: 'ieee-p1363' } },
  EdDSA: { digest: null, keys: ['ed25519'], options: {} },
};

export const isSigningAlgorithm = (value: unknown): value is SigningAlgorithm =>
  typeof value === 'string' && Object.hasOwn(rules, value);

function kindOf({ asymmetricKeyType: type, asymmetricKeyDetails: details }: KeyObject): KeyKind {
  if (type === 'ed25519') return type;
  if (type === 'ec') return details?.namedCurve === 'prime256v1' ? 'p256' : 'unfit';
  const { modulusLength = 0, publicExponent = 0n } = details ?? {};
  if (type !== 'rsa' || modulusLength < minRsaBits) return 'unfit';
  // Verifying in the event loop costs 20 to 60 µs, less than handing it to a thread and back. The key of a client may be larger.
  return modulusLength <= 4_096 && publicExponent <= 65_537n ? 'rsa' : 'large rsa';
}

/** Reading the details of a key costs more than the checks of a whole assertion. */
const kinds = new WeakMap<KeyObject, KeyKind>();

function knownKindOf(key: KeyObject): KeyKind {
  let kind = kinds.get(key);
  if (kind === undefined) {
    kind = kindOf(key);
    kinds.set(key, kind);
  }
  return kind;
}

/** Returns whether this key may be used with this algorithm (RFC 8725 section 3.1): type, curve and at least 2048 bits of RSA. */
export const keyFits = (algorithm: SigningAlgorithm, key: KeyObject): boolean =>
  rules[algorithm].keys.includes(knownKindOf(key));

export type JwtHeader = { alg?: unknown; kid?: unknown; typ?: unknown; [name: string]: unknown };
export type JwtClaims = { [name: string]: unknown };

export interface DecodedJwt {
  header: JwtHeader;
  claims: JwtClaims;
  /** The signed text: the first two parts. */
  signed: string;
  signature: Buffer;
}

const base64url = /^[A-Za-z0-9_-]+$/;

const utf8 = new TextDecoder('utf-8', { fatal: true });

function parseObject(part: string): { [name: string]: unknown } | undefined {
  try {
    const text = utf8.decode(Buffer.from(part, 'base64url'));
    if (hasUnfitText(text)) return undefined;
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as JwtClaims)
      : undefined;
  } catch {
    return undefined;
  }
}

/** Maximum length of a compact JWT in characters, where its endpoint has no other limit. */
const maxJwtLength = 32_768;

/** Decodes a compact JWS without verifying it. Returns undefined if it is malformed or longer than `longest` characters. */
export function decodeJwt(token: string, longest = maxJwtLength): DecodedJwt | undefined {
  if (token.length > longest) return undefined;
  const parts = token.split('.');
  const [header, claims, signature] = parts;
  if (parts.length !== 3 || !header || !claims || signature === undefined) return undefined;
  if (!base64url.test(header) || !base64url.test(claims)) return undefined;
  const headerObject = parseObject(header);
  const claimsObject = parseObject(claims);
  if (!headerObject || !claimsObject || 'crit' in headerObject) return undefined;
  const bytes = Buffer.from(signature, 'base64url');
  // A signature has only one valid encoding (RFC 4648 section 3.5).
  if (bytes.toString('base64url') !== signature) return undefined;
  return { header: headerObject, claims: claimsObject, signed: `${header}.${claims}`, signature: bytes };
}

/** Verifies the signature with this key and algorithm, and ignores those in the header. */
export function verifySignature(
  { signed, signature }: DecodedJwt,
  algorithm: SigningAlgorithm,
  key: KeyObject,
): boolean | Promise<boolean> {
  if (!keyFits(algorithm, key)) return false;
  const { digest, options } = rules[algorithm];
  const data = Buffer.from(signed);
  if (knownKindOf(key) !== 'large rsa') return verify(digest, data, { key, ...options }, signature);
  return verifyInPool(digest, data, { key, ...options }, signature);
}

const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');

/** The protected header of a signature. */
export type JwsHeader = Readonly<{ alg: SigningAlgorithm; kid?: string; typ?: string; jwk?: JsonWebKey }>;

const encodedHeaders = new WeakMap<JwsHeader, string>();

function encodeHeader(header: JwsHeader): string {
  const known = encodedHeaders.get(header);
  if (known !== undefined) return known;
  const encoded = encode(header);
  if (Object.isFrozen(header)) encodedHeaders.set(header, encoded);
  return encoded;
}

/** Signs data with a key that this process does not have. */
export type RemoteKey = (data: Uint8Array) => Promise<Buffer>;

/** Signs claims as a compact JWS. Encodes a frozen header once. */
export async function signJwt(
  header: JwsHeader,
  claims: JwtClaims,
  key: KeyObject | RemoteKey,
): Promise<string> {
  const rule = rules[header.alg];
  const signed = `${encodeHeader(header)}.${encode(claims)}`;
  const data = Buffer.from(signed);
  if (typeof key === 'function') return `${signed}.${(await key(data)).toString('base64url')}`;
  const signingKey = { key, ...rule.options };
  // RSA takes 230 µs or more. An elliptic curve takes 20, less than handing it to a thread and back.
  const signature =
    rule.keys === rsa ? await signInPool(rule.digest, data, signingKey) : sign(rule.digest, data, signingKey);
  return `${signed}.${signature.toString('base64url')}`;
}

const imported = new WeakMap<object, KeyObject>();

/** Longest members of an RSA key in base64url: 16,384 bits as in OpenSSL, and an exponent of 256 bits (FIPS 186-5). */
const maxMemberLengths = { n: 2_731, e: 43 };

/** Whether an RSA key is too large: Node.js needs seconds to read the details of a key with an exponent of 60 KB. */
const isOversized = ({ n, e }: { n?: unknown; e?: unknown }): boolean =>
  (typeof n === 'string' && n.length > maxMemberLengths.n) ||
  (typeof e === 'string' && e.length > maxMemberLengths.e);

/**
 * Imports a public key from a JWK. Returns undefined unless it is a public signature key without private or
 * symmetric members. Caches frozen JWKs.
 */
export function publicKeyOf(jwk: unknown): KeyObject | undefined {
  if (typeof jwk !== 'object' || jwk === null || 'd' in jwk || 'k' in jwk || isOversized(jwk))
    return undefined;
  const known = imported.get(jwk);
  if (known) return known;
  try {
    const key = createPublicKey({ key: jwk as { kty?: string }, format: 'jwk' });
    if (Object.isFrozen(jwk)) imported.set(jwk, key);
    return key;
  } catch {
    return undefined;
  }
}
