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
  ...announcedDefinitions.map((table) => ({
    postgres: `CREATE TRIGGER announce AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON ${table}
      FOR EACH STATEMENT EXECUTE FUNCTION alongside_announce()`,
  })),
];
