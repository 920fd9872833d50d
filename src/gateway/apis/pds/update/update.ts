import { isDeepStrictEqual } from 'node:util';
import type { Answer } from '@alongside/kernel/answer';
import { isObject } from '@alongside/kernel/json';
import { checkExtensionShapes } from '../extensions.ts';
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
import { type Patient, type PatientRecord, withoutEmpty } from '../patient.ts';
import { confidentialityOf, type Grants, shown } from '../redaction.ts';
import { checkShape, patientShape } from '../shape.ts';
import { checkTexts, checkValues } from '../values.ts';
import { extensionUrls, locatingExtensions, urls } from '../vocabulary.ts';
import { applyPatches, type PatchCheck } from './apply.ts';
import { checkIdentities } from './identities.ts';
import { normalised } from './normalise.ts';
import { invalidUpdate, type Patch, readPatches } from './patches.ts';
import { checkRules } from './rules.ts';

const extensions: readonly unknown[] = [
  extensionUrls.communication,
  extensionUrls.nominatedPharmacy,
  extensionUrls.dispensingDoctor,
  extensionUrls.applianceSupplier,
  urls.birthPlace,
];

type JsonEntry = Record<string, unknown>;

/** Lists that citizens may change in their own record, with the entries concerned (specification, patient-patch). */
const open: Readonly<Record<string, (entry: JsonEntry) => boolean>> = {
  address: () => true,
  contact: () => true,
  telecom: ({ system, use }) => system === 'email' || (system === 'phone' && use === 'mobile'),
  extension: ({ url }) => extensions.includes(url),
};

/** Lists of which citizens may change a part of an entry; entries of others are sent as a whole. */
const partly: readonly string[] = ['address', 'contact'];

const asEntry = (value: unknown): JsonEntry =>
  typeof value === 'object' && value !== null ? (value as JsonEntry) : {};

/** Returns the entry that exists at the place of a patch. */
function existing({ parts: [root = '', place] }: Patch, document: object): JsonEntry {
  const list: unknown = Reflect.get(document, root);
  return asEntry(Array.isArray(list) ? list[Number(place)] : undefined);
}

/** Refuses a patch that a citizen may not send. */
const checkCitizen: PatchCheck = (patch, document) => {
  if (patch.op === 'test') return;
  const { op, parts, value } = patch;
  const [root = '', place] = parts;
  const allows = open[root];
  const isWhole = parts.length === 2;
  const isNew = op === 'add' && place === '-';
  const before = isNew || allows?.(existing(patch, document)) === true;
  const after = op === 'remove' || !isWhole || allows?.(asEntry(value)) === true;
  if (!allows || !before || !after || !(isWhole || op === 'remove' || partly.includes(root)))
    throw invalidUpdate('This user does not have permission to update the fields in the patches provided.');
};

interface Entry {
  id?: string;
  url?: string;
}

const keyOf = ({ id, url }: Entry): string | undefined => url ?? id;

/**
 * Returns the list to store. Entries that the client did not change stay as stored, even if the client saw less of them; so do
 * entries that the client did not see.
 */
function keptList(stored: readonly Entry[], seen: readonly Entry[], wanted: readonly Entry[]): Entry[] {
  const seenBy = new Map(seen.map((entry) => [keyOf(entry), entry]));
  const wantedBy = new Map(wanted.map((entry) => [keyOf(entry), entry]));
  const old = stored.flatMap((entry) => {
    const key = keyOf(entry);
    const now = wantedBy.get(key);
    wantedBy.delete(key);
    const untouched = seenBy.has(key) ? isDeepStrictEqual(seenBy.get(key), now) : now === undefined;
    const kept = untouched ? entry : now;
    return kept ? [kept] : [];
  });
  return [...old, ...wantedBy.values()];
}

const listed = ['name', 'address', 'telecom', 'contact', 'generalPractitioner', 'extension'] as const;
const single = ['gender', 'birthDate', 'multipleBirthInteger', 'deceasedDateTime'] as const;

/** Returns entries that were changed or removed. */
const gone = <T extends Entry>(before: readonly T[] = [], after: readonly T[] = []): T[] =>
  before.filter((entry) => !after.some((other) => isDeepStrictEqual(other, entry)));

function historyOf({ patient: before, history }: PatientRecord, after: Patient): PatientRecord['history'] {
  const gender = before.gender !== undefined && before.gender !== after.gender ? [before.gender] : [];
  return {
    name: [...history.name, ...gone(before.name, after.name)],
    address: [...history.address, ...gone(before.address, after.address)],
    telecom: [...history.telecom, ...gone(before.telecom, after.telecom)],
    gender: [...history.gender, ...gender],
  };
}

/** Returns the record to store, from the stored one, what the client saw and what the client wants. */
function merged(record: PatientRecord, seen: Patient, wanted: Patient): PatientRecord {
  const stored = record.patient;
  const singles = single
    .filter((member) => member in seen || member in wanted)
    .map((member) => [member, wanted[member]]);
  const lists = listed.map((member) => [
    member,
    keptList(stored[member] ?? [], seen[member] ?? [], wanted[member] ?? []),
  ]);
  const patient = Object.assign({ ...stored }, Object.fromEntries([...singles, ...lists]));
  const version = String(Number(stored.meta.versionId) + 1);
  const next = { ...withoutEmpty(patient), meta: { ...stored.meta, versionId: version } };
  return { ...record, patient: next, history: historyOf(record, next) };
}

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
  const additional = ([name = '']: readonly string[]) =>
    invalidUpdate(`Update unsupported for resource - '${name}'`);
  checkShape(patientShape, wanted, { additional });
  checkValues(seen, wanted);
  checkRules({ before: seen, after: wanted, today, refuse: invalidUpdate });
  checkExtensionShapes(seen, wanted, additional);
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
