import { isObject, ParsedTexts } from '@alongside/kernel/json';
import { z } from 'zod';
import { type Database, found, must, type Statement, sql } from '../../../storage/database.ts';
import { integer, type RowOf, row, storedJson, text } from '../../../storage/row.ts';
import { isNhsNumber, nhsNumbersFrom } from './nhs-number.ts';
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

/** Numbers of new patients: from the published example of a creation to this one, which is not used. */
const newNumbers = ['5182663366', '5282663366'] as const;

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
    const record = await this.retained(await this.get(nhsNumber));
    if (!record) throw outcomes.notFound();
    if (record.invalidated) throw outcomes.invalidated();
    return record;
  }

  /** Returns the record that replaced this one in the end; itself without a merge. */
  async retained(record: PatientRecord | undefined): Promise<PatientRecord | undefined> {
    let current = record;
    for (let hops = 0; current?.supersededBy && hops < longestChain; hops++)
      current = await this.get(current.supersededBy);
    return current?.supersededBy ? undefined : current;
  }

  /** Returns the record with this number for a change; a merged one accepts none. Throws the published refusals. */
  async changeable(nhsNumber: string): Promise<PatientRecord> {
    const record = await this.get(nhsNumber);
    if (!record) throw outcomes.notFound();
    if (record.supersededBy !== null)
      throw outcomes.forbiddenUpdate('superseded', {
        reason: 'Update Failed - NHS No. supplied has been superseded in a merge',
      });
    if (record.invalidated) throw outcomes.invalidated();
    return record;
  }

  /** Returns the next number for a new patient. It is free until a record is added, also by another process. */
  async freeNumber(): Promise<string> {
    const last = await this.#database.get(
      sql(
        'SELECT MAX(nhs_number) AS last FROM patient WHERE nhs_number >= ? AND nhs_number < ?',
        ...newNumbers,
      ),
    );
    const first = Number(newNumbers[0].slice(0, 9));
    const number = typeof last?.last === 'string' ? Number(last.last.slice(0, 9)) + 1 : first;
    const [next = ''] = nhsNumbersFrom(number);
    return next;
  }

  /** Adds a record and executes `more` in the same batch; returns false if the number is taken. */
  async add(record: PatientRecord, more: readonly Statement[] = []): Promise<boolean> {
    return (await this.#database.batch([must(insertPatientStatement(record)), ...more])).done;
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
