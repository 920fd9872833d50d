import { isObject, ParsedTexts } from '@alongside/kernel/json';
import { z } from 'zod';
import { type Database, found, must, type Statement, sql } from '../../../storage/database.ts';
import { integer, type RowOf, row, storedJson, text } from '../../../storage/row.ts';
import { Settings } from '../../../storage/settings.ts';
import { isNhsNumber, nhsNumbersFrom } from './nhs-number.ts';
import { outcomes } from './outcomes.ts';
import type { PatientRecord } from './patient.ts';
import type { Criteria } from './search/criteria.ts';
import { candidateStatements, keyStatements } from './search/keys.ts';
import { Turns } from './search/turns.ts';

const patientRow = row('patient', { nhs_number: text, version: integer, body: text, birth_date: text });
const recordShape = z.custom<PatientRecord>(isObject);

/** Maximum number of successive merges to follow. */
const maxChain = 10;

/** Numbers of new patients: from the published example of a creation to this one, which is not used. */
const newNumbers = ['5182663366', '5282663366'] as const;

const columns = 'nhs_number, version, body, birth_date';

export function recordOf({
  version,
  body,
}: Pick<RowOf<typeof patientRow>, 'version' | 'body'>): PatientRecord {
  const record = storedJson(recordShape, body, 'patient.body');
  record.patient.meta.versionId = String(version);
  return record;
}

/** The column of the date of birth, for reports. */
const birthDateOf = ({ patient }: PatientRecord): string => patient.birthDate ?? '';

const insertPatientStatement = (record: PatientRecord): Statement =>
  sql(
    'INSERT INTO patient (nhs_number, version, body, birth_date) VALUES (?, ?, ?, ?) ON CONFLICT (nhs_number) DO NOTHING',
    record.patient.id,
    Number(record.patient.meta.versionId),
    JSON.stringify(record),
    birthDateOf(record),
  );

/**
 * Returns the statements that store a record with its keys if its number is free. Where it is not, there are then keys of both: a
 * search compares the record itself.
 */
export const insertPatientStatements = (record: PatientRecord): Statement[] => [
  insertPatientStatement(record),
  ...keyStatements(undefined, record),
];

/** Returns the statements that remove all records. */
export const removePatientsStatements = (): Statement[] => [
  sql('DELETE FROM patient'),
  sql('DELETE FROM patient_key'),
];

/** Number of records read at a time. */
const pageSize = 100;
/** Maximum number of records that a search compares. */
const maxCandidates = 2_000;
/** The setting that the keys of this form are complete. */
const keyedSetting = 'pds.keys';
const keyedForm = '1';

/** The complete records. Redaction happens when they are read. */
export class Patients {
  readonly #database: Database;
  readonly #parsed = new ParsedTexts<PatientRecord>();
  readonly #turns = new Turns();

  constructor(database: Database) {
    this.#database = database;
  }

  /** Returns the record with exactly this number, whatever its state. It is shared while its row is unchanged, and frozen. */
  async get(nhsNumber: string): Promise<PatientRecord | undefined> {
    const statement = found(sql(`SELECT ${columns} FROM patient WHERE nhs_number = ?`, nhsNumber), 'patient');
    const stored = await this.#database.get(statement, patientRow);
    return stored && this.#parsed.of(`${nhsNumber} ${stored.version}`, stored.body, () => recordOf(stored));
  }

  /**
   * Returns the current record for this number: after a merge, its replacement. Throws the published refusals: an invalid number
   * before an unknown one, an unknown one before an invalidated one.
   */
  async current(nhsNumber: string): Promise<PatientRecord> {
    if (!isNhsNumber(nhsNumber)) throw outcomes.invalidResourceId('the id is not a valid NHS number');
    const record = await this.retained(await this.get(nhsNumber));
    if (!record) throw outcomes.notFound('no record has this number');
    if (record.invalidated) throw outcomes.invalidated('the record is marked as invalid');
    return record;
  }

