import { randomBase64 } from '@alongside/kernel/ids';
import type { SigningKey } from './keys.ts';
import type { Payload, SignatureAlgorithm } from './request/claims.ts';
import type { Signature } from './transactions.ts';

/** Signatures at once, so that the thread pool also serves others. */
const atOnce = 2;

/** Signs the decoded bytes of each payload. The same payload and key give the same signature. */
export async function signPayloads(
  payloads: readonly Payload[],
  algorithm: SignatureAlgorithm,
  { sign: signed }: Pick<SigningKey, 'sign'>,
): Promise<Signature[]> {
  const signatures: Signature[] = new Array(payloads.length);
  const rest = payloads.entries();
  async function work() {
    for (const [place, { id, payload }] of rest) {
      const signature = await signed(algorithm, Buffer.from(payload, 'base64'));
      signatures[place] = { id, signature: signature.toString('base64') };
    }
  }
  await Promise.all(Array.from({ length: atOnce }, work));
  return signatures;
}

/** Returns signatures of the usual length that do not verify, as the published `mock=true` does. */
export const mockSignatures = (payloads: readonly Payload[]): Signature[] =>
  payloads.map(({ id }) => ({ id, signature: randomBase64(256) }));
