import type { DatabaseName, Installation } from './installation.ts';

/** The installation and the duration for a fault. */
export interface Stage {
  readonly installation: Installation;
  /** Duration of the fault in milliseconds. */
  readonly length: number;
  /** Waits; rejects when the run is cancelled. */
  wait(milliseconds: number): Promise<void>;
  /** Runs after the fault, also after an error. */
  defer(work: () => unknown): void;
  /** Adds a measurement of the fault itself to the report. */
  note(measurement: string): void;
}

/** One fault, injected into a running installation under load. */
export interface Fault {
  readonly name: string;
  readonly summary: string;
  /** Databases to which it applies; both by default. */
  readonly databases?: readonly DatabaseName[];
  /** Databases on which it is part of the bounded run of `npm test`. */
  readonly quickOn?: readonly DatabaseName[];
  /** Whether the data must be on a small separate file system. */
  readonly needsSmallDisks?: true;
  /** Whether no request may fail during it. */
  readonly isLossless?: true;
  /** Whether clients may be refused (4xx) during it. */
  readonly refusesClients?: true;
  /** Returns why it cannot be injected on this machine. */
  unavailable?(database: DatabaseName): string | undefined;
  /** Injects the fault, waits and removes it. */
  inject(stage: Stage): Promise<void>;
}
