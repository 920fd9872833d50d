import { type Database, must, type Statement, sql } from '../../../storage/database.ts';
import { isNhsNumber } from './nhs-number.ts';
import { outcomes } from './outcomes.ts';
import type { PatientRecord } from './patient.ts';

interface PatientRow {
  nhs_number: string;
  version: number;
  body: string;
}

/** How many merges in a row are followed. */
const longestChain = 10;

function recordOf({ version, body }: PatientRow): PatientRecord {
  let record: PatientRecord;
  try {
    record = JSON.parse(body) as PatientRecord;
  } catch {
    // The parser's own words would quote the record, and they go to the log.
    throw new Error('A stored patient is no JSON.');
  }
  record.patient.meta.versionId = String(version);
  return record;
}

/** The records, each complete; what may be shown of one is decided when it is read. */
export class Patients {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** The record of exactly this number, whatever became of it. */
  async get(nhsNumber: string): Promise<PatientRecord | undefined> {
    const row = await this.#database.get<PatientRow>(
      sql('SELECT * FROM patient WHERE nhs_number = ?', nhsNumber),
    );
    return row && recordOf(row);
  }

  /**
   * The record that stands for this number now: after a merge, the one that took its place. Throws the published
   * refusals: a wrong number before an unknown one, an unknown before an invalidated one.
   */
  async current(nhsNumber: string): Promise<PatientRecord> {
    if (!isNhsNumber(nhsNumber)) throw outcomes.invalidResourceId();
    let record = await this.get(nhsNumber);
    for (let hops = 0; record?.supersededBy && hops < longestChain; hops++)
      record = await this.get(record.supersededBy);
    if (!record || record.supersededBy) throw outcomes.notFound();
    if (record.invalidated) throw outcomes.invalidated();
    return record;
  }

  /** Every record, also those that were merged into another or invalidated. */
  async all(): Promise<PatientRecord[]> {
    const rows = await this.#database.all<PatientRow>(sql('SELECT * FROM patient ORDER BY nhs_number'));
    return rows.map(recordOf);
  }

  /** The write that keeps a record in the place of whatever has its number. */
  putting(record: PatientRecord): Statement {
    const { id, meta } = record.patient;
    return sql(
      `INSERT INTO patient (nhs_number, version, body) VALUES (?, ?, ?)
       ON CONFLICT (nhs_number) DO UPDATE SET version = excluded.version, body = excluded.body`,
      id,
      Number(meta.versionId),
      JSON.stringify(record),
    );
  }

  /** The conditional write that puts the next version in the place of this one: one of two concurrent changes wins. */
  async replace(record: PatientRecord, version: number): Promise<boolean> {
    const { done } = await this.#database.batch([
      must(
        sql(
          'UPDATE patient SET version = ?, body = ? WHERE nhs_number = ? AND version = ?',
          version + 1,
          JSON.stringify(record),
          record.patient.id,
          version,
        ),
      ),
    ]);
    return done;
  }
}
