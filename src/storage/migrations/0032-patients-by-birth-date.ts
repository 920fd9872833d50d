/** Index for the list of patients with a date of birth, which has no name to search by. */
export const patientsByBirthDate: readonly string[] = [
  'CREATE INDEX patient_birth_date ON patient (birth_date, nhs_number)',
];
