import {
  type Address,
  type Confidentiality,
  type Extension,
  type Patient,
  type RelatedPerson,
  withoutEmpty,
} from './patient.ts';
import { locatingExtensions, urls } from './vocabulary.ts';

/** Additional grants of the caller's application. */
export interface Grants {
  /** Privileged access: restricted records in full. */
  privileged: boolean;
  /** Shows removal codes that reveal a confidential matter. */
  confidentialRemoval: boolean;
  /** Keeps the blank lines of an address. */
  emptyAddressLines: boolean;
}

/** Removal codes that reveal nothing confidential. */
const openRemovalCodes = new Set(['DEA', 'EMB', 'SCT', 'NIT', 'TRA', 'ORR']);
/** Never shown, whatever the grants. */
const closedRemovalCode = 'LDN';

const shownCode = (code: string, confidential: boolean): boolean =>
  openRemovalCodes.has(code) || (confidential && code !== closedRemovalCode);

/** Replaces a removal code that the caller may not see by "other reason". */
function hideRemoval(extension: Extension, confidential: boolean): Extension {
  if (extension.url !== urls.removal) return extension;
  return {
    ...extension,
    extension: extension.extension?.map((part) => {
      const [coding] = part.valueCodeableConcept?.coding ?? [];
      if (!coding || shownCode(coding.code, confidential)) return part;
      return {
        ...part,
        valueCodeableConcept: { coding: [{ ...coding, code: 'ORR', display: 'Other Reason' }] },
      };
    }),
  };
}

const shownAddress = (address: Address, emptyLines: boolean): Address =>
  emptyLines ? address : withoutEmpty({ ...address, line: address.line?.filter((line) => line !== '') });

const isLocating = ({ url }: Extension): boolean => locatingExtensions.includes(url);

// Removes members individually, so that members added later are shown only in unrestricted records.
function restricted(patient: Patient): Patient {
  const {
    resourceType,
    id,
    identifier,
    meta,
    name,
    gender,
    birthDate,
    multipleBirthInteger,
    deceasedDateTime,
  } = patient;
  const extension = patient.extension?.filter((entry) => !isLocating(entry));
  return {
    resourceType,
    id,
    identifier,
    meta,
    ...(name && { name }),
    ...(gender && { gender }),
    ...(birthDate && { birthDate }),
    ...(multipleBirthInteger && { multipleBirthInteger }),
    ...(deceasedDateTime && { deceasedDateTime }),
    ...(extension && extension.length > 0 && { extension }),
  };
}

function veryRestricted(patient: Patient): Patient {
  const { name: _name, birthDate: _birthDate, ...rest } = restricted(patient);
  return rest;
}

const views: Readonly<Record<Confidentiality, (patient: Patient, privileged: boolean) => Patient>> = {
  U: (patient) => patient,
  R: (patient, privileged) => (privileged ? patient : restricted(patient)),
  V: veryRestricted,
};

/** Confidentiality of a record. */
export const confidentialityOf = (patient: Patient): Confidentiality => patient.meta.security[0].code;

/** Returns a copy of the record with only what this caller may see. */
export function shown(patient: Patient, grants: Grants): Patient {
  const view = views[confidentialityOf(patient)](patient, grants.privileged);
  return {
    ...view,
    ...(view.address && {
      address: view.address.map((address) => shownAddress(address, grants.emptyAddressLines)),
    }),
    ...(view.extension && {
      extension: view.extension.map((extension) => hideRemoval(extension, grants.confidentialRemoval)),
    }),
  };
}

/**
 * Returns only what this caller may see of a related person.
 * @param record the person's own record, if the person refers to one; a restricted one hides where the person is
 */
export function shownRelated(
  { address, telecom, ...person }: RelatedPerson,
  grants: Grants,
  record: Patient | undefined,
): RelatedPerson {
  if (record && confidentialityOf(record) !== 'U') return person;
  return {
    ...person,
    ...(address && { address: address.map((one) => shownAddress(one, grants.emptyAddressLines)) }),
    ...(telecom && { telecom }),
  };
}