  /** Returns the record that replaced this one in the end; itself without a merge. */
  async retained(record: PatientRecord | undefined): Promise<PatientRecord | undefined> {
    let current = record;
    for (let hops = 0; current?.supersededBy && hops < maxChain; hops++)
      current = await this.get(current.supersededBy);
    return current?.supersededBy ? undefined : current;
  }

  /** Returns the record with this number for a change; a merged one accepts none. Throws the published refusals. */
  async changeable(nhsNumber: string): Promise<PatientRecord> {
    const record = await this.get(nhsNumber);
    if (!record) throw outcomes.notFound('no record has this number');
    if (record.supersededBy !== null)
      throw outcomes.forbiddenUpdate('superseded', {
        reason: 'Update Failed - NHS No. supplied has been superseded in a merge',
      });
    if (record.invalidated) throw outcomes.invalidated('the record is marked as invalid');
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
    const statements = [must(insertPatientStatement(record)), ...keyStatements(undefined, record), ...more];
    return (await this.#database.batch(statements)).done;
  }

  /** Returns the numbers of records that may match; undefined for too many. */
  async #candidates(criteria: Criteria): Promise<string[] | undefined> {
    const numbers = new Set<string>();
    for (const statement of candidateStatements(criteria, maxCandidates + 1)) {
      for (const { nhs_number: number } of await this.#database.all(statement)) numbers.add(String(number));
      if (numbers.size > maxCandidates) return undefined;
    }
    return [...numbers].sort();
  }

  /** Calls `compare` with each record that may match, until it returns false. Returns false without calls for too many. */
  async search(criteria: Criteria, compare: (record: PatientRecord) => boolean): Promise<boolean> {
    const numbers = await this.#candidates(criteria);
    if (numbers === undefined) return false;
    let goesOn = true;
    for (let at = 0; goesOn && at < numbers.length; at += pageSize) {
      const page = numbers.slice(at, at + pageSize);
      const marks = page.map(() => '?').join(', ');
      const rows = await this.#database.all(
        sql(`SELECT ${columns} FROM patient WHERE nhs_number IN (${marks}) ORDER BY nhs_number`, ...page),
        patientRow,
      );
      await this.#turns.each(rows, (stored) => {
        goesOn = compare(recordOf(stored));
        return goesOn;
      });
    }
    return true;
  }

  /** Adds the keys of records from versions without keys. Several processes may do so at once. */
  async completeKeys(): Promise<void> {
    const settings = new Settings(this.#database);
    if ((await settings.get(keyedSetting)) === keyedForm) return;
    for (let after = ''; ; ) {
      const rows = await this.#database.all(
        sql(
          `SELECT ${columns} FROM patient WHERE nhs_number > ? ORDER BY nhs_number LIMIT ?`,
          after,
          pageSize,
        ),
        patientRow,
      );
      const last = rows.at(-1);
      if (!last) break;
      await this.#database.batch(rows.flatMap((stored) => keyStatements(undefined, recordOf(stored))));
      after = last.nhs_number;
    }
    await settings.set(keyedSetting, keyedForm);
  }

  /**
   * Replaces a record by its next version by a conditional write: one of two concurrent changes succeeds. Executes `more` in the same
   * batch.
   */
  async replace(
    before: PatientRecord,
    next: PatientRecord,
    more: readonly Statement[] = [],
  ): Promise<boolean> {
    const version = Number(before.patient.meta.versionId);
    const { done } = await this.#database.batch([
      must(
        sql(
          'UPDATE patient SET version = ?, body = ?, birth_date = ? WHERE nhs_number = ? AND version = ?',
          version + 1,
          JSON.stringify(next),
          birthDateOf(next),
          next.patient.id,
          version,
        ),
      ),
      ...keyStatements(before, next),
      ...more,
    ]);
    return done;
  }
}
