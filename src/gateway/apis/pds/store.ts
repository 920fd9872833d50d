import type { Clock } from '@alongside/kernel/clock';
import { type Database, must, sql } from '../../../storage/database.ts';
import { SingleUse } from '../../../storage/single-use.ts';
import { isNhsNumber } from './nhs-number.ts';
import { outcomes } from './outcomes.ts';
import type { PatientRecord } from './patient.ts';

interface PatientRow {
  nhs_number: string;
  version: number;
  body: string;
}

const repetitionKind = 'pds-update';
/** How long a repeated update is known, in milliseconds. */
const repetitionTime = 3_600_000;

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
  readonly #repetitions: SingleUse;

  constructor(database: Database, clock: Clock) {
    this.#database = database;
    this.#repetitions = new SingleUse(database, clock);
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

  /**
   * The conditional write that puts the next version in the place of this one: one of two concurrent changes wins.
   * `repetition` is remembered with it, so that the same request sent again is known.
   */
  async replace(record: PatientRecord, version: number, repetition: string): Promise<boolean> {
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
      this.#repetitions.claiming(repetitionKind, repetition, repetitionTime),
    ]);
    return done;
  }

  /** Whether this very request has already changed a record within the last hour. */
  wasUpdatedBy(repetition: string): Promise<boolean> {
    return this.#repetitions.claimed(repetitionKind, repetition);
  }
}
