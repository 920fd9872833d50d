import type { DatabaseName, Installation } from './installation.ts';
import type { Ledger } from './ledger.ts';

/** The installation and the duration for a fault. */
export interface Stage {
  readonly installation: Installation;
  /** Duration of the fault in milliseconds. */
  readonly length: number;
  /** How often the primary of a cluster is killed. */
  readonly kills: number;
  /** Waits; rejects when the run is cancelled. */
  wait(milliseconds: number): Promise<void>;
  /** Runs after the fault, also after an error. */
  defer(work: () => unknown): void;
  /** Waits until a sign-in that starts now is completed. */
  untilSignIn(timeout: number): Promise<void>;
  /** Returns the longest time in milliseconds without a completed sign-in since this moment of the monotonic clock. */
  outageSince(moment: number): number;
  /** Adds a promise of one of the `promiseKinds`, which is checked after the fault. */
  promise: Ledger['promise'];
  /** Fails the fault with a reason, after the promises were checked. */
  blame(problem: string): void;
  /** Adds a measurement of the fault itself to the report. */
  note(measurement: string): void;
}

/** One fault, injected into a running installation under load. */
export interface Fault {
  readonly name: string;
  readonly summary: string;
  /** Databases to which it applies; SQLite and one PostgreSQL by default. */
  readonly databases?: readonly DatabaseName[];
  /** Databases on which it is part of the bounded run. */
  readonly quickOn?: readonly DatabaseName[];
  /** Whether the data must be on a small separate file system. */
  readonly needsSmallDisks?: true;
  /** Whether no request may fail during it. */
  readonly isLossless?: true;
  /** Whether clients may be refused (4xx) during it. */
  readonly refusesClients?: true;
  /** Milliseconds in which a sign-in must be completed again. */
  readonly longestOutage?: number;
  /** Returns why it cannot be injected on this machine. */
  unavailable?(database: DatabaseName): string | undefined;
  /** Injects the fault, waits and removes it. */
  inject(stage: Stage): Promise<void>;
}
