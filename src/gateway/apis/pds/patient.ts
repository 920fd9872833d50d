/** FHIR R4 Patient and RelatedPerson in the shape of the published PDS FHIR API (specification, schemas). Times as FHIR has them. */

export interface Coding {
  system: string;
  version?: string;
  code: string;
  display?: string;
}

export interface CodeableConcept {
  coding: Coding[];
}

export interface Period {
  start: string;
  end?: string;
}

export interface Extension {
  url: string;
  extension?: Extension[];
  valueString?: string;
  valueBoolean?: boolean;
  valuePositiveInt?: number;
  valueDateTime?: string;
  valueCoding?: Coding;
  valueCodeableConcept?: CodeableConcept;
  valuePeriod?: Partial<Period>;
  valueAddress?: { city?: string; district?: string; country?: string };
  valueReference?: { identifier: { system: string; value: string } };
}

export interface HumanName {
  id?: string;
  use: 'usual' | 'temp' | 'nickname' | 'old' | 'maiden';
  period?: Period;
  given?: string[];
  family: string;
  prefix?: string[];
  suffix?: string[];
}

export interface Address {
  id?: string;
  period?: Period;
  use: 'home' | 'work' | 'temp' | 'billing';
  text?: string;
  /** Five lines as stored; blank ones are omitted in responses. A pseudo postcode needs none. */
  line?: string[];
  postalCode?: string;
  extension?: Extension[];
}

export interface ContactPoint {
  id?: string;
  period?: Period;
  system: 'phone' | 'fax' | 'email' | 'other';
  value: string;
  use?: 'home' | 'work' | 'temp' | 'mobile';
  extension?: Extension[];
}

export interface Contact {
  id: string;
  period: Period;
  relationship: CodeableConcept[];
  telecom: ContactPoint[];
}

export interface OrganizationReference {
  id?: string;
  type: 'Organization';
  identifier: { system: string; value: string; period?: Period };
}

export type Gender = 'male' | 'female' | 'other' | 'unknown';

/** Confidentiality of a record: unrestricted, restricted, very restricted. */
export type Confidentiality = 'U' | 'R' | 'V';

export interface Patient {
  resourceType: 'Patient';
  id: string;
  identifier: { system: string; value: string; extension: Extension[] }[];
  meta: { versionId: string; security: [{ system: string; code: Confidentiality; display: string }] };
  name?: HumanName[];
  gender?: Gender;
  birthDate?: string;
  multipleBirthInteger?: number;
  deceasedDateTime?: string;
  address?: Address[];
  telecom?: ContactPoint[];
  contact?: Contact[];
  generalPractitioner?: OrganizationReference[];
  managingOrganization?: OrganizationReference;
  extension?: Extension[];
}

export interface RelatedPerson {
  resourceType: 'RelatedPerson';
  id: string;
  active: boolean;
  patient: { identifier: { system: string; value: string } };
  period: Period;
  relationship: CodeableConcept[];
  name?: HumanName[];
  address?: Address[];
  telecom?: ContactPoint[];
  extension?: Extension[];
}

/** Former values of a record, only for a search with history. */
export interface History {
  name: HumanName[];
  address: Address[];
  telecom: ContactPoint[];
  gender: Gender[];
}

/** A European Health Insurance Card. */
export interface Coverage {
  card: string;
  /** ISO 3166-1, three letters. */
  country: string;
  beneficiary?: string;
  institution?: string;
  end: string;
  /** Whether it must not be shown. */
  hidden?: boolean;
}

/** A complete stored record, whatever its confidentiality. */
export interface PatientRecord {
  patient: Patient;
  /** Addresses marked as not to be shown: stored, but never returned, and no search matches them. */
  hiddenAddress?: Address[];
  related: RelatedPerson[];
  coverage?: Coverage;
  history: History;
  /** The record that replaced this one in a merge. */
  supersededBy: string | null;
  /** Whether it must no longer be shown. */
  invalidated: boolean;
}

/** Returns a copy without undefined members and empty lists. */
export function withoutEmpty<P extends object>(patient: P): P {
  const kept = { ...patient };
  for (const [name, value] of Object.entries(kept))
    if (value === undefined || (Array.isArray(value) && value.length === 0))
      Reflect.deleteProperty(kept, name);
  return kept;
}
