/** What a search for patients reads by: it always names a date of birth. `''` where a record has none. */
export const patientsByBirth: readonly string[] = [
  "ALTER TABLE patient ADD COLUMN birth_date TEXT NOT NULL DEFAULT ''",
  "UPDATE patient SET birth_date = COALESCE({birth date of body}, '')",
  'CREATE INDEX patient_birth ON patient (birth_date, nhs_number)',
];
