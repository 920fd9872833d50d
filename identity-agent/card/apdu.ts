/** Bytes that do not form an APDU, or members that do not fit into one. */
export class ApduError extends Error {
  override readonly name = 'ApduError';
}

/** A command APDU (ISO/IEC 7816-4 section 5.1). */
export interface CommandApdu {
  readonly cla: number;
  readonly ins: number;
  readonly p1: number;
  readonly p2: number;
  /** At most 65535 bytes; empty is the same as absent. */
  readonly data?: Uint8Array;
  /** Maximum length of the response: 1 to 65536; absent if none is expected. */
  readonly le?: number;
}

/** A response APDU: data and status word. */
export interface ResponseApdu {
  readonly data: Uint8Array;
  readonly sw: number;
}

/** Set in CLA if more commands of the same chain follow (ISO/IEC 7816-4 section 5.1.1.1). */
export const CHAINING = 0x10;

const SHORT_DATA = 255;
const SHORT_LE = 256;
const nothing = new Uint8Array(0);

const isByte = (value: number): boolean => Number.isInteger(value) && value >= 0 && value <= 0xff;
const u16 = (value: number): [number, number] => [(value >> 8) & 0xff, value & 0xff];

function joined(...parts: readonly ArrayLike<number>[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

/** Encodes a command, in the short form if possible, else in the extended one. Throws ApduError for a member out of range. */
export function encodeCommand(command: CommandApdu): Uint8Array {
  const { cla, ins, p1, p2, data = nothing, le } = command;
  if (![cla, ins, p1, p2].every(isByte)) throw new ApduError('A header byte is out of range.');
  if (data.length > 0xffff) throw new ApduError('The data is longer than 65535 bytes.');
  if (le !== undefined && !(Number.isInteger(le) && le >= 1 && le <= 0x10000))
    throw new ApduError('Le is out of range.');
  const short = data.length <= SHORT_DATA && (le ?? 0) <= SHORT_LE;
  const header = [cla, ins, p1, p2];
  const hasData = data.length > 0;
  if (short)
    return joined([...header, ...(hasData ? [data.length] : [])], data, le === undefined ? [] : [le & 0xff]);
  // Of extended length fields, the first begins with a zero (ISO/IEC 7816-4 section 5.1).
  const lc = hasData ? [0, ...u16(data.length)] : [];
  const ask = le === undefined ? [] : [...(hasData ? [] : [0]), ...u16(le)];
  return joined([...header, ...lc], data, ask);
}

/** Decodes a command of either form. Throws ApduError unless the length fields cover every byte. */
export function decodeCommand(bytes: Uint8Array): CommandApdu {
  const [cla, ins, p1, p2, first] = bytes;
  if (cla === undefined || ins === undefined || p1 === undefined || p2 === undefined)
    throw new ApduError('A command has at least four bytes.');
  const header = { cla, ins, p1, p2 };
  if (first === undefined) return header;
  if (bytes.length === 5) return { ...header, le: first || SHORT_LE };
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const extended = first === 0;
  if (extended && bytes.length === 7) return { ...header, le: view.getUint16(5) || 0x10000 };
  const start = extended ? 7 : 5;
  const lc = extended && bytes.length > 7 ? view.getUint16(5) : first;
  if (lc === 0) throw new ApduError('Lc is zero.');
  const data = new Uint8Array(bytes.subarray(start, start + lc));
  const rest = bytes.length - start - lc;
  if (rest === 0) return { ...header, data };
  if (!extended && rest === 1) return { ...header, data, le: bytes[start + lc] || SHORT_LE };
  if (extended && rest === 2) return { ...header, data, le: view.getUint16(start + lc) || 0x10000 };
  throw new ApduError('The length fields do not fit the command.');
}

/** Splits a command with data too long for the short form into a chain; the last command has Le. */
export function chainOf(command: CommandApdu): CommandApdu[] {
  const { data = nothing, le, ...header } = command;
  if (data.length <= SHORT_DATA) return [command];
  const chain: CommandApdu[] = [];
  for (let at = 0; at < data.length; at += SHORT_DATA) {
    const part = data.subarray(at, at + SHORT_DATA);
    const last = at + SHORT_DATA >= data.length;
    chain.push(last ? { ...header, data: part, le } : { ...header, cla: header.cla | CHAINING, data: part });
  }
  return chain;
}

export const encodeResponse = (sw: number, data: Uint8Array = nothing): Uint8Array => joined(data, u16(sw));

/** Decodes a response. Throws ApduError without a status word or for more than 65536 bytes of data. */
export function decodeResponse(bytes: Uint8Array): ResponseApdu {
  const end = bytes.length - 2;
  if (end < 0 || end > 0x10000) throw new ApduError('A response has a status word and at most 65536 bytes.');
  return {
    data: new Uint8Array(bytes.subarray(0, end)),
    sw: ((bytes[end] ?? 0) << 8) | (bytes[end + 1] ?? 0),
  };
}

/** Status words that this product sends or handles (ISO/IEC 7816-4 section 5.6, SP 800-73-4 part 2). */
export const SW = {
  ok: 0x9000,
  wrongLength: 0x6700,
  securityStatusNotSatisfied: 0x6982,
  authenticationBlocked: 0x6983,
  conditionsNotSatisfied: 0x6985,
  wrongData: 0x6a80,
  notFound: 0x6a82,
  wrongParameters: 0x6a86,
  referenceNotFound: 0x6a88,
  instructionUnknown: 0x6d00,
  classUnknown: 0x6e00,
  internalError: 0x6f00,
} as const;

/** `63Cx`: the comparison failed or was not made; x attempts are left (0 to 15). */
export const triesStatus = (left: number): number => 0x63c0 | Math.min(left, 15);

/** Returns the x of `63Cx`, else undefined. `6983` means 0. */
export function triesIn(sw: number): number | undefined {
  if (sw === SW.authenticationBlocked) return 0;
  return (sw & 0xfff0) === 0x63c0 ? sw & 0x0f : undefined;
}

/** `61xx`: this many bytes wait for GET RESPONSE; 256 or more are announced as `6100`. */
export const moreStatus = (waiting: number): number => 0x6100 | (waiting > 255 ? 0 : waiting);

/** Returns the Le for GET RESPONSE after `61xx` (1 to 256), else undefined. */
export const moreIn = (sw: number): number | undefined => (sw >> 8 === 0x61 ? sw & 0xff || 256 : undefined);

/** `6Cxx`: repeat the command with this Le (1 to 255). */
export const exactLengthStatus = (length: number): number => 0x6c00 | (length & 0xff);

/** Returns the Le for the repeated command after `6Cxx` (1 to 256), else undefined. */
export const exactLengthIn = (sw: number): number | undefined =>
  sw >> 8 === 0x6c ? sw & 0xff || 256 : undefined;

/** Formats a status word as in card specifications: four hexadecimal digits. */
export const hexStatus = (sw: number): string => sw.toString(16).padStart(4, '0');

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
    found.push({ tag, value: new Uint8Array(bytes.subarray(start, start + length)) });
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
  return joined(name, size, ...parts);
}
