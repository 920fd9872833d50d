import { win32 } from 'node:path';

// The client library has the same file, so that it stands alone; a test compares them.

/** Names of C types, as node:ffi spells them. */
export type CType = 'void' | 'int32' | 'uint32' | 'uint64' | 'pointer';

/** An argument: bytes are passed by their address, null as a null pointer. */
export type CValue = number | bigint | Uint8Array | null;

export type CFunction<R extends number | bigint = number> = (...values: readonly CValue[]) => R;

/** The used part of `node:ffi` (Node.js 26), whose types are missing. */
export interface Ffi {
  readonly DynamicLibrary: new (
    path: string,
  ) => {
    getFunction(name: string, signature: { return: CType; arguments: readonly CType[] }): CFunction<never>;
  };
  getRawPointer(bytes: Uint8Array): bigint;
  toBuffer(pointer: bigint, length: number): Buffer;
}

/** Shown where native functions are needed and this Node.js cannot call them. */
export const NO_FFI = `Node.js ${process.versions.node} cannot call system libraries: use Node.js 26.10 or newer, or the executable`;

let loaded: Ffi | undefined;

/** Returns the module that calls system libraries; undefined in Node.js before 26, or where it is switched off. */
export function findFfi(): Ffi | undefined {
  if (loaded) return loaded;
  const { emitWarning } = process;
  // Loading it prints that it is experimental, which the user of a program cannot act on.
  process.emitWarning = () => undefined;
  try {
    const found = process.getBuiltinModule('node:ffi' as 'node:fs') as unknown as Ffi | undefined;
    loaded = found;
  } catch {
    // Switched off, or refused by the permission model.
  } finally {
    process.emitWarning = emitWarning;
  }
  return loaded;
}

/** A library with typed access to its functions. */
export class NativeLibrary {
  readonly #library: InstanceType<Ffi['DynamicLibrary']>;

  constructor(ffi: Ffi, path: string) {
    this.#library = new ffi.DynamicLibrary(path);
  }

  /** Loads a library of Windows by its full path: by its name alone, one next to the program would be loaded first. */
  static ofWindows(ffi: Ffi, name: string): NativeLibrary {
    const path = Buffer.alloc(2 * 260);
    // Windows always has this library loaded.
    const kernel = new NativeLibrary(ffi, 'kernel32.dll');
    const length = kernel.find('GetSystemDirectoryW', 'uint32', 'pointer', 'uint32')(path, path.length / 2);
    return new NativeLibrary(ffi, win32.join(path.toString('utf16le', 0, 2 * length), name));
  }

  /** @throws Error if the library has no such function */
  find<R extends number | bigint = number>(
    name: string,
    result: CType,
    ...parameters: readonly CType[]
  ): CFunction<R> {
    return this.#library.getFunction(name, { return: result, arguments: parameters }) as CFunction<R>;
  }
}
