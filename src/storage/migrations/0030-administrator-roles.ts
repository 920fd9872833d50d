/**
 * Roles of administrators. Those of earlier versions may do everything. `organisations`: ODS codes with spaces between them, for the
 * registration authority. `passkey_at`: milliseconds of the last use of the passkey in a session. The setting counts changes of roles, so
 * that two at once cannot remove the last administrator.
 */
export const administratorRoles: readonly string[] = [
  "ALTER TABLE administrator ADD COLUMN role TEXT NOT NULL DEFAULT 'administrator'",
  "ALTER TABLE administrator ADD COLUMN organisations TEXT NOT NULL DEFAULT ''",
  'ALTER TABLE administrator_session ADD COLUMN passkey_at BIGINT NOT NULL DEFAULT 0',
  "INSERT INTO setting (name, value) VALUES ('administrators', '0')",
];
