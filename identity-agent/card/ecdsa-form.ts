import { encodeTlv } from './tlv.ts';

/** An integer without leading zeros, and positive (X.690 section 8.3). */
function integer(bytes: Uint8Array): Uint8Array {
  const start = bytes.findIndex((byte) => byte !== 0);
  const short = start < 0 ? Uint8Array.of(0) : bytes.slice(start);
  return encodeTlv(0x02, (short[0] ?? 0) >= 0x80 ? Uint8Array.from([0, ...short]) : short);
}

/** The DER form (RFC 3279 section 2.2.3) of an ECDSA signature that came as its two numbers of the same length. */
export function ecdsaDer(pair: Uint8Array): Uint8Array {
  const half = pair.length / 2;
  return encodeTlv(0x30, integer(pair.slice(0, half)), integer(pair.slice(half)));
}
