/** The service that writes the records of an action. */
type Writer =
  | 'CIS'
  | 'CIS2'
  | 'authorisation'
  | 'gateway'
  | 'console'
  | 'command line'
  | 'command line, console'
  | 'audit log';

interface ActionEntry {
  by: Writer;
  /** One sentence about when it is written. */
  when: string;
  /** Members of the record that the action sets, besides `action`, `outcome`, `actor` and `at`. */
  fields: readonly string[];
  /** Names in `detail`. */
  facts: readonly string[];
  /**
   * Whether the record cannot join a batch: for a read, an act outside the database, or an act of many writes. It is written before the
   * response or the first effect.
   */
  alone?: true;
}

/** Every action of the audit log. `docs/audit.md` is generated from it. */
export const auditActions = {
  'cis.sign-in': {
    by: 'CIS',
    when: 'A card and its PIN became a session, or were refused.',
    fields: ['target', 'session', 'device', 'address'],
    facts: ['generation', 'mode', 'agent', 'card', 'error'],
  },
  'cis.pin': {
    by: 'CIS',
    when: 'The user gave the PIN again in a live session.',
    fields: ['target', 'session'],
    facts: [],
  },
  'cis.role-chosen': {
    by: 'CIS',
    when: 'The user chose the role of a session.',
    fields: ['target', 'session', 'role'],
    facts: [],
  },
  'cis.session-ended': {
    by: 'CIS',
    when: 'A session ended.',
    fields: ['target', 'session', 'device'],
    facts: ['cause'],
  },
  'cis.legacy-sign-in': {
    by: 'CIS',
    when: 'A card became a session through the legacy interface, or was refused.',
    fields: ['target', 'session'],
    facts: ['card', 'why'],
  },
  'cis.legacy-assertion': {
    by: 'CIS',
    when: 'A role assertion of the legacy interface was issued.',
    fields: ['target'],
    facts: [],
    alone: true,
  },
  'cis.card-order': {
    by: 'CIS',
    when: 'The registration authority ordered a card.',
    fields: ['target'],
    facts: ['position', 'uid', 'locked', 'error'],
  },
  'cis.card-revoke': {
    by: 'CIS',
    when: 'The registration authority revoked a card.',
    fields: ['target'],
    facts: ['position', 'reason', 'error'],
  },
  'cis.card-replace': {
    by: 'CIS',
    when: 'The registration authority replaced a card.',
    fields: ['target'],
    facts: ['position', 'reason', 'by', 'error'],
  },
  'cis.card-renew': {
    by: 'CIS',
    when: 'The registration authority allowed the renewal of a card.',
    fields: ['target'],
    facts: ['position', 'error'],
  },
  'cis.card-unblock': {
    by: 'CIS',
    when: 'The registration authority read the unblocking code of a card.',
    fields: ['target'],
    facts: ['position', 'error'],
    alone: true,
  },
  'cis.card-renewed': {
    by: 'CIS',
    when: 'A user renewed the certificates of a card.',
    fields: ['target'],
    facts: ['serial'],
  },
  'cis.card-blocked': {
    by: 'CIS',
    when: 'An agent reported a card whose PIN is blocked.',
    fields: ['target'],
    facts: [],
  },
  'cis.card-unblocked': {
    by: 'CIS',
    when: 'An agent reported a card whose PIN is no longer blocked.',
    fields: ['target'],
    facts: [],
  },
  'cis.unlock-code': {
    by: 'CIS',
    when: 'A user asked for an unlock code by mail.',
    fields: ['target'],
    facts: ['why'],
  },
  'cis.unlock': {
    by: 'CIS',
    when: 'A user gave an unlock code.',
    fields: ['target'],
    facts: ['code'],
  },
  'cis.certificates-issued': {
    by: 'CIS',
    when: 'The issuing authority issued the certificates of a card.',
    fields: ['target'],
    facts: ['card', 'profile', 'serial'],
  },
  'directory.person-added': { by: 'CIS', when: 'A person was added.', fields: ['target'], facts: [] },
  'directory.person-changed': { by: 'CIS', when: 'A person was changed.', fields: ['target'], facts: [] },
  'directory.person-removed': { by: 'CIS', when: 'A person was removed.', fields: ['target'], facts: [] },
  'directory.imported': {
    by: 'CIS',
    when: 'The directory was imported.',
    fields: [],
    facts: ['added', 'changed'],
  },
  'directory.exported': {
    by: 'CIS',
    when: 'The directory was exported.',
    fields: [],
    facts: ['people', 'format'],
    alone: true,
  },
  'cis2.sign-in': {
    by: 'CIS2',
    when: 'A user signed in with an authenticator, and a session began; or a proven tablet refused.',
    fields: ['session', 'application', 'address', 'device', 'role'],
    facts: ['authenticator', 'level', 'credential', 'error'],
  },
  'cis2.signed-in-again': {
    by: 'CIS2',
    when: 'A user signed in with an authenticator in an existing session.',
    fields: ['session', 'application', 'address', 'device', 'role'],
    facts: ['authenticator', 'level', 'credential'],
  },
  'cis2.session-ended': {
    by: 'CIS2',
    when: 'A session ended.',
    fields: ['target', 'session'],
    facts: ['cause'],
  },
  'cis2.code-issued': {
    by: 'CIS2',
    when: 'A relying party received an authorization code.',
    fields: ['session', 'application', 'family', 'role', 'device'],
    facts: ['authenticator', 'acr'],
  },
  'cis2.tokens-issued': {
    by: 'CIS2',
    when: 'A code was redeemed for tokens.',
    fields: ['role', 'session', 'application', 'family', 'tokenId'],
    facts: ['scope'],
  },
  'cis2.tokens-refreshed': {
    by: 'CIS2',
    when: 'A refresh token was exchanged for new tokens.',
    fields: ['role', 'session', 'application', 'family', 'tokenId'],
    facts: ['scope'],
  },
  'cis2.tokens-refused': {
    by: 'CIS2',
    when: 'A proven client was refused tokens.',
    fields: ['application', 'address'],
    facts: ['messageId', 'grant', 'error'],
  },
  'cis2.tokens-revoked': {
    by: 'CIS2',
    when: 'Tokens were revoked by their client, or because a code or refresh token was used again.',
    fields: ['session', 'application', 'family'],
    facts: ['cause'],
  },
  'cis2.client-registered': {
    by: 'CIS2',
    when: 'A client was registered through an interface.',
    fields: ['target'],
    facts: [],
  },
  'cis2.client-changed': {
    by: 'CIS2',
    when: 'A client was changed through an interface.',
    fields: ['target'],
    facts: [],
  },
  'cis2.client-removed': { by: 'CIS2', when: 'A client removed itself.', fields: ['target'], facts: [] },
  'cis2.registration-token': {
    by: 'CIS2',
    when: 'An administrator issued a registration token.',
    fields: ['target'],
    facts: ['kind'],
  },
  'authenticator.link': {
    by: 'CIS2',
    when: 'A registration officer made a link to set up an authenticator.',
    fields: ['target'],
    facts: ['kind'],
  },
  'authenticator.add': {
    by: 'CIS2',
    when: 'An authenticator was added.',
    fields: ['target'],
    facts: ['kind', 'credential'],
  },
  'authenticator.rename': {
    by: 'CIS2',
    when: 'A user renamed an authenticator.',
    fields: ['target'],
    facts: ['kind', 'credential'],
  },
  'authenticator.remove': {
    by: 'CIS2',
    when: 'An authenticator was removed.',
    fields: ['target'],
    facts: ['kind', 'credential'],
  },
  'authenticator.counter-went-back': {
    by: 'CIS2',
    when: 'A security key seems to have a copy.',
    fields: ['target'],
    facts: ['kind', 'credential', 'reason'],
  },
  'authenticator.codes-guessed': {
    by: 'CIS2',
    when: 'Someone with the password of a user guesses codes.',
    fields: ['target'],
    facts: ['kind', 'credential', 'reason'],
  },
  'authorisation.code-issued': {
    by: 'authorisation',
    when: 'An application received an authorization code.',
    fields: ['application', 'family', 'session'],
    facts: ['base', 'provider', 'level'],
  },
  'authorisation.tokens-issued': {
    by: 'authorisation',
    when: 'An application received tokens.',
    fields: ['application', 'family', 'session', 'tokenId'],
    facts: ['base', 'grant', 'scope'],
  },
  'authorisation.tokens-refreshed': {
    by: 'authorisation',
    when: 'An application exchanged a refresh token for new tokens.',
    fields: ['application', 'family', 'session', 'tokenId'],
    facts: ['base', 'grant', 'scope'],
  },
  'authorisation.tokens-refused': {
    by: 'authorisation',
    when: 'A proven application was refused tokens.',
    fields: ['application', 'address'],
    facts: ['messageId', 'base', 'grant', 'error'],
  },
  'authorisation.tokens-revoked': {
    by: 'authorisation',
    when: 'The tokens of an authorization or a session were revoked.',
    fields: ['application', 'family', 'session'],
    facts: ['base', 'cause'],
  },
  'api.called': {
    by: 'gateway',
    when: 'An application called an API that is not about one patient, or was refused.',
    fields: [
      ...['role', 'organisation', 'application', 'tokenId', 'family', 'session', 'address'],
      ...['requestId', 'correlationId'],
    ],
    facts: ['messageId', 'api', 'operation', 'method', 'status', 'mode', 'rule', 'roleUnchecked'],
    alone: true,
  },
  'patient.read': {
    by: 'gateway',
    when: 'An application read the record of a patient, or was refused.',
    fields: [
      ...['subject', 'role', 'organisation', 'application', 'tokenId', 'family', 'session', 'address'],
      ...['requestId', 'correlationId'],
    ],
    facts: ['messageId', 'api', 'operation', 'method', 'status', 'mode', 'rule', 'roleUnchecked', 'version'],
    alone: true,
  },
  'patient.searched': {
    by: 'gateway',
    when: 'An application searched for patients, or was refused.',
    fields: [
      ...['role', 'organisation', 'application', 'tokenId', 'family', 'session', 'address'],
      ...['requestId', 'correlationId'],
    ],
    facts: ['messageId', 'api', 'operation', 'method', 'status', 'mode', 'rule', 'roleUnchecked', 'count'],
    alone: true,
  },
  'patient.changed': {
    by: 'gateway',
    when: 'An application changed the record of a patient, or was refused.',
    fields: [
      ...['subject', 'role', 'organisation', 'application', 'tokenId', 'family', 'session', 'address'],
      ...['requestId', 'correlationId'],
    ],
    facts: [
      'messageId',
      'api',
      'operation',
      'method',
      'status',
      'mode',
      'rule',
      'roleUnchecked',
      'before',
      'version',
    ],
    // A repetition gets the first response and changes nothing.
    alone: true,
  },
  'unproven.refused': {
    by: 'audit log',
    when: 'Callers who proved nothing were refused: one record per endpoint, network and minute.',
    fields: ['address', 'target'],
    facts: ['count', 'since'],
    alone: true,
  },
  'administrator.invited': {
    by: 'command line, console',
    when: 'An administrator was invited.',
    fields: ['target'],
    facts: ['role', 'organisations'],
  },
  'administrator.removed': {
    by: 'command line, console',
    when: 'An administrator was removed.',
    fields: ['target'],
    facts: [],
  },
  'administrator.joined': {
    by: 'console',
    when: 'An administrator accepted an invitation.',
    fields: ['target'],
    facts: [],
  },
  'administrator.signed-in': {
    by: 'console',
    when: 'An administrator signed in, or was refused after the proof.',
    fields: ['target'],
    facts: [],
  },
  'administrator.signed-out': {
    by: 'console',
    when: 'An administrator signed out.',
    fields: ['target'],
    facts: [],
  },
  'administrator.role-changed': {
    by: 'command line, console',
    when: 'The role of an administrator was changed.',
    fields: ['target'],
    facts: ['role', 'organisations'],
  },
  'administrator.passkey': {
    by: 'console',
    when: 'An administrator used the passkey again in a session, or was refused.',
    fields: ['target'],
    facts: [],
  },
  'journey.opened': {
    by: 'console',
    when: 'An administrator opened a journey of a person, or listed the journeys of a person; in production.',
    fields: ['target'],
    facts: ['uid'],
    alone: true,
  },
  'console.call': {
    by: 'console',
    when: 'An administrator called the console API. A refused call has a second record, refused.',
    fields: ['target'],
    facts: [],
    alone: true,
  },
  'application.created': {
    by: 'console',
    when: 'An application was registered.',
    fields: ['target', 'application'],
    facts: [],
  },
  'application.changed': {
    by: 'console',
    when: 'An application was changed.',
    fields: ['target', 'application'],
    facts: [],
  },
  'application.approved': {
    by: 'console',
    when: 'An application was approved.',
    fields: ['target', 'application'],
    facts: [],
  },
  'application.revoked': {
    by: 'console',
    when: 'An application was revoked.',
    fields: ['target', 'application'],
    facts: [],
  },
  'application.removed': {
    by: 'console',
    when: 'An application was removed.',
    fields: ['target', 'application'],
    facts: [],
  },
  'application.key.added': {
    by: 'console',
    when: 'A public key was added to an application.',
    fields: ['target', 'application'],
    facts: [],
  },
  'application.key.removed': {
    by: 'console',
    when: 'A public key was removed from an application.',
    fields: ['target', 'application'],
    facts: [],
  },
  'application.secret.added': {
    by: 'console',
    when: 'A secret was added to an application.',
    fields: ['target', 'application'],
    facts: [],
  },
  'resource-server.set': {
    by: 'console',
    when: 'An application was made a resource server.',
    fields: ['target', 'application'],
    facts: [],
  },
  'resource-server.removed': {
    by: 'console',
    when: 'An application is no longer a resource server.',
    fields: ['target', 'application'],
    facts: [],
  },
  'product.created': { by: 'console', when: 'A product was created.', fields: ['target'], facts: [] },
  'product.changed': { by: 'console', when: 'A product was changed.', fields: ['target'], facts: [] },
  'product.removed': { by: 'console', when: 'A product was removed.', fields: ['target'], facts: [] },
  'api.created': { by: 'console', when: 'An API was added by definition.', fields: ['target'], facts: [] },
  'api.changed': {
    by: 'console',
    when: 'A definition of an API was changed.',
    fields: ['target'],
    facts: [],
  },
  'api.removed': { by: 'console', when: 'An API was removed.', fields: ['target'], facts: [] },
  'api.secret.set': {
    by: 'console',
    when: 'A secret of an upstream was stored.',
    fields: ['target'],
    facts: [],
  },
  'api.secret.removed': {
    by: 'console',
    when: 'A secret of an upstream was removed.',
    fields: ['target'],
    facts: [],
  },
  'developer.created': { by: 'console', when: 'A developer was created.', fields: ['target'], facts: [] },
  'developer.changed': { by: 'console', when: 'A developer was changed.', fields: ['target'], facts: [] },
  'developer.removed': { by: 'console', when: 'A developer was removed.', fields: ['target'], facts: [] },
  'card.made': {
    by: 'console',
    when: 'A virtual card was made.',
    fields: ['target'],
    facts: [],
    alone: true,
  },
  'card.changed': {
    by: 'console',
    when: 'A virtual card was changed.',
    fields: ['target'],
    facts: [],
    alone: true,
  },
  'card.destroyed': {
    by: 'console',
    when: 'A virtual card was destroyed.',
    fields: ['target'],
    facts: [],
    alone: true,
  },
  'keys.rotated': {
    by: 'console',
    when: 'Signing keys were rotated.',
    fields: ['target'],
    facts: ['now'],
    alone: true,
  },
  'clock.moved': {
    by: 'console',
    when: 'A developer moved the clock.',
    fields: ['target'],
    facts: ['offsetSeconds', 'frozen'],
    alone: true,
  },
  'fault.on': { by: 'console', when: 'A developer switched a fault on.', fields: ['target'], facts: [] },
  'fault.off': { by: 'console', when: 'A developer switched a fault off.', fields: ['target'], facts: [] },
  'state.exported': {
    by: 'console',
    when: 'The state was exported.',
    fields: ['target'],
    facts: [],
    alone: true,
  },
  'state.imported': {
    by: 'console',
    when: 'A state was imported.',
    fields: ['target'],
    facts: [],
    alone: true,
  },
  reset: {
    by: 'console',
    when: 'A developer reset the installation.',
    fields: ['target'],
    facts: [],
    alone: true,
  },
  'audit.read': {
    by: 'console',
    when: 'An auditor read or verified the audit log, or looked up a patient.',
    fields: ['subject'],
    facts: ['filter', 'records'],
    alone: true,
  },
  'audit.subject-opened': {
    by: 'console',
    when: 'An auditor opened the sealed NHS number of a record.',
    fields: ['target', 'subject'],
    facts: [],
    alone: true,
  },
  'audit.exported': {
    by: 'command line, console',
    when: 'The audit log was searched or exported.',
    fields: ['subject'],
    facts: ['filter', 'format'],
    alone: true,
  },
  'data.backed-up': {
    by: 'command line',
    when: 'All data were copied into a file by `alongside backup`.',
    fields: ['target'],
    facts: ['schema'],
    alone: true,
  },
  'data.restored': {
    by: 'command line',
    when: 'The data were replaced by a backup, and all sessions, codes and tokens ended.',
    fields: ['target'],
    facts: ['madeAt', 'madeBy', 'schema', 'sha256'],
  },
  'audit.anchored': {
    by: 'audit log',
    when: 'Once a minute: the last record of each chain that has grown.',
    fields: ['heads'],
    facts: [],
  },
  'audit.retained': {
    by: 'audit log',
    when: 'Records older than --audit-retention were deleted, with the last deleted record of each chain.',
    fields: ['heads'],
    facts: ['days'],
  },
  'audit.entry-rejected': {
    by: 'audit log',
    when: 'An entry waiting to be sealed was not written by this installation.',
    fields: ['target'],
    facts: [],
  },
} as const satisfies Readonly<Record<string, ActionEntry>>;

export type AuditAction = keyof typeof auditActions;
