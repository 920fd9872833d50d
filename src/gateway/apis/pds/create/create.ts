import { errors } from '../../../errors/catalogue.ts';
import { checkContentType, etagOf, type Operation, type OperationRequest } from '../operations.ts';
import { fhir, outcomes } from '../outcomes.ts';
import type { PatientRecord } from '../patient.ts';
import { shown } from '../redaction.ts';
import { findMatches } from '../search/search.ts';
import { recordFrom } from '../seed/build.ts';
import { normalised } from '../update/normalise.ts';
import { checkRules } from '../update/rules.ts';
import { type NewPatient, readNewPatient } from './request.ts';

const invalidCreate = (reason: string) => outcomes.invalidCreate('the new patient breaks a rule', { reason });

/** Refuses a patient that has a record by family name, date of birth, gender and postcode. The published algorithm is not public. */
async function refuseKnown({ name, gender, birthDate, address }: NewPatient, { patients }: OperationRequest) {
  const home = address.find(({ use }) => use === 'home') ?? address[0];
  const found = await findMatches(patients, {
    ...{ fuzzy: false, exact: false, history: false, maxResults: 2 },
    family: name[0]?.family,
    given: [],
    gender,
    birthDate: [{ compare: 'eq', day: birthDate }],
    deathDate: [],
    postcode: home?.postalCode,
    ...{ practice: undefined, email: undefined, phone: undefined },
  });
  const open = found.filter(({ patient }) => patient.meta.security[0].code === 'U');
  if (open.length > 1) throw outcomes.multipleMatches(`${open.length} records match`);
  const number = open[0]?.patient.id;
  if (number !== undefined) throw outcomes.singleMatch('one record matches', { number });
}

/** Returns the record of a new patient with this number. */
function newRecord(wanted: NewPatient, id: string, today: string): PatientRecord {
  const withoutIds = <T extends { id?: string }>(list: readonly T[] = []): T[] =>
    list.map(({ id: _id, ...rest }) => rest as T);
  const after = normalised(
    {
      ...wanted,
      name: withoutIds(wanted.name),
      address: withoutIds(wanted.address),
      telecom: withoutIds(wanted.telecom),
    },
    {},
    today,
  );
  if (after.name.some(({ use, period }) => use === 'usual' && period?.end !== undefined))
    throw invalidCreate('An end date can not be provided on usual name');
  // The published request allows every gender.
  checkRules({ before: { gender: wanted.gender }, after, today, refuse: invalidCreate });
  const { name, gender, birthDate, address, telecom, extension } = after;
  return recordFrom({ id, name, gender, birthDate, address, ...(telecom && { telecom }), extension });
}

/** Each concurrent creation takes one number from the others. */
const mostAttempts = 100;

/** POST /Patient: creates a record with the next NHS number, unless the patient has one. */
export const createPatient: Operation = {
  method: 'POST',
  path: /^\/Patient$/,
  async change(asked, keepStatement) {
    checkContentType(asked, ['application/json']);
    const wanted = readNewPatient(asked.body);
    const today = new Date(asked.clock.now()).toISOString().slice(0, 10);
    for (let attempt = 0; attempt < mostAttempts; attempt++) {
      // Take the number before the search for a match. A concurrent creation then either takes the number or is found as a match.
      const number = await asked.patients.freeNumber();
      await refuseKnown(wanted, asked);
      const record = newRecord(wanted, number, today);
      const answer = fhir(201, shown(record.patient, asked.grants), { etag: etagOf('1') });
      const audited = asked.change?.recordStatement({ before: 0, version: 1, subject: number });
      if (await asked.patients.add(record, [keepStatement(answer), ...(audited ? [audited] : [])])) {
        asked.change?.done();
        return answer;
      }
    }
    throw errors.updateLate('too many patients are created at once');
  },
};
