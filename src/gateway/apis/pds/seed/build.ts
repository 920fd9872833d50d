import type {
  Address,
  Coding,
  Confidentiality,
  Contact,
  ContactPoint,
  Coverage,
  Extension,
  Gender,
  History,
  HumanName,
  OrganizationReference,
  Patient,
  PatientRecord,
  Period,
  RelatedPerson,
} from '../patient.ts';
import { coded, confidentialityText, extensionUrls, ukCoreSystem, urls } from '../vocabulary.ts';

/** The values that differ between seeded records. */
export interface Draft {
  id: string;
  version?: number;
  confidentiality?: Confidentiality;
  name?: HumanName[];
  gender?: Gender;
  birthDate?: string;
  multipleBirth?: number;
  deceased?: string;
  address?: Address[];
  hiddenAddress?: Address[];
  telecom?: ContactPoint[];
  contact?: Contact[];
  practice?: OrganizationReference;
  managing?: OrganizationReference;
  extension?: Extension[];
  related?: RelatedPerson[];
  coverage?: Coverage;
  history?: Partial<History>;
  supersededBy?: string;
  invalidated?: boolean;
}

const since2020 = (end?: string): Period => ({ start: '2020-01-01', ...(end && { end }) });

/** Returns a usual name, valid from birth. */
export const named = (family: string, given: string[], more: Partial<HumanName> = {}): HumanName => ({
  id: '123',
  use: 'usual',
  period: since2020(),
  ...(given.length > 0 && { given }),
  family,
  ...more,
});

/** Returns an address of up to five lines; blank ones keep their position. */
export const located = (line: string[], postalCode: string, more: Partial<Address> = {}): Address => ({
  id: '456',
  use: 'home',
  period: since2020(),
  line: [...line, '', '', '', '', ''].slice(0, 5),
  postalCode,
  ...more,
});

export const reached = (
  system: ContactPoint['system'],
  value: string,
  use: ContactPoint['use'],
  more: Partial<ContactPoint> = {},
): ContactPoint => ({ id: '789', period: since2020(), system, value, use, ...more });

/** Returns an organisation by its ODS code. */
export const organisation = (
  code: string,
  more: { id?: string; period?: Period } = {},
): OrganizationReference => ({
  ...(more.id && { id: more.id }),
  type: 'Organization',
  identifier: { system: urls.odsCode, value: code, period: more.period ?? since2020() },
});

export const pharmacy = (
  kind: 'nominatedPharmacy' | 'dispensingDoctor' | 'applianceSupplier',
  code: string,
): Extension => ({
  url: extensionUrls[kind],
  valueReference: { identifier: { system: urls.odsCode, value: code } },
});

const deathTexts = {
  1: 'Informal - death notice received via an update from a local NHS Organisation such as GP or Trust',
  2: 'Formal - death notice received from Registrar of Deaths',
} as const;

/** Returns a notification of death: 1 informal, 2 from the registrar. */
export const deathNotification = (code: keyof typeof deathTexts, at: string): Extension => ({
  url: extensionUrls.deathNotification,
  extension: [
    coded('deathNotificationStatus', {
      system: ukCoreSystem('DeathNotificationStatus'),
      version: '1.0.0',
      code: String(code),
      display: deathTexts[code],
    }),
    { url: 'systemEffectiveDate', valueDateTime: at },
  ],
});

export const communication = (code: string, display: string, interpreter: boolean): Extension => ({
  url: extensionUrls.communication,
  extension: [
    coded('language', { system: ukCoreSystem('HumanLanguage'), version: '1.0.0', code, display }),
    { url: 'interpreterRequired', valueBoolean: interpreter },
  ],
});

export const contactPreference = (
  format: Omit<Coding, 'system'>,
  method: Omit<Coding, 'system'>,
  times: string,
): Extension => ({
  url: extensionUrls.contactPreference,
  extension: [
    coded('PreferredWrittenCommunicationFormat', {
      system: ukCoreSystem('PreferredWrittenCommunicationFormat'),
      ...format,
    }),
    coded('PreferredContactMethod', { system: ukCoreSystem('PreferredContactMethod'), ...method }),
    { url: 'PreferredContactTimes', valueString: times },
  ],
});

