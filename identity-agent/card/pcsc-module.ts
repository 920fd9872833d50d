import { createRequire } from 'node:module';
import { reasonOf } from '@alongside/kernel/errors';

/** The used part of the package `pcsc-mini` (0.1.3). It is installed by hand, so its types are missing. */
export interface PcscModule {
  readonly Client: new () => PcscClient;
  readonly CardMode: { readonly SHARED: number };
  readonly CardDisposition: { readonly LEAVE: number };
  readonly ReaderStatus: { readonly PRESENT: number; readonly MUTE: number };
}

interface PcscClient {
  on(event: 'reader', listener: (reader: PcscSlot) => void): this;
  on(event: 'error', listener: (error: Error) => void): this;
  /** Throws if no PC/SC service is running. */
  start(): this;
}

/** A PC/SC reader: one slot. */
export interface PcscSlot {
  name(): string;
  connect(mode: number): Promise<PcscHandle>;
  on(event: 'change', listener: (status: { readonly raw: number }) => void): this;
  on(event: 'disconnect', listener: () => void): this;
}

/** A connection to a card. Its errors have PC/SC's name as `code`. */
export interface PcscHandle {
  transmit(command: Uint8Array): Promise<Uint8Array>;
  transaction(): Promise<{ end(disposition: number): Promise<void> }>;
  reconnect(mode: number, disposition: number): Promise<number>;
  disconnect(disposition: number): Promise<void>;
}

/** The package's name, for an agent that has it installed. */
export const PCSC_PACKAGE = 'pcsc-mini';

/** Loads the package by its name or the path of its main file. Throws one sentence if it is missing or cannot run. */
export function loadPcsc(from: string): PcscModule {
  try {
    // The single executable can load a package only this way: from its own folder or by path.
    const loaded: unknown = createRequire(import.meta.url)(from);
    const { Client } = loaded as Partial<PcscModule>;
    if (typeof Client !== 'function') throw new Error('it is another package');
    return loaded as PcscModule;
  } catch (error) {
    throw new Error(
      `it needs the package ${PCSC_PACKAGE} 0.1.3 (npm install ${PCSC_PACKAGE}@0.1.3), on Linux also the library ` +
        `libpcsclite1. It could not be loaded from "${from}": ${reasonOf(error).split('\n')[0]}`,
    );
  }
}
