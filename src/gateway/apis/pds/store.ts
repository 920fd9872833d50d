import { isObject, ParsedTexts } from '@alongside/kernel/json';
import { z } from 'zod';
import { type Database, found, must, type Statement, sql } from '../../../storage/database.ts';
import { integer, type RowOf, row, storedJson, text } from '../../../storage/row.ts';
import { isNhsNumber } from './nhs-number.ts';
import { outcomes } from './outcomes.ts';
import type { PatientRecord } from './patient.ts';

const patientRow = row('patient', { nhs_number: text, version: integer, body: text, birth_date: text });
const recordShape = z.custom<PatientRecord>(isObject);

/** An inclusive range of days of birth, as ISO dates. */
export interface BirthRange {
  from: string;
  to: string;
}

/** Maximum number of successive merges to follow. */
const longestChain = 10;

const columns = 'nhs_number, version, body, birth_date';

function recordOf({ version, body }: RowOf<typeof patientRow>): PatientRecord {
  const record = storedJson(recordShape, body, 'patient.body');
  record.patient.meta.versionId = String(version);
  return record;
}

/** Number of records read at a time, so that a search over many years keeps few in memory. */
const pageSize = 250;

/** The column that a search uses. */
const birthDateOf = ({ patient }: PatientRecord): string => patient.birthDate ?? '';

export const insertPatientStatement = (record: PatientRecord): Statement =>
  sql(
    'INSERT INTO patient (nhs_number, version, body, birth_date) VALUES (?, ?, ?, ?) ON CONFLICT (nhs_number) DO NOTHING',
    record.patient.id,
    Number(record.patient.meta.versionId),
    JSON.stringify(record),
    birthDateOf(record),
  );

/** The complete records. Redaction happens when they are read. */
export class Patients {
  readonly #database: Database;
  readonly #parsed = new ParsedTexts<PatientRecord>();

  constructor(database: Database) {
    this.#database = database;
  }

  /** Returns the record with exactly this number, whatever its state. It is shared while its row is unchanged, and frozen. */
  async get(nhsNumber: string): Promise<PatientRecord | undefined> {
    const statement = found(sql(`SELECT ${columns} FROM patient WHERE nhs_number = ?`, nhsNumber));
    const stored = await this.#database.get(statement, patientRow);
    return stored && this.#parsed.of(`${nhsNumber} ${stored.version}`, stored.body, () => recordOf(stored));
  }

  /**
   * Returns the current record for this number: after a merge, its replacement. Throws the published refusals: an invalid number
   * before an unknown one, an unknown one before an invalidated one.
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

  /** Returns every record with a date of birth in this range, page by page, including merged and invalidated ones. */
  async *bornWithin({ from, to }: BirthRange): AsyncGenerator<PatientRecord[]> {
    let after = { birth: from, number: '' };
    while (after.birth <= to) {
      const rows = await this.#database.all(
        sql(
          `SELECT ${columns} FROM patient WHERE birth_date >= ? AND birth_date <= ? AND (birth_date > ? OR nhs_number > ?)
           ORDER BY birth_date, nhs_number LIMIT ?`,
          after.birth,
          to,
          after.birth,
          after.number,
          pageSize,
        ),
        patientRow,
      );
      if (rows.length > 0) yield rows.map(recordOf);
      const last = rows.at(-1);
      if (last === undefined || rows.length < pageSize) return;
      after = { birth: last.birth_date, number: last.nhs_number };
    }
  }

  /**
   * Replaces this version with the next by a conditional write: one of two concurrent changes succeeds. Executes `more` in the same
   * batch.
   */
  async replace(record: PatientRecord, version: number, more: readonly Statement[] = []): Promise<boolean> {
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
      ...more,
    ]);
    return done;
  }
}
