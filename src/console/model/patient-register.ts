import { z } from 'zod';
import { requiredText } from './request.ts';

const text = (most: number) =>
  requiredText.min(1, 'must not be empty').max(most, `must have at most ${most} characters`);

export const newPatient = z.strictObject({
  family: text(35),
  given: z.array(text(35), 'must be a list').max(5, 'must have at most 5 entries').default([]),
  gender: z.enum(['male', 'female', 'other', 'unknown'], 'must be male, female, other or unknown'),
  birthDate: text(10).describe('Such as `1968-02-12`'),
  line: z.array(text(35), 'must be a list').min(2, 'must have at least 2 entries').max(5).optional(),
  postalCode: text(8).optional(),
  nhsNumber: z
    .string('must be text')
    .regex(/^\d{10}$/, 'must be ten digits')
    .optional()
    .describe('By default the next number of a new patient'),
});

export const patientSummary = z
  .strictObject({
    nhsNumber: z.string(),
    name: z.string().nullable(),
    birthDate: z.string().nullable(),
    gender: z.string().nullable(),
    postalCode: z.string().nullable(),
    /** Unrestricted, restricted or very restricted. */
    confidentiality: z.enum(['U', 'R', 'V']),
    /** Day of death. */
    deceased: z.string().nullable(),
    /** The NHS number of the record that replaced it in a merge. */
    supersededBy: z.string().nullable(),
    invalidated: z.boolean(),
  })
  .meta({ id: 'PatientSummary' });
export type PatientSummary = z.output<typeof patientSummary>;

/** The records of the PDS, which the gateway keeps. */
export interface PatientRegister {
  /** Replaces all records by these, which were checked; all or none. */
  replaceAll(records: readonly object[]): Promise<void>;
  find(nhsNumber: string): Promise<object | undefined>;
  /** Returns a page of the patients, or of those that a search finds. */
  list(query: {
    search: string;
    after: string;
    limit: number;
  }): Promise<{ patients: PatientSummary[]; next: string | null }>;
  /** Adds a patient. Returns no record if the number is taken, or the problem of a patient that the PDS could not have. */
  add(patient: z.output<typeof newPatient>): Promise<{ record: object | undefined } | { problem: string }>;
  /** Stores the next part of the generated population. */
  generate(
    household: number,
    count: number,
  ): Promise<{ added: number; patients: number; nextHousehold: number }>;
}
