import { type CFunction, type CType, type CValue, type Ffi, NativeLibrary } from '@alongside/kernel/ffi';

/** How a system's PC/SC library passes its values. */
export interface PcscAbi {
  readonly library: string;
  /** Bytes of a DWORD: `unsigned long` in pcsclite. */
  readonly dword: 4 | 8;
  /** Longest ATR in SCARD_READERSTATE, which ends with it. */
  readonly atr: number;
  /** Suffix of the functions that take names, and the encoding of these. */
  readonly suffix: '' | 'W';
  readonly encoding: 'utf8' | 'utf16le';
}

/** The systems whose own library is called: winscard.h of Windows (x64 and arm64), and of pcsclite 2.3. */
export const pcscAbis: Readonly<Partial<Record<NodeJS.Platform, PcscAbi>>> = {
  win32: {
    library: 'winscard.dll',
    dword: 4,
    atr: 36,
    suffix: 'W',
    encoding: 'utf16le',
  },
  linux: { library: 'libpcsclite.so.1', dword: 8, atr: 33, suffix: '', encoding: 'utf8' },
};

/** Values of winscard.h. */
export const SCARD = {
  scopeSystem: 2,
  shared: 2,
  anyProtocol: 3,
  leave: 0,
  stateUnknown: 0x4,
  statePresent: 0x20,
  stateMute: 0x200,
} as const;

const success = 0;
/** Results that only mean that there is nothing to report: no readers, a reader that is gone, no change. */
const quiet = new Set([success, 0x8010_002e, 0x8010_0009, 0x8010_000a]);

/** Names of results, as pcsc-mini spells them. */
const names: Readonly<Record<string, string>> = {
  '0x80100009': 'UnknownReader',
  '0x8010000c': 'NoSmartCard',
  '0x80100017': 'ReaderUnavailable',
  '0x8010001d': 'NoService',
  '0x8010001e': 'ServiceStopped',
  '0x80100068': 'ResetCard',
  '0x80100069': 'RemovedCard',
};

/** Longest response: an extended APDU with its status. */
const LONGEST = 65_538;

/** Returns the length of one SCARD_READERSTATE, and the offsets of its event state. */
export function readerState({ dword, atr }: PcscAbi): { length: number; event: number } {
  const unpadded = 16 + 3 * dword + atr;
  return { length: Math.ceil(unpadded / 8) * 8, event: 16 + dword };
}

/** Splits a multi-string: names that end with NUL, after the last an empty one. */
export const splitNames = (bytes: Buffer, encoding: PcscAbi['encoding']): string[] =>
  bytes.toString(encoding).split('\0').filter(Boolean);

/** The system's PC/SC library. All calls block; each throws an error with PC/SC's name as `code`. */
export class PcscLibrary {
  readonly #abi: PcscAbi;
  readonly #ffi: Ffi;
  readonly #response = Buffer.alloc(LONGEST);
  readonly #call: (name: string, ...values: readonly CValue[]) => number;

