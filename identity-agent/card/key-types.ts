import { constants, createPrivateKey, generateKeyPair, privateDecrypt, X509Certificate } from 'node:crypto';
import { promisify } from 'node:util';
import { p256 } from '@noble/curves/nist.js';
import { encodeTlv, onlyTlv, parseTlv, TlvError } from './apdu.ts';

/** A new key pair: PKCS#8 DER and SPKI DER. */
export interface CardKeyPair {
  readonly privateKey: Uint8Array;
  readonly publicKey: Uint8Array;
}

/** The card's raw private key operation. Returns undefined if the input does not have the algorithm's form. */
export type PrivateOperation = (input: Uint8Array) => Uint8Array | undefined;

/** A kind of key for virtual cards. */
interface CardKeyType<Id extends string = string> {
  readonly id: Id;
  /** Algorithm identifier of GENERAL AUTHENTICATE (SP 800-78-4 table 6-2). */
  readonly algorithm: number;
  generate(): Promise<CardKeyPair>;
  /** Loads a key from PKCS#8 DER. */
  load(privateKey: Uint8Array): Promise<PrivateOperation>;
}

const generate = promisify(generateKeyPair);
const encodings = {
  publicKeyEncoding: { type: 'spki', format: 'der' },
  privateKeyEncoding: { type: 'pkcs8', format: 'der' },
} as const;
const keyFrom = (privateKey: Uint8Array) =>
  createPrivateKey({ key: Buffer.from(privateKey), type: 'pkcs8', format: 'der' });

const DIGEST_LENGTH = 32;

/** Digests as they are, in DER, with a nonce that random bytes vary. */
const signing = { prehash: false, lowS: false, format: 'der', extraEntropy: true } as const;

/** ECDSA on P-256 over a digest; node:crypto signs messages only. */
const ecP256: CardKeyType<'EC-P256'> = {
  id: 'EC-P256',
  algorithm: 0x11,
  generate: () => generate('ec', { namedCurve: 'P-256', ...encodings }),
  load: async (privateKey) => {
    const scalar = Buffer.from(String(keyFrom(privateKey).export({ format: 'jwk' }).d), 'base64url');
    return (digest) => (digest.length === DIGEST_LENGTH ? p256.sign(digest, scalar, signing) : undefined);
  },
};

const BLOCK_LENGTH = 256;

/** The raw RSA private key operation on one block; the client adds the padding. */
const rsa2048: CardKeyType<'RSA-2048'> = {
  id: 'RSA-2048',
  algorithm: 0x07,
  generate: () => generate('rsa', { modulusLength: 2048, ...encodings }),
  load: async (privateKey) => {
    const key = keyFrom(privateKey);
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

export const keyTypes = { 'EC-P256': ecP256, 'RSA-2048': rsa2048 } as const;

export type CardKeyTypeId = keyof typeof keyTypes;

export const isKeyTypeId = (value: unknown): value is CardKeyTypeId =>
  typeof value === 'string' && Object.hasOwn(keyTypes, value);

export interface SignatureAlgorithm {
  /** Algorithm identifier of GENERAL AUTHENTICATE (SP 800-78-4 table 6-2). */
  readonly cardAlgorithm: number;
  /** `asymmetricKeyType` of its keys. */
  readonly keyType: string;
  /** Length of a digest in bytes. */
  readonly digestLength: number;
  /** Returns the input of the card's private key operation. */
  block(digest: Uint8Array): Uint8Array;
  /** Checks the form of the card's result; throws TlvError if it cannot be a signature. */
  check(result: Uint8Array): void;
}

/** DigestInfo of SHA-256 and of SHA-1 up to the digest (RFC 8017 section 9.2, note 1), by the length of the digest in bytes. */
const digestInfos = new Map([
  [32, Buffer.from('3031300d060960864801650304020105000420', 'hex')],
  [20, Buffer.from('3021300906052b0e03021a05000414', 'hex')],
]);
const RSA_BLOCK = 256;

/** Returns the DigestInfo of a SHA-256 or SHA-1 digest (RFC 8017 section 9.2), which a module pads itself. */
export const digestInfo = (digest: Uint8Array): Uint8Array =>
  new Uint8Array(Buffer.concat([digestInfos.get(digest.length) ?? Buffer.alloc(0), digest]));

/** EMSA-PKCS1-v1_5 (RFC 8017 section 9.2): the card only performs the raw private key operation. */
function pkcs1Block(digest: Uint8Array): Uint8Array {
  const info = digestInfo(digest);
  const filling = Buffer.alloc(RSA_BLOCK - 3 - info.length, 0xff);
  return new Uint8Array(Buffer.concat([Buffer.from([0x00, 0x01]), filling, Buffer.from([0x00]), info]));
}

/** ECDSA-Sig-Value: a sequence of two integers (RFC 3279 section 2.2.3). */
function checkEcdsa(result: Uint8Array): void {
  const integers = parseTlv(onlyTlv(result, 0x30));
  const wellFormed = integers.every(
    ({ tag, value }) => tag === 0x02 && value.length >= 1 && value.length <= 33,
  );
  if (integers.length !== 2 || !wellFormed) throw new TlvError('An ECDSA signature is two integers.');
}

function checkRsa(result: Uint8Array): void {
  if (result.length !== RSA_BLOCK) throw new TlvError('An RSA-2048 signature has 256 bytes.');
}

const rsaSignature = { cardAlgorithm: 0x07, keyType: 'rsa', block: pkcs1Block, check: checkRsa } as const;

/**
 * The registry of signature algorithms, by their names (RFC 7518 section 3.1; RS1: RFC 8812 section 2). ES256 results are DER. The
 * first for a key is its usual one.
 */
export const signatureAlgorithms = {
  ES256: {
    cardAlgorithm: 0x11,
    keyType: 'ec',
    digestLength: 32,
    block: (digest) => digest,
    check: checkEcdsa,
  },
  RS256: { ...rsaSignature, digestLength: 32 },
  RS1: { ...rsaSignature, digestLength: 20 },
} as const satisfies Record<string, SignatureAlgorithm>;

export type SignatureAlgorithmId = keyof typeof signatureAlgorithms;

/** Returns the signature algorithm for the key of a certificate (DER); undefined if unsupported. */
export function algorithmOf(certificate: Uint8Array): SignatureAlgorithmId | undefined {
  const { asymmetricKeyType } = new X509Certificate(certificate).publicKey;
  const ids = Object.keys(signatureAlgorithms) as SignatureAlgorithmId[];
  return ids.find((id) => signatureAlgorithms[id].keyType === asymmetricKeyType);
}

/** Encodes a positive integer without leading zeros (X.690 section 8.3). */
function integer(bytes: Uint8Array): Uint8Array {
  const start = bytes.findIndex((byte) => byte !== 0);
  const short = start < 0 ? Uint8Array.of(0) : bytes.slice(start);
  return encodeTlv(0x02, (short[0] ?? 0) >= 0x80 ? Uint8Array.from([0, ...short]) : short);
}

/** Converts an ECDSA signature from two concatenated numbers of equal length to DER (RFC 3279 section 2.2.3). */
export function ecdsaDer(pair: Uint8Array): Uint8Array {
  const half = pair.length / 2;
  return encodeTlv(0x30, integer(pair.slice(0, half)), integer(pair.slice(half)));
}
