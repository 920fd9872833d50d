import { createPrivateKey } from 'node:crypto';
import { type JwtClaims, type SigningAlgorithm, signJwt } from '@alongside/kernel/jws';
import { newKeyPair, type SigningKeys, type TokenSigner } from '@alongside/kernel/keys';
import type { Faults } from '../../storage/faults.ts';
import { type FaultySignature, otherThan, type TokenDraft, type TokenFault } from './token-faults.ts';

interface How {
  keys: SigningKeys;
  claims: JwtClaims;
  options: { algorithm: SigningAlgorithm; typ?: string };
}

const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');

const ways: Readonly<Record<FaultySignature, (how: How) => Promise<string>>> = {
  right: ({ keys, claims, options }) => keys.sign(claims, options),
  none: async ({ claims, options }) =>
    `${encode({ alg: 'none', typ: options.typ ?? 'JWT' })}.${encode(claims)}.`,
  broken: async ({ keys, claims, options }) => {
    const token = await keys.sign(claims, options);
    const at = token.lastIndexOf('.') + 1;
    return `${token.slice(0, at)}${token[at] === 'A' ? 'B' : 'A'}${token.slice(at + 1)}`;
  },
  'unknown key': async ({ claims, options: { algorithm, typ = 'JWT' } }) => {
    const { privatePem } = await newKeyPair(algorithm);
    return signJwt({ alg: algorithm, typ, kid: 'nobody-has-this-key' }, claims, createPrivateKey(privatePem));
  },
  'unnamed key': ({ keys, claims, options }) => keys.sign(claims, { ...options, withoutKid: true }),
  'unnamed unknown key': async ({ claims, options: { algorithm, typ = 'JWT' } }) => {
    const { privatePem } = await newKeyPair(algorithm);
    return signJwt({ alg: algorithm, typ }, claims, createPrivateKey(privatePem));
  },
  'other algorithm': ({ keys, claims, options }) =>
    keys.sign(claims, { ...options, algorithm: otherThan(options.algorithm) }),
};

/** Returns a signer that injects the active faults. Without `faults`, returns the keys. */
export function faultySigner(
  keys: SigningKeys,
  faults: Faults | undefined,
  known: readonly TokenFault[],
): TokenSigner {
  if (!faults) return keys;
  return {
    async sign(claims, options) {
      const happening = await faults.happening(known);
      const right: TokenDraft = { claims, signature: 'right' };
      const draft = happening.reduce((before, fault) => fault.spoil(before), right);
      return ways[draft.signature]({ keys, claims: draft.claims, options });
    },
  };
}
