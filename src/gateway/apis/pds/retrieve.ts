import { etagOf, type Operation, publishedBase, searchset } from './operations.ts';
import { fhir } from './outcomes.ts';
import { confidentialityOf, shown, shownRelated } from './redaction.ts';

/** GET /Patient/{id}: returns the record, or the one that superseded it, with its version as ETag. */
export const retrievePatient: Operation = {
  method: 'GET',
  path: /^\/Patient\/(?<id>[^/]+)$/,
  async answer({ parts, patients, grants }) {
    const { patient } = await patients.current(parts.id ?? '');
    return fhir(200, shown(patient, grants), { etag: etagOf(patient.meta.versionId) });
  },
};

/** GET /Patient/{id}/RelatedPerson: returns no one for a restricted record. */
export const retrieveRelatedPeople: Operation = {
  method: 'GET',
  path: /^\/Patient\/(?<id>[^/]+)\/RelatedPerson$/,
  async answer({ parts, patients, grants, clock }) {
    const { patient, related } = await patients.current(parts.id ?? '');
    const people = confidentialityOf(patient) === 'U' ? related : [];
    return fhir(
      200,
      searchset(
        clock,
        people.map((person) => ({
          fullUrl: `${publishedBase}/Patient/${patient.id}/RelatedPerson/${person.id}`,
          resource: shownRelated(person, grants),
        })),
      ),
    );
  },
};
