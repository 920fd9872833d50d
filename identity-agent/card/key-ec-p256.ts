import { createPrivateKey, generateKeyPair } from 'node:crypto';
import { promisify } from 'node:util';
import type { CardKeyType } from './key-type.ts';

const generate = promisify(generateKeyPair);
const DIGEST_LENGTH = 32;

/** ECDSA on P-256 over a digest. node:crypto would hash the digest again. */
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
    // Loaded with the first key, to keep the start of the agent fast.
    const { p256 } = await import('@noble/curves/nist.js');
    const key = createPrivateKey({ key: Buffer.from(privateKey), type: 'pkcs8', format: 'der' });
    const scalar = new Uint8Array(Buffer.from(String(key.export({ format: 'jwk' }).d), 'base64url'));
    return (digest) =>
      digest.length === DIGEST_LENGTH
        ? p256.sign(digest, scalar, { prehash: false, format: 'der' })
        : undefined;
  },
};
