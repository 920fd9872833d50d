import type { z } from 'zod';
import type * as shape from './shape.ts';

/** FHIR R4 Patient and RelatedPerson in the shape of the published PDS FHIR API (specification, schemas). Times as FHIR has them. */

export type Coding = z.infer<typeof shape.coding>;
export type Period = z.infer<typeof shape.period>;
export type Extension = z.infer<typeof shape.extension>;
export type HumanName = z.infer<typeof shape.name>;
export type Address = z.infer<typeof shape.address>;
export type Contact = z.infer<typeof shape.contact>;
export type ContactPoint = z.infer<typeof shape.telecom>;
export type OrganizationReference = z.infer<typeof shape.organisation>;
export type Gender = z.infer<typeof shape.gender>;

/** Confidentiality of a record: unrestricted, restricted, very restricted. */
export type Confidentiality = z.infer<typeof shape.confidentiality>;
export type Patient = z.infer<typeof shape.patientShape>;

export interface RelatedPerson {
  resourceType: 'RelatedPerson';
  id: string;
  active: boolean;
  patient: { identifier: { system: string; value: string } };
  period: Period;
  relationship: { coding: Coding[] }[];
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
