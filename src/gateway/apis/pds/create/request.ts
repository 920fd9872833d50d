import { isObject } from '@alongside/kernel/json';
import { z } from 'zod';
import { readObject } from '../operations.ts';
import { outcomes } from '../outcomes.ts';
import type { Address, ContactPoint, Extension, Gender, HumanName } from '../patient.ts';
import { checkShape, patientShape } from '../shape.ts';
import { checkBody, checkValues } from '../values.ts';
import { extensionUrls, urls } from '../vocabulary.ts';

/** A valid request for a new patient. */
export interface NewPatient {
  name: HumanName[];
  gender: Gender;
  birthDate: string;
  address: Address[];
  telecom?: ContactPoint[] | undefined;
  extension: Extension[];
}

/** Extensions that are stored. */
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
  gender: z.enum(['male', 'female', 'other', 'unknown']),
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
export function readNewPatient(body: string): NewPatient {
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
  return result;
}
