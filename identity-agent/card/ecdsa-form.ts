import { encodeTlv } from './tlv.ts';

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
