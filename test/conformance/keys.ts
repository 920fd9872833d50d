import { createHash, randomUUID } from 'node:crypto';
import { calculateJwkThumbprint, exportJWK, generateKeyPair, type JWK, type JWTPayload, SignJWT } from 'jose';
import { now } from './time.ts';

export const sha256 = (text: string | Uint8Array): string =>
  createHash('sha256').update(text).digest('base64url');

export interface KeyPair {
  privateKey: CryptoKey;
  publicJwk: JWK;
  algorithm: string;
}

export async function newKeyPair(algorithm = 'ES256', kid = 'rp-key'): Promise<KeyPair> {
  const { privateKey, publicKey } = await generateKeyPair(algorithm, { extractable: true });
  return {
    privateKey,
    algorithm,
    publicJwk: { ...(await exportJWK(publicKey)), kid, alg: algorithm, use: 'sig' },
  };
}

/** A client that proves its key (RFC 9449). */
export class Prover {
  readonly key: KeyPair;
  readonly jkt: string;

  constructor(key: KeyPair, jkt: string) {
    this.key = key;
    this.jkt = jkt;
  }

  static async make(algorithm = 'ES256'): Promise<Prover> {
    const key = await newKeyPair(algorithm);
    const { kid: _, alg: __, use: ___, ...publicJwk } = key.publicJwk;
    return new Prover({ ...key, publicJwk }, await calculateJwkThumbprint(publicJwk));
  }

  /** Returns the header with a proof; omits undefined members. */
  async header(
    method: string,
    url: string,
    claims: Record<string, unknown> = {},
    header: Record<string, unknown> = {},
  ): Promise<{ dpop: string }> {
    const usual = { htm: method, htu: url, iat: now(), jti: randomUUID() };
    const kept = JSON.parse(JSON.stringify({ ...usual, ...claims })) as JWTPayload;
    const protectedHeader = { typ: 'dpop+jwt', alg: this.key.algorithm, jwk: this.key.publicJwk, ...header };
    return { dpop: await new SignJWT(kept).setProtectedHeader(protectedHeader).sign(this.key.privateKey) };
  }
}