export const birthPlace = (city: string, district: string, country: string): Extension => ({
  url: urls.birthPlace,
  valueAddress: { city, district, country },
});

/** Returns the reason for the removal from a practice's list. */
export const removal = (code: string, display: string, period: Period): Extension => ({
  url: urls.removal,
  extension: [
    coded('removalFromRegistrationCode', { system: urls.removalReason, code, display }),
    { url: 'effectiveTime', valuePeriod: period },
  ],
});

export const addressKey = (type: 'PAF' | 'UPRN', value: string) =>
  ({
    url: extensionUrls.addressKey,
    extension: [
      { url: 'type', valueCoding: { system: ukCoreSystem('AddressKeyType'), code: type } },
      { url: 'value', valueString: value },
    ],
  }) satisfies Extension;

export const textphone: Extension = {
  url: extensionUrls.otherContact,
  valueCoding: {
    system: ukCoreSystem('OtherContactSystem'),
    code: 'textphone',
    display: 'Minicom (Textphone)',
  },
};

export const emergencyContact = (id: string, period: Period, phone: string): Contact => ({
  id,
  period,
  relationship: [{ coding: [{ system: urls.contactRole, code: 'C', display: 'Emergency Contact' }] }],
  telecom: [{ system: 'phone', value: phone }],
});

const guardian: Coding = {
  system: urls.relatedPersonRole,
  code: 'Guardian',
  display: 'Guardian of patient',
};

/** The codings of a mother who is the next of kin: a role and a type. A guardian has one coding alone. */
export const nextOfKin: readonly Coding[] = [
  { system: urls.roleCode, code: 'MTH', display: 'mother' },
  { system: urls.contactRole, code: 'N', display: 'Next-of-Kin' },
];

/**
 * Returns a person related to a patient, a guardian by default.
 * @param patient the number of the patient, or that of the related person's own record, to which the person then refers
 */
export const relatedPerson = (
  patient: string,
  id: string,
  more: Partial<Pick<RelatedPerson, 'name' | 'address' | 'telecom' | 'extension'>> = {},
  codings: readonly Coding[] = [guardian],
): RelatedPerson => ({
  resourceType: 'RelatedPerson',
  id,
  active: true,
  patient: { identifier: { system: urls.nhsNumber, value: patient } },
  period: since2020('2021-12-31'),
  relationship: [{ coding: [...codings] }],
  ...more,
});

const verified: Extension = coded(extensionUrls.numberStatus, {
  system: ukCoreSystem('NHSNumberVerificationStatus'),
  version: '1.0.0',
  code: '01',
  display: 'Number present and verified',
});

function patientOf(draft: Draft): Patient {
  const { id, version = 1, confidentiality: code = 'U', multipleBirth, deceased, practice, managing } = draft;
  const { name, gender, birthDate, address, telecom, contact, extension } = draft;
  return {
    resourceType: 'Patient',
    id,
    identifier: [{ system: urls.nhsNumber, value: id, extension: [verified] }],
    meta: {
      versionId: String(version),
      security: [{ system: urls.confidentiality, code, display: confidentialityText[code] }],
    },
    ...(name && { name }),
    ...(gender && { gender }),
    ...(birthDate && { birthDate }),
    ...(multipleBirth && { multipleBirthInteger: multipleBirth }),
    ...(deceased && { deceasedDateTime: deceased }),
    ...(address && { address }),
    ...(telecom && { telecom }),
    ...(contact && { contact }),
    ...(practice && { generalPractitioner: [practice] }),
    ...(managing && { managingOrganization: managing }),
    ...(extension && { extension }),
  };
}

/** Completes a record from its special values. */
export const recordFrom = (draft: Draft): PatientRecord => ({
  patient: patientOf(draft),
  ...(draft.hiddenAddress && { hiddenAddress: draft.hiddenAddress }),
  related: draft.related ?? [],
  ...(draft.coverage && { coverage: draft.coverage }),
  history: { name: [], address: [], telecom: [], gender: [], ...draft.history },
  supersededBy: draft.supersededBy ?? null,
  invalidated: draft.invalidated ?? false,
});
