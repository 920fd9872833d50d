import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseOwnJson } from '@alongside/kernel/json';
import type { PatientRecord } from '../../src/gateway/apis/pds/patient.ts';
import { readCriteria } from '../../src/gateway/apis/pds/search/criteria.ts';
import { scoreOf } from '../../src/gateway/apis/pds/search/match.ts';
import { generatePatients } from '../../src/gateway/apis/pds/seed/population.ts';
import { insertPatientStatements } from '../../src/gateway/apis/pds/store.ts';
import { type Database, sql } from '../../src/storage/database.ts';
import { call, demand } from '../peers/call.ts';
import type { Operation } from '../peers/scenarios.ts';

/** The PDS of one instance, as the bearer of a token sees it. */
export interface Pds {
  readonly pid: number;
  /** Base address of the API. */
  readonly address: string;
  readonly token: string;
}

interface Bundle {
  resourceType: string;
  entry?: { resource: { id: string } }[];
}

const insertsAtOnce = 500;

/** Stores the generated patients up to this number, and returns them. The same number always gives the same patients. */
export async function fill(database: Database, count: number): Promise<PatientRecord[]> {
  const records = [...generatePatients(count)];
  for (let from = 0; from < count; from += insertsAtOnce)
    await database.batch(records.slice(from, from + insertsAtOnce).flatMap(insertPatientStatements));
  // As the server's own upkeep does later.
  if (database.dialect === 'postgres')
    for (const table of ['patient', 'patient_key']) await database.run(sql(`ANALYZE ${table}`));
  // The server may have closed idle connections; the client notices in the next round.
  await sleep(100);
  return records.filter(isPlain);
}

/** Whether every caller sees the whole record under its own number, as the comparisons here expect. */
const isPlain = ({ patient, supersededBy, invalidated }: PatientRecord): boolean =>
  supersededBy === null && !invalidated && patient.meta.security[0].code === 'U';

const headersOf = ({ token }: Pds, more: Record<string, string> = {}) => ({
  authorization: `Bearer ${token}`,
  'x-request-id': randomUUID(),
  ...more,
});

const read = (pds: Pds, { patient }: PatientRecord) =>
  demand(200, `${pds.address}/Patient/${patient.id}`, { headers: headersOf(pds) });

/** A search for one patient, with the parameters of each kind. */
export const searches: Readonly<Record<string, (record: PatientRecord) => string>> = {
  exact: ({ patient }) => queryOf(patient, { birthdate: `eq${patient.birthDate}`, '_exact-match': 'true' }),
  fuzzy: ({ patient }) =>
    queryOf(
      patient,
      { birthdate: `eq${patient.birthDate}`, '_fuzzy-match': 'true' },
      { family: `${patient.name?.[0]?.family}e` },
    ),
  'ten years': ({ patient }) => {
    const decade = String(patient.birthDate).slice(0, 3);
    const practice = String(patient.generalPractitioner?.[0]?.identifier.value);
    const range = `birthdate=ge${decade}0-01-01&birthdate=le${decade}9-12-31`;
    return `${queryOf(patient, { 'general-practitioner': practice })}&${range}`;
  },
};

function queryOf(
  { name, gender }: PatientRecord['patient'],
  more: Record<string, string>,
  { family = name?.[0]?.family ?? '' } = {},
): string {
  const given = name?.[0]?.given?.[0] ?? '';
  return new URLSearchParams({ family, given, gender: String(gender), ...more }).toString();
}

/** Searches and returns the numbers found, in ascending order. */
async function search(pds: Pds, query: string): Promise<string[]> {
  const { body } = await demand(200, `${pds.address}/Patient?${query}`, { headers: headersOf(pds) });
  const { resourceType, entry = [] } = JSON.parse(body) as Bundle;
  if (resourceType !== 'Bundle') throw new Error(`The search for ${query} answered ${body}`);
  return entry.map(({ resource }) => resource.id).sort();
}

/** Reads all records and compares each, as a search without keys does. */
export async function fullScan(
  database: Database,
  query: string,
): Promise<{ found: string[]; milliseconds: number }> {
  const began = performance.now();
  const criteria = readCriteria(query);
  const found: string[] = [];
  for (let after = ''; ; ) {
    const rows = await database.all<{ nhs_number: string; body: string }>(
      sql('SELECT nhs_number, body FROM patient WHERE nhs_number > ? ORDER BY nhs_number LIMIT 250', after),
    );
    for (const { nhs_number: number, body } of rows) {
      const record = parseOwnJson<PatientRecord>(body);
      const score = scoreOf(record, criteria);
      if (record.supersededBy !== null || record.invalidated || score === undefined) continue;
      if (!criteria.exact || score === 1) found.push(number);
    }
    const last = rows.at(-1);
    if (!last) break;
    after = last.nhs_number;
  }
  return { found: found.sort(), milliseconds: performance.now() - began };
}

const birthIn = (body: string): number | undefined =>
  (JSON.parse(body) as PatientRecord['patient']).multipleBirthInteger;

/** Prepares an update of a patient by the version that it has now. */
async function update(pds: Pds, record: PatientRecord): Promise<Operation> {
  const { headers, body } = await read(pds, record);
  const { id } = record.patient;
  // A member that no search uses.
  const patches = [{ op: 'add', path: '/multipleBirthInteger', value: birthIn(body) === 1 ? 2 : 1 }];
  const sent = {
    method: 'PATCH',
    body: JSON.stringify({ patches }),
    headers: headersOf(pds, {
      'content-type': 'application/json-patch+json',
      'if-match': String(headers.etag),
    }),
  };
  return async () => void (await demand(200, `${pds.address}/Patient/${id}`, sent));
}

/** Each operation by name, prepared for one patient. */
export const operations: Readonly<Record<string, (pds: Pds, record: PatientRecord) => Promise<Operation>>> = {
  read: async (pds, record) => async () => void (await read(pds, record)),
  ...Object.fromEntries(
    Object.entries(searches).map(([name, queryFor]) => [
      name,
      async (pds: Pds, record: PatientRecord) => async () => void (await search(pds, queryFor(record))),
    ]),
  ),
  update,
};

/** Throws unless reads, searches and updates are right: a search finds exactly what a full scan finds. Returns the scans. */
export async function check(
  pds: Pds,
  database: Database,
  record: PatientRecord,
): Promise<Record<string, number>> {
  const { patient } = record;
  const first = (await read(pds, record)).body;
  const seen = JSON.parse(first) as PatientRecord['patient'];
  if (seen.id !== patient.id || seen.birthDate !== patient.birthDate)
    throw new Error(`The read of ${patient.id} shows another record.`);
  const scans: Record<string, number> = {};
  for (const [name, queryFor] of Object.entries(searches)) {
    const query = queryFor(record);
    const { found, milliseconds } = await fullScan(database, query);
    const answered = await search(pds, query);
    if (!found.includes(patient.id) || answered.join() !== found.join())
      throw new Error(`The search ${name} finds ${answered.length} records, a full scan ${found.length}.`);
    scans[name] = milliseconds;
  }
  const before = Number(seen.meta.versionId);
  await (await update(pds, record))();
  const second = (await read(pds, record)).body;
  const after = JSON.parse(second) as PatientRecord['patient'];
  if (Number(after.meta.versionId) !== before + 1 || birthIn(second) === birthIn(first))
    throw new Error(`The read after the update of ${patient.id} does not show it.`);
  if ((await call(`${pds.address}/Patient/${patient.id}`)).status !== 401)
    throw new Error('The gateway accepts a call without a token.');
  return scans;
}
