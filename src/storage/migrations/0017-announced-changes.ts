/** Rarely written tables whose changes PostgreSQL announces, so that every process may cache their rows. */
export const announcedTables: readonly string[] = [
  'application',
  'client',
  'developer',
  'organisation',
  'person',
  'product',
  'setting',
];

/** The channel of the announcements; the payload is the table. */
export const announcements = 'alongside_rows';

/** Announces each change of a table at its commit, whatever writes it: another version, a command or an administrator. */
export const announcing = (table: string): { readonly postgres: string } => ({
  postgres: `CREATE TRIGGER announce AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON ${table}
    FOR EACH STATEMENT EXECUTE FUNCTION alongside_announce()`,
});

export const announcedChanges: readonly { readonly postgres: string }[] = [
  {
    postgres: `CREATE FUNCTION alongside_announce() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN PERFORM pg_notify('${announcements}', TG_TABLE_NAME); RETURN NULL; END $$`,
  },
  ...announcedTables.map(announcing),
];
