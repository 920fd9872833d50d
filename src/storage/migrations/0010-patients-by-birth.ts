/** Index for patient searches, which always have a date of birth. `''` for records without one. */
export const patientsByBirth: readonly string[] = [
  "ALTER TABLE patient ADD COLUMN birth_date TEXT NOT NULL DEFAULT ''",
  "UPDATE patient SET birth_date = COALESCE({birth date of body}, '')",
  'CREATE INDEX patient_birth ON patient (birth_date, nhs_number)',
];
