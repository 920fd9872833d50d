import { type KeyObject, sign } from 'node:crypto';
import { promisify } from 'node:util';
import { randomBase64 } from '@alongside/kernel/ids';
import type { Payload, SignatureAlgorithm } from './request/claims.ts';
import type { Signature } from './transactions.ts';

const signInPool = promisify(sign) as (digest: string, data: Uint8Array, key: KeyObject) => Promise<Buffer>;

const digests: Readonly<Record<SignatureAlgorithm, string>> = { RS1: 'sha1', RS256: 'sha256' };

/** Signatures at once, so that the thread pool also serves others. */
const atOnce = 2;

/**
 * Signs the decoded bytes of each payload with RSASSA-PKCS1-v1_5 (RFC 8017 section 8.2), in threads. The same payload and key give the
 * same signature.
 */
export async function signPayloads(
  payloads: readonly Payload[],
  algorithm: SignatureAlgorithm,
  key: KeyObject,
): Promise<Signature[]> {
  const signatures: Signature[] = new Array(payloads.length);
  const rest = payloads.entries();
  async function work() {
    for (const [place, { id, payload }] of rest) {
      const signature = await signInPool(digests[algorithm], Buffer.from(payload, 'base64'), key);
      signatures[place] = { id, signature: signature.toString('base64') };
    }
  }
  await Promise.all(Array.from({ length: atOnce }, work));
  return signatures;
}

/** Returns signatures of the usual length that do not verify, as the published `mock=true` does. */
export const mockSignatures = (payloads: readonly Payload[]): Signature[] =>
  payloads.map(({ id }) => ({ id, signature: randomBase64(256) }));
