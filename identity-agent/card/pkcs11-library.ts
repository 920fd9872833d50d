import { type CFunction, type CType, type CValue, type Ffi, NativeLibrary } from '@alongside/kernel/ffi';
import type { Mechanism, RsaPSS, Template } from 'pkcs11js';

/** How PKCS#11 modules of a system pass their values (version 2.40, section 2.1 and pkcs11.h). */
export interface Pkcs11Abi {
  /** Bytes of a CK_ULONG, which is `unsigned long`. */
  readonly ulong: 4 | 8;
  /** Whether structures have no padding: `#pragma pack(1)` on Windows. */
  readonly packed: boolean;
}

export const pkcs11Abi = (platform: NodeJS.Platform): Pkcs11Abi =>
  platform === 'win32' ? { ulong: 4, packed: true } : { ulong: 8, packed: false };

/** Returns the offsets and length of CK_ATTRIBUTE and CK_MECHANISM: a number, an address and the length of its value. */
export function typedPointer({ ulong, packed }: Pkcs11Abi): {
  pointer: number;
  size: number;
  length: number;
} {
  const pointer = packed ? ulong : 8;
  return { pointer, size: pointer + 8, length: pointer + 8 + (packed ? ulong : 8) };
}

/** The used part of a module, with the names and values of the package pkcs11js. Handles are 8 bytes. */
export interface Pkcs11Calls {
  C_Initialize(options: { flags: number }): void;
  C_Finalize(): void;
  C_GetSlotList(tokenPresent: boolean): Buffer[];
  C_GetTokenInfo(slot: Buffer): { label: string; flags: number };
  C_OpenSession(slot: Buffer, flags: number): Buffer;
  C_GetSessionInfo(session: Buffer): unknown;
  C_CloseSession(session: Buffer): void;
  C_Login(session: Buffer, user: number, pin: string): void;
  C_Logout(session: Buffer): void;
  C_InitPIN(session: Buffer, pin: string): void;
  C_SetPIN(session: Buffer, oldPin: string, newPin: string): void;
  C_FindObjectsInit(session: Buffer, template: Template): void;
  C_FindObjects(session: Buffer, most: number): Buffer[];
  C_FindObjectsFinal(session: Buffer): void;
  C_GetAttributeValue(
    session: Buffer,
    object: Buffer,
    template: Template,
  ): { value?: number | boolean | string | Buffer | Date }[];
  C_DestroyObject(session: Buffer, object: Buffer): void;
  C_GenerateKeyPair(
    session: Buffer,
    mechanism: Mechanism,
    publicKey: Template,
    privateKey: Template,
  ): { publicKey: Buffer; privateKey: Buffer };
  C_SignInit(session: Buffer, mechanism: Mechanism, key: Buffer): void;
  C_Sign(session: Buffer, input: Buffer, output: Buffer): Buffer;
}

/** CK_TOKEN_INFO has its flags after four texts; the first is the label. */
const [LABEL, TOKEN_FLAGS] = [32, 32 + 32 + 16 + 16];
/** Longer than CK_TOKEN_INFO and CK_SESSION_INFO of every system. */
const LONGEST_INFO = 256;
/** CK_C_INITIALIZE_ARGS has its flags after four addresses of functions. */
const INITIALIZE_FLAGS = 4 * 8;
/** A longer value is CK_UNAVAILABLE_INFORMATION. */
const LONGEST_VALUE = 1 << 20;
/** Most slots of a module. */
const MOST_SLOTS = 64;

const idOf = (handle: Buffer): bigint => handle.readBigUInt64LE();

/**
 * A PKCS#11 module, called through `node:ffi`: for systems where the package pkcs11js cannot be compiled or loaded. A failed call
 * throws an error with the return value as `code`, as the package does.
 */
export class Pkcs11Library implements Pkcs11Calls {
  readonly #ffi: Ffi;
  readonly #abi: Pkcs11Abi;
  readonly #library: NativeLibrary;
  readonly #known = new Map<string, CFunction>();
  /** Values that the arguments of the next call point to: they must live until it returns. */
  #held: Buffer[] = [];

  /** @throws Error if there is no such library */
  constructor(ffi: Ffi, path: string, abi: Pkcs11Abi = pkcs11Abi(process.platform)) {
    this.#ffi = ffi;
    this.#abi = abi;
    this.#library = new NativeLibrary(ffi, path);
  }

