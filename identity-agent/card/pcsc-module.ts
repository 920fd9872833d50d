import { createRequire } from 'node:module';
import { reasonOf } from '@alongside/kernel/errors';
import { pcscAbis } from './pcsc-library.ts';

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

const require = createRequire(import.meta.url);

/**
 * Returns the name of the package if it is installed; null for the system's own library. On Windows always that one: the package's
 * addon for Windows is not in npm's registry, and could not be loaded by the single executable.
 */
export function pcscPackage(platform: NodeJS.Platform = process.platform): string | null {
  if (platform === 'win32') return null;
  try {
    require.resolve(PCSC_PACKAGE);
    return PCSC_PACKAGE;
  } catch {
    return platform in pcscAbis ? null : PCSC_PACKAGE;
  }
}

/** Loads the package by its name or the path of its main file. Throws one sentence if it is missing or cannot run. */
export function loadPcsc(from: string): PcscModule {
  try {
    // The single executable can load a package only this way: from its own folder or by path.
    const loaded: unknown = require(from);
    const { Client } = loaded as Partial<PcscModule>;
    if (typeof Client !== 'function') throw new Error('it is another package');
    return loaded as PcscModule;
  } catch (error) {
    const reason = reasonOf(error).split('\n')[0] ?? '';
    // npm leaves a platform package out without a word if its registry does not have it.
    const addon = /@pcsc-mini\/[\w-]+/.exec(reasonOf(error))?.[0];
    throw new Error(
      addon === undefined
        ? `it needs the package ${PCSC_PACKAGE} 0.1.3 (npm install ${PCSC_PACKAGE}@0.1.3), on Linux also the library ` +
            `libpcsclite1. It could not be loaded from "${from}": ${reason}`
        : `the package ${addon} is missing, which ${PCSC_PACKAGE} needs on this system: install it, or remove the setting pcscModule`,
    );
  }
}
