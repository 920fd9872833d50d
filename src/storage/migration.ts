import type { Database, Statement } from './database.ts';

/** Statements in the common part of both dialects, with `{words}` that differ, or of one dialect. */
export type MigrationStatements = readonly (
  | string
  | Partial<Readonly<Record<Database['dialect'], string>>>
)[];

/** Moves rows that may be too many for one transaction. */
export interface DataMigration {
  /** The table that loses rows, or all of whose rows are read. */
  readonly from: string;
  /** Microseconds for a row, as measured on two cores with a local disk, for an estimate. */
  readonly rowTime: Readonly<Record<Database['dialect'], number>>;
  /** Creates the new tables. */
  readonly before: MigrationStatements;
  /**
   * Returns the next batch of rows after a position, or undefined when none is left. The first position is the empty text. The
   * batch and its position are committed together, so a migration that was interrupted continues behind its last batch.
   */
  readonly nextBatch: (database: Database, position: string) => Promise<MovedRows | undefined>;
  /** Removes the old tables. */
  readonly after: MigrationStatements;
}

export interface MovedRows {
  readonly statements: readonly Statement[];
  /** Of the last row of this batch. */
  readonly position: string;
  /** Number of rows, for the log. */
  readonly count: number;
}

/**
 * Only adds tables, columns with defaults, and indexes, and nothing that the rows of an older version of the product would lack: that
 * version may go on, and start again, with the new schema.
 */
export interface Expansion {
  readonly adds: MigrationStatements;
}

/** A change of the schema, with or without rows to move. */
export type Migration = MigrationStatements | DataMigration | Expansion;
