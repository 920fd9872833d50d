/**
 * Actions that sign-ins, token requests and API calls write: most records have one of these, so a search finds them without an index,
 * and these requests do not pay for one.
 */
const seldomAction =
  "action NOT IN ('cis.sign-in', 'cis.role-chosen', 'cis.session-ended', 'cis2.sign-in', 'cis2.signed-in-again', 'cis2.code-issued', 'cis2.tokens-issued', 'cis2.tokens-refreshed', 'cis2.session-ended', 'authorisation.code-issued', 'authorisation.tokens-issued', 'authorisation.tokens-refreshed', 'authorisation.tokens-revoked', 'api.called', 'patient.read', 'patient.searched', 'patient.changed')";

/** Indexes for searches of the audit log by action and by outcome. */
export const auditSearches: readonly string[] = [
  `CREATE INDEX audit_record_action ON audit_record (action, id) WHERE ${seldomAction}`,
  "CREATE INDEX audit_record_outcome ON audit_record (outcome, id) WHERE outcome <> 'ok'",
];
