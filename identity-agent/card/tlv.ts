/** Bytes that are not BER-TLV within the limits. */
export class TlvError extends Error {
  override readonly name = 'TlvError';
}

/** One data object: its tag as in card specifications (`0x5fc105`) and its value. */
export interface Tlv {
  readonly tag: number;
  readonly value: Uint8Array;
}

/** Limits of a parser for one level. */
export interface TlvLimits {
  /** Data objects; 32 by default. */
  readonly items?: number;
  /** Total bytes; 16384 by default: more than any object of a PIV card. */
  readonly bytes?: number;
}

/** Reads a tag (ISO/IEC 7816-4 section 5.2.2.1) of one to three bytes. Throws TlvError otherwise. */
export function readTag(bytes: Uint8Array, at = 0): { tag: number; next: number } {
  const first = bytes[at];
  if (first === undefined || first === 0x00 || first === 0xff)
    throw new TlvError('A tag is missing or invalid.');
  let tag = first;
  let next = at + 1;
  if ((first & 0x1f) !== 0x1f) return { tag, next };
  for (let more = true; more; ) {
    const byte = bytes[next];
    if (byte === undefined || next - at > 2)
      throw new TlvError('A tag is cut off or longer than three bytes.');
    tag = (tag << 8) | byte;
    next += 1;
    more = (byte & 0x80) !== 0;
  }
  return { tag, next };
}

function readLength(bytes: Uint8Array, at: number): { length: number; next: number } {
  const first = bytes[at];
  if (first === undefined) throw new TlvError('A length is missing.');
  if (first < 0x80) return { length: first, next: at + 1 };
  const count = first & 0x7f;
  // ISO/IEC 7816-4 section 5.2.2.2 does not allow the indefinite length (0x80).
  if (count === 0 || count > 3) throw new TlvError('A length has an unsupported form.');
  let length = 0;
  for (let index = 1; index <= count; index += 1) {
    const byte = bytes[at + index];
    if (byte === undefined) throw new TlvError('A length is cut off.');
    length = (length << 8) | byte;
  }
  return { length, next: at + 1 + count };
}

/**
 * Parses the data objects of one level; parse a constructed value with another call. Throws TlvError unless all bytes are used.
 */
export function parseTlv(bytes: Uint8Array, { items = 32, bytes: most = 16384 }: TlvLimits = {}): Tlv[] {
  if (bytes.length > most) throw new TlvError('The data is too long.');
  const found: Tlv[] = [];
  for (let at = 0; at < bytes.length; ) {
    if (found.length === items) throw new TlvError('There are too many data objects.');
    const { tag, next } = readTag(bytes, at);
    const { length, next: start } = readLength(bytes, next);
    if (start + length > bytes.length) throw new TlvError('A value is cut off.');
    found.push({ tag, value: Uint8Array.from(bytes.subarray(start, start + length)) });
    at = start + length;
  }
  return found;
}

/** Returns the value of the only data object with this tag; undefined if the tag is missing or repeated. */
export function valueWith(objects: readonly Tlv[], tag: number): Uint8Array | undefined {
  const [first, ...others] = objects.filter((object) => object.tag === tag);
  return others.length === 0 ? first?.value : undefined;
}

/** Returns the value if the bytes are one data object with this tag. Throws TlvError otherwise. */
export function onlyTlv(bytes: Uint8Array, tag: number, limits?: TlvLimits): Uint8Array {
  const [object, ...others] = parseTlv(bytes, limits);
  if (!object || object.tag !== tag || others.length > 0)
    throw new TlvError('Another data object was expected.');
  return object.value;
}

function bigEndian(value: number): number[] {
  const bytes: number[] = [];
  for (let rest = value; rest > 0; rest = Math.floor(rest / 256)) bytes.unshift(rest % 256);
  return bytes;
}

/** Encodes a data object with the shortest length form. Throws TlvError for an impossible tag or 16 MiB and more. */
export function encodeTlv(tag: number, ...parts: readonly Uint8Array[]): Uint8Array {
  const name = bigEndian(tag);
  if (readTag(Uint8Array.from(name)).next !== name.length) throw new TlvError('The tag is not well formed.');
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  if (length > 0xffffff) throw new TlvError('The value is too long.');
  const digits = bigEndian(length);
  const size = length < 0x80 ? [length] : [0x80 | digits.length, ...digits];
  return new Uint8Array(Buffer.concat([Uint8Array.from([...name, ...size]), ...parts]));
}
