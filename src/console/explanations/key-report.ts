import { createPublicKey, type KeyObject, X509Certificate } from 'node:crypto';
import { isObject, type JsonObject } from '@alongside/kernel/json';
import {
  type JsonWebKey,
  keyFits,
  publicKeyOf,
  type SigningAlgorithm,
  thumbprint,
} from '@alongside/kernel/jws';
import { z } from 'zod';
import { cut } from './finding.ts';

const all = ['RS256', 'RS512', 'PS256', 'ES256', 'EdDSA'] as const satisfies SigningAlgorithm[];
const text = z.string().nullable();

/** One public key, as people need it before they register it. */
const describedKey = z.strictObject({
  kid: text,
  kind: z.string().describe('Such as `RSA, 4096 bits`'),
  bits: z.number().nullable(),
  /** The `alg` of the key. */
  algorithm: text,
  /** Algorithms with which it can sign. */
  algorithms: z.array(z.enum(all)),
  /** As a kid for a key without one; null for an unusable key. */
  thumbprint: text.describe('RFC 7638'),
  /** Where it may be registered. */
  goodFor: z.array(z.string()),
  /** A sentence for each problem. */
  problems: z.array(z.string()),
});
export type DescribedKey = z.output<typeof describedKey>;

export const keyReport = z.strictObject({
  format: z.enum(['PEM', 'JWK', 'JWK set']),
  keys: z.array(describedKey),
  problems: z.array(z.string()),
  jwks: z.strictObject({ keys: z.array(z.looseObject({})) }).describe('The public keys, to register'),
});
export type KeyReport = z.output<typeof keyReport>;

/** The text has a private or symmetric key, or no key. The message is for its sender and quotes nothing. */
export class KeyTextError extends Error {
  override name = 'KeyTextError';
  readonly isPrivate: boolean;

  constructor(message: string, isPrivate = false) {
    super(message);
    this.isPrivate = isPrivate;
  }
}

const privateKey = () =>
  new KeyTextError(
    'This is a private key. It was not stored. Register its public half only, and make a new key pair if others could have seen it.',
    true,
  );

const most = 100;
const places: readonly (readonly [place: string, algorithms: readonly SigningAlgorithm[]])[] = [
  ['API platform, profile nhs', ['RS512']],
  ['API platform and CIS2, profile fapi2', ['PS256', 'ES256', 'EdDSA']],
  ['API platform and CIS2, profile standard', all],
  ['CIS2, profile nhs', ['RS256', 'RS512', 'ES256', 'PS256']],
];

const secretMembers: readonly string[] = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'k'];

function kindOf(key: KeyObject): string {
  const { asymmetricKeyType = 'unknown', asymmetricKeyDetails: details } = key;
  if (asymmetricKeyType.startsWith('rsa')) return `RSA, ${details?.modulusLength ?? '?'} bits`;
  if (asymmetricKeyType === 'ec')
    return `EC, curve ${details?.namedCurve === 'prime256v1' ? 'P-256' : details?.namedCurve}`;
  return asymmetricKeyType === 'ed25519' ? 'Ed25519' : asymmetricKeyType;
}

function described(jwk: JsonWebKey): DescribedKey {
  const kid = typeof jwk.kid === 'string' ? cut(jwk.kid) : null;
  const algorithm = typeof jwk.alg === 'string' ? cut(jwk.alg) : null;
  const key = publicKeyOf(jwk);
  if (!key)
    return {
      kid,
      algorithm,
      kind: 'not a key',
      bits: null,
      algorithms: [],
      thumbprint: null,
      goodFor: [],
      problems: ['It is not a public key (RFC 7517 section 4).'],
    };
  const fitting = all.filter((candidate) => keyFits(candidate, key));
  const algorithms = algorithm === null ? fitting : fitting.filter((candidate) => candidate === algorithm);
  const bits = key.asymmetricKeyDetails?.modulusLength ?? null;
  const problems = [
    kid === null ? 'It has no kid, so no assertion can name it. Add one, such as its thumbprint.' : '',
    bits !== null && bits < 2_048
      ? `It has ${bits} bits. At least 2048 are needed (RFC 8725 section 3.5).`
      : '',
    algorithm !== null && !fitting.some((candidate) => candidate === algorithm)
      ? `Its alg is ${algorithm}, which does not fit the key${fitting.length > 0 ? `: ${fitting.join(', ')} do` : ''}.`
      : '',
    fitting.length === 0 && bits === null ? 'No algorithm here uses a key of this type or curve.' : '',
    jwk.use === 'enc' ? 'Its use is enc: it is for encryption and will not be used.' : '',
  ].filter(Boolean);
  return {
    kid,
    kind: kindOf(key),
    bits,
    algorithm,
    algorithms,
    thumbprint: thumbprint(jwk),
    goodFor:
      jwk.use === 'enc'
        ? []
        : places.flatMap(([place, allowed]) => {
            const usable = algorithms.filter((candidate) => allowed.includes(candidate));
            return usable.length > 0 ? [`${place}: ${usable.join(', ')}`] : [];
          }),
    problems,
  };
}

/** Returns a problem for each kid that is there more than once. */
function repeated(keys: readonly JsonWebKey[]): string[] {
  const seen = new Set<string>();
  const twice = new Set<string>();
  for (const { kid } of keys) if (typeof kid === 'string') (seen.has(kid) ? twice : seen).add(kid);
  return [...twice].map((kid) => `The kid ${cut(kid)} is there more than once. The first key counts.`);
}

function reportOf(format: KeyReport['format'], keys: JsonWebKey[]): KeyReport {
  if (keys.some((jwk) => secretMembers.some((member) => member in jwk))) throw privateKey();
  return {
    format,
    keys: keys.map(described),
    problems: [...(keys.length === 0 ? ['There is no key in the set.'] : []), ...repeated(keys)],
    jwks: { keys },
  };
}

const pemLabel = /-----BEGIN ([A-Z0-9 ]{1,40})-----/;

function fromPem(text: string): JsonWebKey {
  try {
    const key = text.includes('BEGIN CERTIFICATE')
      ? new X509Certificate(text).publicKey
      : createPublicKey(text);
    const jwk = key.export({ format: 'jwk' }) as JsonWebKey;
    return { ...jwk, kid: thumbprint(jwk), use: 'sig' };
  } catch {
    // The message of OpenSSL does not help people, and the text must not be quoted.
    throw new KeyTextError('This PEM cannot be read. Copy it whole, with its first and last line.');
  }
}

/** Reads public keys from PEM, a JWK or a JWK set. Throws KeyTextError for a private key or another text. */
export function keyReportOf(text: string, json: JsonObject | undefined): KeyReport {
  const label = pemLabel.exec(text)?.[1];
  if (label?.endsWith('PRIVATE KEY')) throw privateKey();
  if (label !== undefined) return reportOf('PEM', [fromPem(text)]);
  if (json && Array.isArray(json.keys)) {
    const keys = json.keys.filter(isObject);
    if (keys.length !== json.keys.length) throw new KeyTextError('"keys" must be a list of keys.');
    if (keys.length > most) throw new KeyTextError(`The set has more than ${most} keys.`);
    return reportOf('JWK set', keys);
  }
  if (json && 'kty' in json) return reportOf('JWK', [json]);
  if (text.startsWith('ssh-'))
    throw new KeyTextError('This is a key of SSH. Export it as PEM: ssh-keygen -e -m PKCS8 -f FILE.');
  throw new KeyTextError('This is no PEM, JWK or JWK set.');
}
