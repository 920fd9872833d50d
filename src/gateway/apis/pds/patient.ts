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
  /** Five lines as they are kept; blank ones are dropped when they are sent. */
  line: string[];
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

/** How much of a record may be shown: unrestricted, restricted, very restricted. */
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

/** What a record said before: only a search that asks for history looks here. */
export interface History {
  name: HumanName[];
  address: Address[];
  telecom: ContactPoint[];
  gender: Gender[];
}

/** One record as it is kept: complete, whatever its confidentiality. */
export interface PatientRecord {
  patient: Patient;
  related: RelatedPerson[];
  history: History;
  /** The record that took this one's place in a merge. */
  supersededBy: string | null;
  /** Not to be shown any more. */
  invalidated: boolean;
}
