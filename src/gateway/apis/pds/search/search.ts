import { type Operation, publishedBase, searchset } from '../operations.ts';
import { fhir, outcomes } from '../outcomes.ts';
import { type Patient, type PatientRecord, withoutEmpty } from '../patient.ts';
import { type Grants, shown } from '../redaction.ts';
import type { Patients } from '../store.ts';
import { extensionUrls } from '../vocabulary.ts';
import { type Criteria, readCriteria } from './criteria.ts';
import { scoreOf } from './match.ts';

interface Match {
  patient: Patient;
  score: number;
}

/** Members of a found record; the published resource is closed and omits the managing organisation (specification, PatientSearch). */
const members = [
  ...(['resourceType', 'id', 'identifier', 'meta', 'name', 'gender', 'birthDate'] as const),
  ...(['multipleBirthInteger', 'deceasedDateTime', 'address', 'telecom', 'contact'] as const),
  ...(['generalPractitioner', 'extension'] as const),
];

/** Returns the summary of a found record: current names, the home address, the death notification. */
function summary(patient: Patient, grants: Grants): Partial<Patient> {
  const view = shown(patient, { ...grants, privileged: false });
  const kept = {
    ...view,
    name: view.name?.filter(({ use }) => use !== 'old' && use !== 'maiden'),
    address: view.address?.filter(({ use }) => use === 'home'),
    extension: view.extension?.filter(({ url }) => url === extensionUrls.deathNotification),
  };
  return withoutEmpty(Object.fromEntries(members.map((member) => [member, kept[member]])));
}

/**
 * Returns the matching records, the best first and equal ones by number, with merged ones replaced. Refuses as soon as there are
 * more than requested, and a search that would compare too many records.
 */
export async function findMatches(patients: Patients, criteria: Criteria): Promise<Match[]> {
  const tooMany = () =>
    outcomes.tooManyMatches(`more than ${criteria.maxResults} matches, or too many to compare`);
  const scored: { record: PatientRecord; score: number }[] = [];
  let confirmed = 0;
  const isPossible = await patients.search(criteria, (record) => {
    const score = scoreOf(record, criteria);
    if (score === undefined || (criteria.exact && score !== 1)) return true;
    scored.push({ record, score });
    if (record.supersededBy === null && !record.invalidated) confirmed++;
    return confirmed <= criteria.maxResults;
  });
  if (!isPossible || confirmed > criteria.maxResults) throw tooMany();
  const found = new Map<string, Match>();
  for (const { record, score } of scored) {
    const current = await patients.retained(record);
    if (!current || current.invalidated) continue;
    // The replacement may be restricted where the merged record was not.
    if (current !== record && current.patient.meta.security[0].code !== 'U') continue;
    const { patient } = current;
    const before = found.get(patient.id);
    if (!before || before.score < score) found.set(patient.id, { patient, score });
    if (found.size > criteria.maxResults) throw tooMany();
  }
  return [...found.values()].sort((a, b) => b.score - a.score || (a.patient.id < b.patient.id ? -1 : 1));
}

/** GET /Patient: searches by demographics. For more matches than requested, returns an outcome with status 200 and no list. */
export const searchPatients: Operation = {
  method: 'GET',
  path: /^\/Patient$/,
  async answer({ query, patients, grants, clock }) {
    const criteria = readCriteria(query);
    const found = await findMatches(patients, criteria);
    return fhir(
      200,
      searchset(
        clock,
        found.map(({ patient, score }) => ({
          fullUrl: `${publishedBase}/Patient/${patient.id}`,
          search: { score },
          resource: summary(patient, grants),
        })),
      ),
    );
  },
};