  C_Initialize({ flags }: { flags: number }): void {
    const bytes = Buffer.alloc(INITIALIZE_FLAGS + 2 * 8);
    bytes.writeUInt32LE(flags, INITIALIZE_FLAGS);
    this.#call('C_Initialize', bytes);
  }

  C_Finalize(): void {
    this.#call('C_Finalize', null);
  }

  C_GetSlotList(tokenPresent: boolean): Buffer[] {
    const [slots, count] = [this.#ulongs(MOST_SLOTS), this.#ulongs(1, MOST_SLOTS)];
    // CK_BBOOL is passed as a register, so its length does not matter.
    this.#call('C_GetSlotList', tokenPresent ? 1 : 0, slots, count);
    return this.#handles(slots, count);
  }

  C_GetTokenInfo(slot: Buffer): { label: string; flags: number } {
    const info = Buffer.alloc(LONGEST_INFO);
    this.#call('C_GetTokenInfo', idOf(slot), info);
    return { label: info.toString('utf8', 0, LABEL), flags: info.readUInt32LE(TOKEN_FLAGS) };
  }

  C_OpenSession(slot: Buffer, flags: number): Buffer {
    const session = Buffer.alloc(8);
    this.#call('C_OpenSession', idOf(slot), BigInt(flags), null, null, session);
    return session;
  }

  C_GetSessionInfo(session: Buffer): void {
    this.#call('C_GetSessionInfo', idOf(session), Buffer.alloc(LONGEST_INFO));
  }

  C_CloseSession(session: Buffer): void {
    this.#call('C_CloseSession', idOf(session));
  }

  C_Login(session: Buffer, user: number, pin: string): void {
    this.#withSecrets([pin], (values) => this.#call('C_Login', idOf(session), BigInt(user), ...values));
  }

  C_Logout(session: Buffer): void {
    this.#call('C_Logout', idOf(session));
  }

  C_InitPIN(session: Buffer, pin: string): void {
    this.#withSecrets([pin], (values) => this.#call('C_InitPIN', idOf(session), ...values));
  }

  C_SetPIN(session: Buffer, oldPin: string, newPin: string): void {
    this.#withSecrets([oldPin, newPin], (values) => this.#call('C_SetPIN', idOf(session), ...values));
  }

  C_FindObjectsInit(session: Buffer, template: Template): void {
    this.#call('C_FindObjectsInit', idOf(session), this.#template(template), BigInt(template.length));
  }

  C_FindObjects(session: Buffer, most: number): Buffer[] {
    const [objects, count] = [this.#ulongs(most), this.#ulongs(1)];
    this.#call('C_FindObjects', idOf(session), objects, BigInt(most), count);
    return this.#handles(objects, count);
  }

  C_FindObjectsFinal(session: Buffer): void {
    this.#call('C_FindObjectsFinal', idOf(session));
  }

  /** Asks for the lengths first, then for the values. */
  C_GetAttributeValue(session: Buffer, object: Buffer, template: Template): { value: Buffer }[] {
    const ask = (bytes: Buffer): void =>
      this.#call('C_GetAttributeValue', idOf(session), idOf(object), bytes, BigInt(template.length));
    const lengths = this.#template(template.map(({ type }) => ({ type })));
    ask(lengths);
    const values = template.map((_, index) => {
      const length = this.#sizeIn(lengths, index);
      return Buffer.alloc(length <= LONGEST_VALUE ? length : 0);
    });
    const found = this.#template(template.map(({ type }, index) => ({ type, value: values[index] ?? '' })));
    ask(found);
    return values.map((value, index) => ({ value: value.subarray(0, this.#sizeIn(found, index)) }));
  }

  C_DestroyObject(session: Buffer, object: Buffer): void {
    this.#call('C_DestroyObject', idOf(session), idOf(object));
  }

  C_GenerateKeyPair(
    session: Buffer,
    mechanism: Mechanism,
    publicTemplate: Template,
    privateTemplate: Template,
  ) {
    const [publicKey, privateKey] = [Buffer.alloc(8), Buffer.alloc(8)];
    this.#call(
      'C_GenerateKeyPair',
      idOf(session),
      this.#mechanism(mechanism),
      this.#template(publicTemplate),
      BigInt(publicTemplate.length),
      this.#template(privateTemplate),
      BigInt(privateTemplate.length),
      publicKey,
      privateKey,
    );
    return { publicKey, privateKey };
  }

  C_SignInit(session: Buffer, mechanism: Mechanism, key: Buffer): void {
    this.#call('C_SignInit', idOf(session), this.#mechanism(mechanism), idOf(key));
  }

  C_Sign(session: Buffer, input: Buffer, output: Buffer): Buffer {
    const length = this.#ulongs(1, output.length);
    this.#call('C_Sign', idOf(session), input, BigInt(input.length), output, length);
    return output.subarray(0, length.readUInt32LE());
  }

  /** Calls a function; a bigint is a CK_ULONG. @throws Error with the return value as `code` */
  #call(name: string, ...values: readonly CValue[]): void {
    const ulong: CType = this.#abi.ulong === 4 ? 'uint32' : 'uint64';
    let call = this.#known.get(name);
    if (!call) {
      const types = values.map((value): CType => {
        if (typeof value === 'bigint') return ulong;
        return typeof value === 'number' ? 'uint32' : 'pointer';
      });
      call = this.#library.find(name, 'uint32', ...types);
      this.#known.set(name, call);
    }
    const given = values.map((value) =>
      typeof value === 'bigint' && ulong === 'uint32' ? Number(value) : value,
    );
    const code = call(...given);
    this.#held = [];
    if (code !== 0) throw Object.assign(new Error(`${name} failed (0x${code.toString(16)})`), { code });
  }

  /** Passes texts as addresses and lengths, and erases them afterwards. */
  #withSecrets(texts: readonly string[], work: (values: readonly CValue[]) => void): void {
    const secrets = texts.map((text) => Buffer.from(text));
    try {
      work(secrets.flatMap((secret) => [secret, BigInt(secret.length)]));
    } finally {
      for (const secret of secrets) secret.fill(0);
    }
  }

  #ulongs(count: number, first = 0): Buffer {
    const bytes = Buffer.alloc(Math.max(8, count * this.#abi.ulong));
    bytes.writeUInt32LE(first);
    return bytes;
  }

  #handles(bytes: Buffer, count: Buffer): Buffer[] {
    const { ulong } = this.#abi;
    return Array.from({ length: count.readUInt32LE() }, (_, index) => {
      const handle = Buffer.alloc(8);
      bytes.copy(handle, 0, index * ulong, (index + 1) * ulong);
      return handle;
    });
  }

  #template(template: Template): Buffer {
    return this.#typedPointers(
      template.map(({ type }) => type),
      template.map(({ value }) => this.#value(value)),
    );
  }

  #sizeIn(bytes: Buffer, index: number): number {
    const { length, size } = typedPointer(this.#abi);
    return bytes.readUInt32LE(index * length + size);
  }

  /** The only parameter in use is that of RSASSA-PSS, CK_RSA_PKCS_PSS_PARAMS. */
  #mechanism({ mechanism, parameter }: Mechanism): Buffer {
    const { ulong } = this.#abi;
    const value = Buffer.alloc(parameter === undefined ? 0 : 3 * ulong);
    if (parameter !== undefined) {
      const { hashAlg, mgf, saltLen } = parameter as RsaPSS;
      for (const [index, number] of [hashAlg, mgf, saltLen].entries())
        value.writeUInt32LE(number, index * ulong);
    }
    return this.#typedPointers([mechanism], [value]);
  }

  #typedPointers(types: readonly number[], values: readonly Buffer[]): Buffer {
    this.#held.push(...values);
    return typedPointers(this.#abi, (value) => this.#ffi.getRawPointer(value), types, values);
  }

  #value(value: Template[number]['value']): Buffer {
    if (typeof value === 'number') return this.#ulongs(1, value).subarray(0, this.#abi.ulong);
    if (typeof value === 'boolean') return Buffer.from([value ? 1 : 0]);
    return Buffer.isBuffer(value) ? value : Buffer.from(String(value ?? ''));
  }
}

/** Writes structures of a number, the address of a value and its length; an empty value has the null address. */
export function typedPointers(
  abi: Pkcs11Abi,
  addressOf: (value: Buffer) => bigint,
  types: readonly number[],
  values: readonly Buffer[],
): Buffer {
  const { pointer, size, length } = typedPointer(abi);
  const bytes = Buffer.alloc(length * types.length);
  for (const [index, type] of types.entries()) {
    const value = values[index] ?? Buffer.alloc(0);
    bytes.writeUInt32LE(type, index * length);
    bytes.writeBigUInt64LE(value.length === 0 ? 0n : addressOf(value), index * length + pointer);
    bytes.writeUInt32LE(value.length, index * length + size);
  }
  return bytes;
}