  /** @throws Error in one sentence if the library is missing */
  constructor(ffi: Ffi, abi: PcscAbi) {
    this.#abi = abi;
    this.#ffi = ffi;
    const library =
      abi.suffix === 'W' ? NativeLibrary.ofWindows(ffi, abi.library) : new NativeLibrary(ffi, abi.library);
    const known = new Map<string, CFunction>();
    const dword: CType = abi.dword === 4 ? 'uint32' : 'uint64';
    // A number is a DWORD, a bigint a handle of pointer length, everything else an address.
    this.#call = (name, ...values) => {
      let call = known.get(name);
      if (!call) {
        const types = values.map((value): CType => {
          if (typeof value === 'bigint') return 'uint64';
          return typeof value === 'number' ? dword : 'pointer';
        });
        call = library.find(name, 'uint32', ...types);
        known.set(name, call);
      }
      return call(
        ...values.map((value) => (typeof value === 'number' && abi.dword === 8 ? BigInt(value) : value)),
      );
    };
  }

  establish(): bigint {
    const context = Buffer.alloc(8);
    this.#must('SCardEstablishContext', SCARD.scopeSystem, null, null, context);
    return context.readBigUInt64LE();
  }

  listReaders(context: bigint): string[] {
    const { suffix, encoding } = this.#abi;
    const name = `SCardListReaders${suffix}`;
    const length = Buffer.alloc(8);
    if (this.#may(name, context, null, null, length) !== success) return [];
    const bytes = Buffer.alloc(length.readUInt32LE() * (encoding === 'utf16le' ? 2 : 1));
    if (this.#may(name, context, null, bytes, length) !== success) return [];
    return splitNames(bytes, encoding);
  }

  /** Returns the raw states of readers: flags, and in the upper half the number of insertions and removals. */
  states(context: bigint, readers: readonly string[]): number[] {
    const { length, event } = readerState(this.#abi);
    const states = Buffer.alloc(length * readers.length);
    const texts = readers.map((reader) => this.#text(reader));
    for (const [index, text] of texts.entries())
      states.writeBigUInt64LE(this.#ffi.getRawPointer(text), index * length);
    const name = `SCardGetStatusChange${this.#abi.suffix}`;
    if (readers.length > 0) this.#may(name, context, 0, states, readers.length);
    return texts.map((_, index) => states.readUInt32LE(index * length + event));
  }

  connect(context: bigint, reader: string): { card: bigint; protocol: number } {
    const [card, protocol] = [Buffer.alloc(8), Buffer.alloc(8)];
    const name = `SCardConnect${this.#abi.suffix}`;
    this.#must(name, context, this.#text(reader), SCARD.shared, SCARD.anyProtocol, card, protocol);
    return { card: card.readBigUInt64LE(), protocol: protocol.readUInt32LE() };
  }

  /** Returns the protocol of the connection, which may change. */
  reconnect(card: bigint): number {
    const protocol = Buffer.alloc(8);
    this.#must('SCardReconnect', card, SCARD.shared, SCARD.anyProtocol, SCARD.leave, protocol);
    return protocol.readUInt32LE();
  }

  transmit(card: bigint, protocol: number, command: Uint8Array): Uint8Array {
    const { dword } = this.#abi;
    const header = Buffer.alloc(2 * dword);
    header.writeUInt32LE(protocol, 0);
    header.writeUInt32LE(header.length, dword);
    const length = Buffer.alloc(8);
    length.writeUInt32LE(LONGEST);
    const [response, bytes] = [this.#response, Buffer.from(command)];
    this.#must('SCardTransmit', card, header, bytes, bytes.length, null, response, length);
    const received = new Uint8Array(response.subarray(0, length.readUInt32LE()));
    // Either may be a secret of the card or its holder.
    bytes.fill(0);
    response.fill(0, 0, received.length);
    return received;
  }

  begin(card: bigint): void {
    this.#must('SCardBeginTransaction', card);
  }

  end(card: bigint): void {
    this.#must('SCardEndTransaction', card, SCARD.leave);
  }

  disconnect(card: bigint): void {
    this.#must('SCardDisconnect', card, SCARD.leave);
  }

  #text(text: string): Buffer {
    return Buffer.from(`${text}\0`, this.#abi.encoding);
  }

  #must(name: string, ...values: readonly CValue[]): void {
    const result = this.#call(name, ...values);
    if (result !== success) throw pcscError(name, result);
  }

  /** Returns the result of a call that may find nothing. */
  #may(name: string, ...values: readonly CValue[]): number {
    const result = this.#call(name, ...values);
    if (!quiet.has(result)) throw pcscError(name, result);
    return result;
  }
}

const pcscError = (name: string, result: number): Error => {
  const hex = `0x${result.toString(16)}`;
  return Object.assign(new Error(`${name} failed (${hex})`), { code: names[hex] ?? hex });
};
