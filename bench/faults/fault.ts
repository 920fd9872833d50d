import type { DatabaseName, Installation } from './installation.ts';

/** The installation and the time that a fault gets. */
export interface Stage {
  readonly installation: Installation;
  /** For how many milliseconds the fault lasts. */
  readonly length: number;
  /** Waits, and rejects when the run is cancelled. */
  wait(milliseconds: number): Promise<void>;
  /** Cleans up when the fault is over, also after an error. */
  defer(work: () => unknown): void;
  /** Adds a measurement of the fault itself to the report. */
  note(measurement: string): void;
}

/** One fault, injected into a running installation under load. */
export interface Fault {
  readonly name: string;
  readonly summary: string;
  /** Databases on which it exists; both unless given. */
  readonly databases?: readonly DatabaseName[];
  /** Databases on which it is part of the bounded run of `npm test`. */
  readonly quickOn?: readonly DatabaseName[];
  /** The data must be on a small file system of their own. */
  readonly needsSmallDisks?: true;
  /** No request may fail while it lasts. */
  readonly isLossless?: true;
  /** Clients may be refused (4xx) while it lasts. */
  readonly refusesClients?: true;
  /** Returns why it cannot be injected on this machine. */
  unavailable?(database: DatabaseName): string | undefined;
  /** Injects the fault, lets it last and takes it back. */
  inject(stage: Stage): Promise<void>;
}
