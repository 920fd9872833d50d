import type { Clock } from '@alongside/kernel/clock';
import { type Database, must, type Statement, sql } from '../../../storage/database.ts';
import { SingleUse } from '../../../storage/single-use.ts';
import { isNhsNumber } from './nhs-number.ts';
import { outcomes } from './outcomes.ts';
import type { PatientRecord } from './patient.ts';

interface PatientRow {
  nhs_number: string;
  version: number;
  body: string;
  birth_date: string;
}

/** A range of days of birth, both ends in it. ISO dates. */
export interface BirthRange {
  from: string;
  to: string;
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

/** How many records are read at a time, so that a search over many years holds few of them. */
const pageSize = 250;

/** What a search finds a record by, in its row. */
const birthDateOf = ({ patient }: PatientRecord): string => patient.birthDate ?? '';

/** Keeps a record where its number is not taken. */
export const insertingPatient = (record: PatientRecord): Statement =>
  sql(
    'INSERT INTO patient (nhs_number, version, body, birth_date) VALUES (?, ?, ?, ?) ON CONFLICT (nhs_number) DO NOTHING',
    record.patient.id,
    Number(record.patient.meta.versionId),
    JSON.stringify(record),
    birthDateOf(record),
  );

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

  /** Every record of somebody born in this time, page by page; also those that were merged into another or invalidated. */
  async *bornWithin({ from, to }: BirthRange): AsyncGenerator<PatientRecord[]> {
    let after = { birth: from, number: '' };
    while (after.birth <= to) {
      const rows = await this.#database.all<PatientRow>(
        sql(
          `SELECT * FROM patient WHERE birth_date >= ? AND birth_date <= ? AND (birth_date > ? OR nhs_number > ?)
           ORDER BY birth_date, nhs_number LIMIT ?`,
          after.birth,
          to,
          after.birth,
          after.number,
          pageSize,
        ),
      );
      if (rows.length > 0) yield rows.map(recordOf);
      const last = rows.at(-1);
      if (last === undefined || rows.length < pageSize) return;
      after = { birth: last.birth_date, number: last.nhs_number };
    }
  }

  /**
   * The conditional write that puts the next version in the place of this one: one of two concurrent changes wins.
   * `repetition` is remembered with it, so that the same request sent again is known. `more` happens with it.
   */
  async replace(
    record: PatientRecord,
    version: number,
    repetition: string,
    more: readonly Statement[] = [],
  ): Promise<boolean> {
    const { done } = await this.#database.batch([
      must(
        sql(
          'UPDATE patient SET version = ?, body = ?, birth_date = ? WHERE nhs_number = ? AND version = ?',
          version + 1,
          JSON.stringify(record),
          birthDateOf(record),
          record.patient.id,
          version,
        ),
      ),
      this.#repetitions.claiming(repetitionKind, repetition, repetitionTime),
      ...more,
    ]);
    return done;
  }

  /** Whether this very request has already changed a record within the last hour. */
  wasUpdatedBy(repetition: string): Promise<boolean> {
    return this.#repetitions.claimed(repetitionKind, repetition);
  }
}
