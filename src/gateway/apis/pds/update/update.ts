import { isDeepStrictEqual } from 'node:util';
import type { Answer } from '@alongside/kernel/answer';
import { isObject } from '@alongside/kernel/json';
import { isNhsNumber } from '../nhs-number.ts';
import {
  checkContentType,
  etagOf,
  type Operation,
  type OperationRequest,
  readVersion,
  storeChange,
} from '../operations.ts';
import { fhir, outcomes } from '../outcomes.ts';
import type { Patient, PatientRecord } from '../patient.ts';
import { confidentialityOf, type Grants, shown } from '../redaction.ts';
import { checkShape, patientShape } from '../shape.ts';
import { checkTexts, checkValues } from '../values.ts';
import { locatingExtensions } from '../vocabulary.ts';
import { applyPatches } from './apply.ts';
import { checkCitizen } from './citizen.ts';
import { checkIdentities } from './identities.ts';
import { merged } from './merge.ts';
import { normalised } from './normalise.ts';
import { invalidUpdate, type Patch, readPatches } from './patches.ts';
import { checkRules } from './rules.ts';

const hiddenMembers: readonly string[] = ['address', 'telecom', 'contact', 'generalPractitioner'];

/** Refuses to change or test hidden members of a restricted record. */
function checkHidden(patches: readonly Patch[], patient: Patient): void {
  const code = confidentialityOf(patient);
  if (code === 'U') return;
  const hidden = [...hiddenMembers, ...(code === 'V' ? ['name', 'birthDate'] : [])];
  for (const { parts, value } of patches) {
    const url: unknown = isObject(value) ? value.url : undefined;
    if (hidden.includes(parts[0] ?? '') || locatingExtensions.some((locating) => locating === url))
      throw invalidUpdate('This user does not have permission to update the fields in the patches provided.');
  }
}

/** Returns the changed record. */
function changed(record: PatientRecord, patches: readonly Patch[], asked: OperationRequest): PatientRecord {
  const seen = shown(record.patient, asked.grants);
  checkHidden(patches, record.patient);
  const checks = [
    checkIdentities(patches),
    ...(asked.headers.has('nhsd-nhslogin-user') ? [checkCitizen] : []),
  ];
  const today = new Date(asked.clock.now()).toISOString().slice(0, 10);
  const wanted = normalised(applyPatches(seen, patches, ...checks), seen, today);
  if (isDeepStrictEqual(wanted, seen))
    throw invalidUpdate('Invalid patch - Provided patch made no changes to the resource');
  checkTexts(wanted);
  checkShape(patientShape, wanted, {
    additional: ([name = '']) => invalidUpdate(`Update unsupported for resource - '${name}'`),
  });
  checkValues(seen, wanted);
  checkRules({ before: seen, after: wanted, today, refuse: invalidUpdate });
  return merged(record, seen, wanted);
}

const answerWith = ({ patient }: PatientRecord, grants: Grants): Answer =>
  fhir(200, shown(patient, grants), { etag: etagOf(patient.meta.versionId) });

/** PATCH /Patient/{id}: applies all patches or none, to exactly the version that the client saw. */
export const updatePatient: Operation = {
  method: 'PATCH',
  path: /^\/Patient\/(?<id>[^/]+)$/,
  async change(asked, keepStatement) {
    if (!isNhsNumber(asked.parts.id ?? ''))
      throw outcomes.invalidResourceId('the id is not a valid NHS number');
    const version = readVersion(asked);
    checkContentType(asked);
    const record = await asked.patients.changeable(asked.parts.id ?? '');
    const patches = readPatches(asked.body);
    if (version !== etagOf(record.patient.meta.versionId))
      throw outcomes.versionMismatch(`If-Match is ${version}`);
    const next = changed(record, patches, asked);
    return storeChange(record, next, answerWith(next, asked.grants), asked, keepStatement);
  },
};
