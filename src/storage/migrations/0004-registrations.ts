/** What registrations gained beside the application itself. */
export const registrations: readonly string[] = [
  // Who registers applications: a developer or a company. Applications name one by its id.
  `CREATE TABLE developer (
     id TEXT PRIMARY KEY,
     name TEXT NOT NULL,
     status TEXT NOT NULL,
     body TEXT NOT NULL,
     revision INTEGER NOT NULL
   )`,
];
