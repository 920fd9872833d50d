import { createPrivateKey } from 'node:crypto';
import { type JwtClaims, type SigningAlgorithm, signJwt } from '@alongside/kernel/jws';
import { newKeyPair } from '@alongside/kernel/key-pairs';
import type { SigningKeys, TokenSigner } from '@alongside/kernel/keys';
import type { Faults, NamedFault } from '../../storage/faults.ts';

/** The signature of a faulty token. `unnamed` leaves out the `kid`; an `unknown` key is not in the key set. */
export type FaultySignature =
  | 'right'
  | 'none'
  | 'broken'
  | 'unknown key'
  | 'other algorithm'
  | 'unnamed key'
  | 'unnamed unknown key';

/** A token before it is signed. */
export interface TokenDraft {
  readonly claims: JwtClaims;
  readonly signature: FaultySignature;
}

export interface TokenFault extends NamedFault {
  spoil(draft: TokenDraft): TokenDraft;
}

/** Returns a fault that replaces claims; `undefined` removes one. */
const claiming = (name: string, summary: string, other: (claims: JwtClaims) => JwtClaims): TokenFault => ({
  name,
  summary,
  spoil: ({ claims, signature }) => ({ claims: { ...claims, ...other(claims) }, signature }),
});

const signing = (name: string, summary: string, signature: FaultySignature): TokenFault => ({
  name,
  summary,
  spoil: ({ claims }) => ({ claims, signature }),
});

/** Returns an algorithm that the client did not register. */
const otherThan = (algorithm: SigningAlgorithm): SigningAlgorithm =>
  algorithm === 'ES256' ? 'RS256' : 'ES256';
const day = 86_400;
const seconds = (value: unknown): number => Number(value);

/** Faults of ID tokens (OpenID Connect Core section 3.1.3.7, and claims that CIS2 requires relying parties to check). */
export const idTokenFaults: readonly TokenFault[] = [
  claiming('id-token-wrong-issuer', 'ID tokens name another issuer', () => ({
    iss: 'https://issuer.example.test',
  })),
  claiming('id-token-wrong-audience', 'ID tokens are for another client', () => ({
    aud: 'another-client',
    azp: 'another-client',
  })),
  claiming('id-token-expired', 'ID tokens expired a day ago', ({ iat }) => ({
    iat: seconds(iat) - 2 * day,
    exp: seconds(iat) - day,
  })),
  claiming('id-token-without-subject', 'ID tokens have no sub', () => ({ sub: undefined })),
  claiming('id-token-without-issue-time', 'ID tokens have no iat', () => ({ iat: undefined })),
  claiming('id-token-wrong-nonce', 'ID tokens have another nonce', () => ({ nonce: 'another-nonce' })),
  signing('id-token-unsigned', 'ID tokens have the algorithm "none" and no signature', 'none'),
  signing('id-token-wrong-signature', 'ID tokens have an invalid signature', 'broken'),
  signing('id-token-unknown-key', 'ID tokens are signed by a key that is not in the key set', 'unknown key'),
  signing('id-token-unnamed-key', 'ID tokens have no kid', 'unnamed key'),
  signing(
    'id-token-unnamed-unknown-key',
    'ID tokens are signed by a key that is not in the key set, and have no kid',
    'unnamed unknown key',
  ),
  claiming('id-token-old-sign-in', 'ID tokens have an auth_time of a day ago', ({ iat }) => ({
    auth_time: seconds(iat) - day,
  })),
  claiming('id-token-low-authentication-level', 'ID tokens have authentication level 1', () => ({
    acr: 'AAL1_USERPASS',
    amr: ['USERPASS'],
    authentication_assurance_level: '1',
  })),
  claiming('id-token-low-identity-level', 'ID tokens have identity assurance level 1', () => ({
    id_assurance_level: '1',
    idassurancelevel: '1',
  })),
  claiming('id-token-empty-role', 'ID tokens have an empty selected_roleid', () => ({
    selected_roleid: '',
  })),
];

/** Faults of logout tokens (OpenID Connect Back-Channel Logout section 2.6). Tokens for the API platform never get them. */
export const logoutTokenFaults: readonly TokenFault[] = [
  claiming('logout-token-wrong-issuer', 'logout tokens name another issuer', () => ({
    iss: 'https://issuer.example.test',
  })),
  claiming('logout-token-wrong-audience', 'logout tokens are for another client', () => ({
    aud: 'another-client',
  })),
  claiming('logout-token-without-event', 'logout tokens have no events', () => ({ events: undefined })),
  claiming('logout-token-wrong-event', 'logout tokens contain another event', () => ({
    events: { 'https://schemas.example.test/event/other': {} },
  })),
  claiming('logout-token-with-nonce', 'logout tokens have a nonce, as ID tokens do', () => ({
    nonce: 'a-nonce',
  })),
  signing('logout-token-unsigned', 'logout tokens have the algorithm "none" and no signature', 'none'),
  signing('logout-token-wrong-signature', 'logout tokens have an invalid signature', 'broken'),
  signing(
    'logout-token-wrong-algorithm',
    'logout tokens are signed with an algorithm other than the registered one',
    'other algorithm',
  ),
  claiming('logout-token-old', 'logout tokens were issued a day ago', ({ iat }) => ({
    iat: Number(iat) - day,
    exp: Number(iat) - day + 120,
  })),
  claiming('logout-token-without-session', 'logout tokens have neither sid nor sub', () => ({
    sid: undefined,
    sub: undefined,
  })),
];

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
    return signJwt({ alg: algorithm, typ, kid: 'unknown-key' }, claims, createPrivateKey(privatePem));
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
