import { createECDH, createPrivateKey, generateKeyPair } from 'node:crypto';
import { promisify } from 'node:util';
import { ecdsaDer } from './ecdsa-form.ts';
import type { CardKeyType } from './key-type.ts';

const generate = promisify(generateKeyPair);
const DIGEST_LENGTH = 32;

/** Order of the base point of P-256 (SEC 2 section 2.4.2). */
const ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;

const toNumber = (bytes: Uint8Array): bigint => BigInt(`0x${Buffer.from(bytes).toString('hex')}`);
const toBytes = (value: bigint): Buffer =>
  Buffer.from(value.toString(16).padStart(2 * DIGEST_LENGTH, '0'), 'hex');
const modulo = (value: bigint): bigint => ((value % ORDER) + ORDER) % ORDER;

/** Returns the inverse modulo the order, by the extended Euclidean algorithm. */
function inverse(value: bigint): bigint {
  let [a, b] = [ORDER, value];
  let [x, y] = [0n, 1n];
  while (b !== 0n) {
    const quotient = a / b;
    [a, b] = [b, a - quotient * b];
    [x, y] = [y, x - quotient * y];
  }
  return modulo(x);
}

/**
 * Signs a digest (FIPS 186-5 section 6.4.1). OpenSSL generates the nonce and its point; node:crypto signs messages only.
 * The arithmetic is not constant-time, so it is for virtual cards only, whose keys are in a file anyway.
 */
function signDigest(digest: Uint8Array, privateKey: bigint): Uint8Array {
  const nonce = createECDH('prime256v1');
  const point = nonce.generateKeys();
  const r = modulo(toNumber(point.subarray(1, 1 + DIGEST_LENGTH)));
  const s = modulo(inverse(toNumber(nonce.getPrivateKey())) * modulo(toNumber(digest) + r * privateKey));
  // The standard forbids zero, which has a probability of 2^-255.
  if (r === 0n || s === 0n) return signDigest(digest, privateKey);
  return ecdsaDer(Buffer.concat([toBytes(r), toBytes(s)]));
}

/** ECDSA on P-256 over a digest. */
export const ecP256: CardKeyType<'EC-P256'> = {
  id: 'EC-P256',
  algorithm: 0x11,
  generate: () =>
    generate('ec', {
      namedCurve: 'P-256',
      publicKeyEncoding: { type: 'spki', format: 'der' },
      privateKeyEncoding: { type: 'pkcs8', format: 'der' },
    }),
  load: async (privateKey) => {
    const key = createPrivateKey({ key: Buffer.from(privateKey), type: 'pkcs8', format: 'der' });
    const scalar = toNumber(Buffer.from(String(key.export({ format: 'jwk' }).d), 'base64url'));
    return (digest) => (digest.length === DIGEST_LENGTH ? signDigest(digest, scalar) : undefined);
  },
};
