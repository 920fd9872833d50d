/** Additions to registrations besides the application itself. */
export const registrations: readonly string[] = [
  // Owners of applications: a developer or a company. Applications refer to one by id.
  `CREATE TABLE developer (
     id TEXT PRIMARY KEY,
     name TEXT NOT NULL,
     status TEXT NOT NULL,
     body TEXT NOT NULL,
     revision INTEGER NOT NULL
   )`,
];
