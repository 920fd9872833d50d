import { Answer } from '@alongside/kernel/answer';
import { etagOf, type Operation, publishedBase, searchset } from './operations.ts';
import { fhir } from './outcomes.ts';
import type { PatientRecord } from './patient.ts';
import { confidentialityOf, type Grants, shown, shownRelated } from './redaction.ts';

/** The responses with a shared record, by the grants that they depend on. */
const responses = new WeakMap<PatientRecord, Map<string, Answer>>();

const viewOf = ({ privileged, confidentialRemoval, emptyAddressLines }: Grants): string =>
  `${privileged} ${confidentialRemoval} ${emptyAddressLines}`;

/** Returns the response with a record, made once for each view of it. */
function responseWith(record: PatientRecord, grants: Grants): Answer {
  const made = responses.get(record) ?? new Map<string, Answer>();
  const known = made.get(viewOf(grants));
  if (known) return known;
  const { patient } = record;
  const { status, headers, body } = fhir(200, shown(patient, grants), {
    etag: etagOf(patient.meta.versionId),
  });
  const response = new Answer(status, Object.freeze(headers), Buffer.from(body));
  responses.set(record, made.set(viewOf(grants), response));
  return response;
}

/** GET /Patient/{id}: returns the record, or the one that superseded it, with its version as ETag. */
export const retrievePatient: Operation = {
  method: 'GET',
  path: /^\/Patient\/(?<id>[^/]+)$/,
  async answer({ parts, patients, grants }) {
    return responseWith(await patients.current(parts.id ?? ''), grants);
  },
};

/** GET /Patient/{id}/RelatedPerson: returns no one for a restricted record. */
export const retrieveRelatedPeople: Operation = {
  method: 'GET',
  path: /^\/Patient\/(?<id>[^/]+)\/RelatedPerson$/,
  async answer({ parts, patients, grants, clock }) {
    const { patient, related } = await patients.current(parts.id ?? '');
    const people = confidentialityOf(patient) === 'U' ? related : [];
    const entries = people.map(async (person) => {
      const { value } = person.patient.identifier;
      const record = value === patient.id ? undefined : await patients.retained(await patients.get(value));
      return {
        fullUrl: `${publishedBase}/Patient/${patient.id}/RelatedPerson/${person.id}`,
        resource: shownRelated(person, grants, record?.patient),
      };
    });
    return fhir(200, searchset(clock, await Promise.all(entries)));
  },
};
