import { isObject } from '@alongside/kernel/json';
import { z } from 'zod';
import { errors } from '../../../errors/catalogue.ts';
import { checkExtensionShapes } from '../extensions.ts';
import {
  checkContentType,
  etagOf,
  type Operation,
  type OperationRequest,
  readObject,
} from '../operations.ts';
import { fhir, outcomes } from '../outcomes.ts';
import type { Address, ContactPoint, Extension, Gender, HumanName, PatientRecord } from '../patient.ts';
import { shown } from '../redaction.ts';
import { findMatches } from '../search/search.ts';
import { recordFrom } from '../seed/build.ts';
import { checkShape, patientShape } from '../shape.ts';
import { normalised } from '../update/normalise.ts';
import { checkRules } from '../update/rules.ts';
import { checkBody, checkValues } from '../values.ts';
import { extensionUrls, urls } from '../vocabulary.ts';

/** A valid request for a new patient. */
interface NewPatient {
  name: HumanName[];
  gender: Gender;
  birthDate: string;
  address: Address[];
  telecom?: ContactPoint[] | undefined;
  extension: Extension[];
}

const kept: readonly string[] = [extensionUrls.communication, extensionUrls.contactPreference];

const ukCore = 'https://fhir.hl7.org.uk/StructureDefinition/Extension-UKCore-';
const registeringAuthority = `${ukCore}RegisteringAuthority`;

/** Extensions that are accepted and not kept (specification, PatientCreateRequest). */
const ignored: readonly string[] = [
  urls.birthPlace,
  extensionUrls.deathNotification,
  ...['BirthSex', 'CadavericDonor', 'EthnicCategory', 'ResidentialStatus'].map((name) => ukCore + name),
  'http://hl7.org/fhir/StructureDefinition/patient-interpreterRequired',
  `${ukCore}NHSNumberUnavailableReason`,
];

const { name, address, telecom, extension } = patientShape.shape;

/** The published shape of the request; the server ignores `id`. */
const shape = z.strictObject({
  resourceType: z.literal('Patient').optional(),
  id: z.string().optional(),
  name: name.unwrap().max(1),
  gender: z.enum(['male', 'female', 'unknown']),
  birthDate: patientShape.shape.birthDate.unwrap(),
  address: address.unwrap().min(1),
  telecom,
  extension: z.array(z.looseObject({ url: z.enum([...kept, registeringAuthority, ...ignored]) })).min(1),
});

const authorityShape = z.tuple([
  z.looseObject({
    url: z.literal('registeringAuthorityType'),
    valueCodeableConcept: z.looseObject({
      coding: z.tuple([z.looseObject({ code: z.string().regex(/^[a-x1]$/) })]),
    }),
  }),
  z.looseObject({ url: z.literal('organisationIdentifier'), valueString: z.string().min(2).max(15) }),
]);

/** Members that are demanded before any value is read, in this order. */
const demanded = ['name', 'address', 'gender', 'birthDate'] as const;

const missing = (field: string) => outcomes.missingField('the request lacks a member', { field });

/** Drops blank titles and suffixes. */
function withoutBlanks(sent: unknown): unknown {
  if (!Array.isArray(sent)) return sent;
  const blank = (list: unknown) => Array.isArray(list) && list.every((part) => part === '');
  return sent.map((one) =>
    isObject(one)
      ? Object.fromEntries(
          Object.entries(one).filter(
            ([key, value]) => !((key === 'prefix' || key === 'suffix') && blank(value)),
          ),
        )
      : one,
  );
}

/** Postcodes are stored in upper case. */
const withUpperCase = (sent: unknown): unknown =>
  Array.isArray(sent)
    ? sent.map((one) =>
        isObject(one) && typeof one.postalCode === 'string'
          ? { ...one, postalCode: one.postalCode.toUpperCase() }
          : one,
      )
    : sent;

function checkMissing(sent: Record<string, unknown>): void {
  const first = demanded.find((member) => sent[member] === undefined || sent[member] === null);
  if (first !== undefined) throw missing(first);
  const addresses: unknown[] = Array.isArray(sent.address) ? sent.address : [];
  for (const [at, one] of addresses.entries())
    if (isObject(one) && !('period' in one)) throw missing(`address/${at}/period`);
}

function checkExtensions(extensions: readonly Extension[]): void {
  const at = extensions.findIndex(({ url }) => url === registeringAuthority);
  if (at < 0) throw missing('extension/registeringAuthority');
  const parts = extensions[at]?.extension;
  // In either order.
  const ordered =
    Array.isArray(parts) && parts[0]?.url === 'organisationIdentifier' ? [...parts].reverse() : parts;
  checkShape(authorityShape, ordered, { under: `extension/${at}/extension` });
  for (const [place, one] of extensions.entries())
    if (kept.includes(String(one.url)))
      checkShape(extension.unwrap().element, one, { under: `extension/${place}` });
}

/** Parses a request in the published order of errors: missing members, the period of an address, values. */
function readNewPatient(body: string): NewPatient {
  const sent = readObject(body);
  checkMissing(sent);
  checkBody(sent);
  const tidy = { ...sent, name: withoutBlanks(sent.name), address: withUpperCase(sent.address) };
  checkShape(shape, tidy);
  const read: unknown = tidy;
  const wanted = read as NewPatient;
  checkExtensions(wanted.extension);
  const result = { ...wanted, extension: wanted.extension.filter(({ url }) => kept.includes(url)) };
  checkValues({}, result);
  checkExtensionShapes({}, result);
  return result;
}

const invalidCreate = (reason: string) => outcomes.invalidCreate('the new patient breaks a rule', { reason });

/** Refuses a patient that has a record by family name, date of birth, gender and postcode. The published algorithm is not public. */
async function refuseKnown({ name, gender, birthDate, address }: NewPatient, { patients }: OperationRequest) {
  const home = address.find(({ use }) => use === 'home') ?? address[0];
  const found = await findMatches(patients, {
    fuzzy: false,
    exact: false,
    history: false,
    maxResults: 2,
    family: name[0]?.family,
    given: [],
    gender,
    birthDate: [{ compare: 'eq', day: birthDate }],
    deathDate: [],
    postcode: home?.postalCode,
    practice: undefined,
    email: undefined,
    phone: undefined,
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
  checkRules({ before: {}, after, today, refuse: invalidCreate });
  const { name, gender, birthDate, address, telecom, extension } = after;
  return recordFrom({ id, name, gender, birthDate, address, ...(telecom && { telecom }), extension });
}

/** Each concurrent creation takes one number from the others. */
const maxAttempts = 100;

/** POST /Patient: creates a record with the next NHS number, unless the patient has one. */
export const createPatient: Operation = {
  method: 'POST',
  path: /^\/Patient$/,
  async change(asked, keepStatement) {
    checkContentType(asked, ['application/json']);
    const wanted = readNewPatient(asked.body);
    const today = new Date(asked.clock.now()).toISOString().slice(0, 10);
    for (let attempt = 0; attempt < maxAttempts; attempt++) {
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
