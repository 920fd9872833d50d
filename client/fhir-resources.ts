import { ClientError } from './errors.ts';
import type { Shape } from './shape.ts';
import { misfit, resourceOf } from './shape.ts';

/** A period of time. */
export interface Period {
  start?: string;
  end?: string;
}

/** A business identifier. */
export interface Identifier {
  id?: string;
  use?: string;
  system?: string;
  value?: string;
  period?: Period;
}

/** A reference to another resource. */
export interface Reference {
  id?: string;
  type?: string;
  reference?: string;
  identifier?: Identifier;
  display?: string;
}

/** A coded concept. */
export interface CodeableConcept {
  coding?: { system?: string; version?: string; code?: string; display?: string }[];
  text?: string;
}

/** A name of a person. */
export interface HumanName {
  id?: string;
  use?: string;
  text?: string;
  prefix?: string[];
  given?: string[];
  family?: string;
  suffix?: string[];
  period?: Period;
}

/** A postal address. */
export interface Address {
  id?: string;
  use?: string;
  text?: string;
  line?: string[];
  postalCode?: string;
  period?: Period;
  extension?: Extension[];
}

/** A telephone number or e-mail address. */
export interface ContactPoint {
  id?: string;
  system?: string;
  use?: string;
  value?: string;
  period?: Period;
  extension?: Extension[];
}

/** A FHIR extension with its value or its parts. */
export interface Extension {
  url: string;
  extension?: Extension[];
  [value: string]: unknown;
}

/** A FHIR R4 Patient as PDS returns it; other members are present too. */
export interface Patient {
  resourceType: 'Patient';
  id: string;
  meta?: { versionId?: string; security?: { system?: string; code?: string; display?: string }[] };
  identifier?: Identifier[];
  name?: HumanName[];
  gender?: string;
  birthDate?: string;
  deceasedDateTime?: string;
  multipleBirthInteger?: number;
  address?: Address[];
  telecom?: ContactPoint[];
  generalPractitioner?: Reference[];
  contact?: { id?: string; telecom?: ContactPoint[]; relationship?: CodeableConcept[]; period?: Period }[];
  extension?: Extension[];
  [member: string]: unknown;
}

/** A person related to a patient; other members are present too. */
export interface RelatedPerson {
  resourceType: 'RelatedPerson';
  id: string;
  active?: boolean;
  patient?: Reference;
  relationship?: CodeableConcept[];
  name?: HumanName[];
  telecom?: ContactPoint[];
  address?: Address[];
  period?: Period;
  extension?: Extension[];
  [member: string]: unknown;
}

/** A European health insurance card of a patient; other members are present too. */
export interface Coverage {
  resourceType: 'Coverage';
  status?: string;
  identifier?: (Identifier & { assigner?: Reference })[];
  beneficiary?: Reference;
  subscriber?: Reference;
  payor?: Reference[];
  period?: Period;
  [member: string]: unknown;
}

/** A FHIR R4 Bundle. */
export interface Bundle {
  resourceType: 'Bundle';
  type?: string;
  total?: number;
  timestamp?: string;
  meta?: { versionId?: string };
  entry?: { fullUrl?: string; search?: { score?: number }; resource?: unknown }[];
}

/** A FHIR R4 OperationOutcome. */
export interface OperationOutcome {
  resourceType: 'OperationOutcome';
  issue: {
    severity?: string;
    code?: string;
    diagnostics?: string;
    details?: CodeableConcept;
  }[];
}

const period: Shape = { start: 'text', end: 'text' };
const identifier: Shape = { id: 'text', use: 'text', system: 'text', value: 'text', period };
const reference: Shape = { type: 'text', reference: 'text', identifier, display: 'text' };
const coding: Shape = { system: 'text', version: 'text', code: 'text', display: 'text' };
const concept: Shape = { coding: [coding], text: 'text' };
const extension: Shape = { url: 'text' };
const name: Shape = {
  id: 'text',
  use: 'text',
  text: 'text',
  family: 'text',
  period,
  prefix: ['text'],
  given: ['text'],
  suffix: ['text'],
};
const address: Shape = {
  id: 'text',
  use: 'text',
  text: 'text',
  line: ['text'],
  postalCode: 'text',
  period,
  extension: [extension],
};
const telecom: Shape = { id: 'text', system: 'text', use: 'text', value: 'text', period };

const patient: Shape = {
  id: 'text',
  gender: 'text',
  birthDate: 'text',
  deceasedDateTime: 'text',
  multipleBirthInteger: 'number',
  meta: { versionId: 'text', security: [coding] },
  identifier: [identifier],
  name: [name],
  address: [address],
  telecom: [telecom],
  generalPractitioner: [reference],
  contact: [{ id: 'text', telecom: [telecom], relationship: [concept], period }],
  extension: [extension],
};

const relatedPerson: Shape = {
  id: 'text',
  active: 'flag',
  patient: reference,
  period,
  relationship: [concept],
  name: [name],
  telecom: [telecom],
  address: [address],
  extension: [extension],
};

const coverage: Shape = {
  status: 'text',
  identifier: [identifier],
  beneficiary: reference,
  subscriber: reference,
  payor: [reference],
  period,
};

const bundle: Shape = {
  type: 'text',
  total: 'number',
  timestamp: 'text',
  meta: { versionId: 'text' },
  entry: [{ fullUrl: 'text', search: { score: 'number' } }],
};

const outcome: Shape = {
  issue: [{ severity: 'text', code: 'text', diagnostics: 'text', details: concept }],
};

/** Returns a value as a Patient. Throws `response_invalid`, as the others do. */
export function patientOf(value: unknown): Patient {
  const found = resourceOf<Patient>(value, 'Patient', patient);
  if (typeof found.id !== 'string')
    throw new ClientError('response_invalid', 'The API answered with a Patient without an NHS number.');
  return found;
}

export const relatedPersonOf = (value: unknown): RelatedPerson =>
  resourceOf(value, 'RelatedPerson', relatedPerson);

export const coverageOf = (value: unknown): Coverage => resourceOf(value, 'Coverage', coverage);

export const bundleOf = (value: unknown): Bundle => resourceOf(value, 'Bundle', bundle);

/** Returns a value as an OperationOutcome; undefined for anything else. */
export function outcomeOf(value: unknown): OperationOutcome | undefined {
  const found = value as Partial<OperationOutcome> | undefined;
  if (found?.resourceType !== 'OperationOutcome' || !Array.isArray(found.issue)) return undefined;
  return misfit(found, outcome) === undefined ? (found as OperationOutcome) : undefined;
}
