import { keyFits, publicKeyOf } from '@alongside/kernel/jws';
import { z } from 'zod';

/** A uid, role profile id or person-at-organisation id. */
export const digits12 = z.string().regex(/^[0-9]{12}$/, 'must be 12 digits');

const canonicalBase64 = (value: string): boolean => Buffer.from(value, 'base64').toString('base64') === value;

/** Bytes as base64 (RFC 4648 section 4) in its canonical form, with a maximum number of characters. */
export const base64 = (longest: number) =>
  z
    .string()
    .min(4, 'must not be empty')
    .max(longest, `must have at most ${longest} characters`)
    .refine(canonicalBase64, 'must be base64')
    .transform((value) => Buffer.from(value, 'base64'));

const coordinate = z.string().regex(/^[A-Za-z0-9_-]{43}$/, 'must be 32 bytes in base64url');

/** A public P-256 key as a JWK (RFC 7518 section 6.2.1). Other members are dropped. */
export const p256Key = z
  .object({
    kty: z.literal('EC'),
    crv: z.literal('P-256'),
    x: coordinate,
    y: coordinate,
    d: z.never().optional(),
  })
  .transform(({ kty, crv, x, y }) => ({ kty, crv, x, y }))
  .refine((jwk) => {
    const key = publicKeyOf(jwk);
    return key !== undefined && keyFits('ES256', key);
  }, 'must be a public P-256 key');

/** A card signature with its certificate. Fits the signature of the largest RSA key and a certificate of some kilobytes. */
export const cardSignature = { certificate: base64(8_192), signature: base64(1_024) };

export const challenge = z.string().min(1, 'must not be empty').max(128, 'must have at most 128 characters');

export const sessionId = z.string().min(1, 'must not be empty').max(64, 'must have at most 64 characters');
