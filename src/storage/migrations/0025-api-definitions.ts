import { announcing } from './0017-announced-changes.ts';

/** Tables of definitions, which every process may cache. */
export const announcedDefinitions: readonly string[] = ['api_definition'];

/** APIs behind the gateway by definition, with their source, and the responses that were recorded for each. */
export const apiDefinitions: readonly (string | { readonly postgres: string })[] = [
  `CREATE TABLE api_definition (
    name TEXT PRIMARY KEY,
    base_path TEXT NOT NULL UNIQUE,
    body TEXT NOT NULL,
    source TEXT NOT NULL,
    revision INTEGER NOT NULL
  )`,
  `CREATE TABLE api_example (
    api TEXT NOT NULL,
    operation TEXT NOT NULL,
    name TEXT NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (api, operation, name)
  )`,
  ...announcedDefinitions.map(announcing),
];
