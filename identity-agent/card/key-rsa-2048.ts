import { constants, createPrivateKey, generateKeyPair, privateDecrypt } from 'node:crypto';
import { promisify } from 'node:util';
import type { CardKeyType } from './key-type.ts';

const generate = promisify(generateKeyPair);
const BLOCK_LENGTH = 256;

/** The raw RSA private key operation on one block; the client adds the padding. */
export const rsa2048: CardKeyType<'RSA-2048'> = {
  id: 'RSA-2048',
  algorithm: 0x07,
  generate: () =>
    generate('rsa', {
      modulusLength: 2048,
      publicKeyEncoding: { type: 'spki', format: 'der' },
      privateKeyEncoding: { type: 'pkcs8', format: 'der' },
    }),
  load: async (privateKey) => {
    const key = createPrivateKey({ key: Buffer.from(privateKey), type: 'pkcs8', format: 'der' });
    return (block) => {
      if (block.length !== BLOCK_LENGTH) return undefined;
      try {
        return new Uint8Array(privateDecrypt({ key, padding: constants.RSA_NO_PADDING }, block));
      } catch {
        return undefined; // the block is not below the modulus
      }
    };
  },
};
