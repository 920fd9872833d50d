import { randomBytes } from 'node:crypto';
import { SW } from './status-words.ts';
import { encodeTlv, type Tlv, valueWith } from './tlv.ts';

/** Block length of each cipher, by algorithm identifier (SP 800-78-4 table 6-2): 3DES, then AES. */
const blockLengths = new Map([
  [0x00, 8],
  [0x03, 8],
  [0x08, 16],
  [0x0a, 16],
  [0x0c, 16],
]);

/**
 * GENERAL AUTHENTICATE with the card management key (SP 800-73-4 part 2 appendix A.1). Returns a challenge, which also serves as
 * the card's random number generator. No one has the management key of a virtual card, so no response is right.
 */
export function challengeOf(algorithm: number, template: readonly Tlv[]): number | Uint8Array {
  const length = blockLengths.get(algorithm);
  if (length === undefined) return SW.wrongParameters;
  const asksForChallenge = template.length === 1 && valueWith(template, 0x81)?.length === 0;
  if (!asksForChallenge) return SW.securityStatusNotSatisfied;
  return encodeTlv(0x7c, encodeTlv(0x81, randomBytes(length)));
}
