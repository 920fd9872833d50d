/**
 * Search keys of patients, clustered by kind, key and date of birth. The PDS fills them, because it alone knows how names sound. The
 * index by date of birth is no longer read.
 */
export const patientKeys: readonly string[] = [
  `CREATE TABLE patient_key (
    kind TEXT NOT NULL,
    key TEXT {byte order} NOT NULL,
    birth_date TEXT NOT NULL,
    nhs_number TEXT NOT NULL,
    PRIMARY KEY (kind, key, birth_date, nhs_number)
  ) {small rows}`,
  'DROP INDEX patient_birth',
];
