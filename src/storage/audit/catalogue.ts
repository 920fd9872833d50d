/** The service that writes the records of an action. */
type Writer =
  | 'CIS'
  | 'CIS2'
  | 'authorisation'
  | 'gateway'
  | 'signing'
  | 'console'
  | 'command line'
  | 'command line, console'
  | 'audit log';

/** An action before its writer is known. */
interface Act<F extends string = string> {
  /** One sentence about when it is written. */
  readonly when: string;
  /** Members of the record that the action sets, besides `action`, `outcome`, `actor` and `at`. */
  readonly fields: readonly string[];
  /** Names in `detail`. */
  readonly facts: readonly F[];
  /**
   * Whether the record cannot join a batch: for a read, an act outside the database, or an act of many writes. It is written before the
   * response or the first effect.
   */
  readonly alone?: true;
}

const act = <const F extends string = never>(
  when: string,
  fields: readonly string[] = [],
  facts: readonly F[] = [],
): Act<F> => ({ when, fields, facts });

/** An action whose record cannot join a batch. */
const lone = <const F extends string = never>(
  ...args: Parameters<typeof act<F>>
): Act<F> & { alone: true } => ({
  ...act(...args),
  alone: true,
});

const by = <A extends Readonly<Record<string, Act>>>(writer: Writer, acts: A) =>
  Object.fromEntries(Object.entries(acts).map(([name, entry]) => [name, { by: writer, ...entry }])) as {
    readonly [K in keyof A]: A[K] & { readonly by: Writer };
  };

/** The members of the records of all calls at the gateway. */
const callMembers = [
  'role',
  'organisation',
  'application',
  'tokenId',
  'family',
  'session',
  'address',
  'requestId',
  'correlationId',
] as const;
const callFacts = [
  'messageId',
  'api',
  'operation',
  'method',
  'status',
  'mode',
  'rule',
  'roleUnchecked',
] as const;

/** Every action of the audit log with the fields and facts of its record. `docs/audit.md` is generated from it. */
export const auditActions = {
  ...by('CIS', {
    'cis.sign-in': act(
      'A card and its PIN became a session, or were refused.',
      ['target', 'session', 'device', 'address'],
      ['generation', 'mode', 'agent', 'card', 'error'],
    ),
    'cis.pin': act('The user gave the PIN again in a live session.', ['target', 'session']),
    'cis.role-chosen': act('The user chose the role of a session.', ['target', 'session', 'role']),
    'cis.session-ended': act('A session ended.', ['target', 'session', 'device'], ['cause']),
    'cis.legacy-sign-in': act(
      'A card became a session through the legacy interface, or was refused.',
      ['target', 'session'],
      ['card', 'why'],
    ),
    'cis.legacy-assertion': lone('A role assertion of the legacy interface was issued.', ['target']),
    'cis.card-order': act(
      'The registration authority ordered a card.',
      ['target'],
      ['position', 'uid', 'locked', 'error'],
    ),
    'cis.card-revoke': act(
      'The registration authority revoked a card.',
      ['target'],
      ['position', 'reason', 'error'],
    ),
    'cis.card-replace': act(
      'The registration authority replaced a card.',
      ['target'],
      ['position', 'reason', 'by', 'error'],
    ),
    'cis.card-renew': act(
      'The registration authority allowed the renewal of a card.',
      ['target'],
      ['position', 'error'],
    ),
    'cis.card-unblock': lone(
      'The registration authority read the unblocking code of a card.',
      ['target'],
      ['position', 'error'],
    ),
    'cis.card-renewed': act('A user renewed the certificates of a card.', ['target'], ['serial']),
    'cis.card-blocked': act('An agent reported a card whose PIN is blocked.', ['target']),
    'cis.card-unblocked': act('An agent reported a card whose PIN is no longer blocked.', ['target']),
    'cis.unlock-code': act('A user asked for an unlock code by mail.', ['target'], ['why']),
    'cis.unlock': act('A user gave an unlock code.', ['target'], ['code']),
    'cis.certificates-issued': act(
      'The issuing authority issued the certificates of a card.',
      ['target'],
      ['card', 'profile', 'serial'],
    ),
    'cis.signing-certificate-issued': act(
      'The issuing authority certified the key with which the signing service signs for a person.',
      ['target'],
      ['serial'],
    ),
    'cis.signing-certificate-revoked': act(
      'The signing certificates of a person were revoked by an administrator or with a lost smartcard, or one by the signing service.',
      ['target'],
      ['reason', 'serial'],
    ),
    'directory.person-added': act('A person was added.', ['target']),
    'directory.person-changed': act('A person was changed.', ['target']),
    'directory.person-removed': act('A person was removed.', ['target']),
    'directory.import-started': act(
      'An import of several batches began; the numbers are what it is going to write.',
      [],
      ['added', 'changed'],
    ),
    'directory.imported': act('The directory was imported.', [], ['added', 'changed']),
    'directory.exported': lone('The directory was exported.', [], ['people', 'format']),
  }),
  ...by('CIS2', {
    'cis2.sign-in': act(
      'A user signed in with an authenticator, and a session began; or a proven tablet refused.',
      ['session', 'application', 'address', 'device', 'role'],
      ['authenticator', 'level', 'credential', 'error'],
    ),
    'cis2.signed-in-again': act(
      'A user signed in with an authenticator in an existing session.',
      ['session', 'application', 'address', 'device', 'role'],
      ['authenticator', 'level', 'credential'],
    ),
    'cis2.session-ended': act('A session ended.', ['target', 'session'], ['cause']),
    'cis2.code-issued': act(
      'A relying party received an authorization code.',
      ['session', 'application', 'family', 'role', 'device'],
      ['authenticator', 'acr'],
    ),
    'cis2.tokens-issued': act(
      'A code was redeemed for tokens.',
      ['role', 'session', 'application', 'family', 'tokenId'],
      ['scope'],
    ),
    'cis2.tokens-refreshed': act(
      'A refresh token was exchanged for new tokens.',
      ['role', 'session', 'application', 'family', 'tokenId'],
      ['scope'],
    ),
    'cis2.tokens-refused': act(
      'A proven client was refused tokens.',
      ['application', 'address'],
      ['messageId', 'grant', 'error'],
    ),
    'cis2.tokens-revoked': act(
      'Tokens were revoked by their client, or because a code or refresh token was used again.',
      ['session', 'application', 'family'],
      ['cause'],
    ),
    'cis2.client-registered': act('A client was registered through an interface.', ['target']),
    'cis2.client-changed': act('A client was changed through an interface.', ['target']),
    'cis2.client-removed': act('A client removed itself.', ['target']),
    'cis2.registration-token': act('An administrator issued a registration token.', ['target'], ['kind']),
    'authenticator.link': act(
      'A registration officer made a link to set up an authenticator.',
      ['target'],
      ['kind'],
    ),
    'authenticator.add': act('An authenticator was added.', ['target'], ['kind', 'credential']),
    'authenticator.rename': act('A user renamed an authenticator.', ['target'], ['kind', 'credential']),
    'authenticator.remove': act('An authenticator was removed.', ['target'], ['kind', 'credential']),
    'authenticator.counter-went-back': act(
      'A security key seems to have a copy.',
      ['target'],
      ['kind', 'credential', 'reason'],
    ),
    'authenticator.codes-guessed': act(
      'Someone with the password of a user guesses codes.',
      ['target'],
      ['kind', 'credential', 'reason'],
    ),
  }),
  ...by('authorisation', {
    'authorisation.code-issued': act(
      'An application received an authorization code.',
      ['application', 'family', 'session'],
      ['base', 'provider', 'level'],
    ),
    'authorisation.tokens-issued': act(
      'An application received tokens.',
      ['application', 'family', 'session', 'tokenId'],
      ['base', 'grant', 'scope'],
    ),
    'authorisation.tokens-refreshed': act(
      'An application exchanged a refresh token for new tokens.',
      ['application', 'family', 'session', 'tokenId'],
      ['base', 'grant', 'scope'],
    ),
    'authorisation.tokens-refused': act(
      'A proven application was refused tokens.',
      ['application', 'address'],
      ['messageId', 'base', 'grant', 'error'],
    ),
    'authorisation.tokens-revoked': act(
      'The tokens of an authorization or a session were revoked.',
      ['application', 'family', 'session'],
      ['base', 'cause'],
    ),
  }),
  ...by('signing', {
    'signing.requested': act(
      'An application asked for signatures of a person.',
      ['application', 'family'],
      ['documents', 'algorithm', 'mode'],
    ),
    'signing.presence-checked': act(
      'A person proved to be present, so that the documents were signed.',
      ['application', 'family', 'session', 'address'],
      ['documents', 'authenticator', 'acr', 'mode'],
    ),
    'signing.signed': act(
      'The key of a person signed documents: their SHA-256 in base64url, in order.',
      ['application', 'family', 'target'],
      ['documents', 'digests', 'algorithm', 'authenticator', 'mode'],
    ),
    'signing.refused': act(
      'A request for signatures was refused, or its presence check failed or was declined.',
      ['application', 'family', 'address'],
      ['error', 'documents'],
    ),
  }),
  ...by('gateway', {
    'api.called': lone(
      'An application called an API that is not about one patient, or was refused.',
      callMembers,
      callFacts,
    ),
    'patient.read': lone(
      'An application read the record of a patient, or was refused.',
      ['subject', ...callMembers],
      [...callFacts, 'version'],
    ),
    'patient.searched': lone('An application searched for patients, or was refused.', callMembers, [
      ...callFacts,
      'count',
    ]),
    'patient.changed': lone(
      'An application changed the record of a patient, or was refused.',
      ['subject', ...callMembers],
      [...callFacts, 'before', 'version'],
    ),
    'patient.change-repeated': lone(
      'An application repeated a change with the same X-Request-ID and got its first response; nothing changed.',
      ['subject', ...callMembers],
      [...callFacts, 'version'],
    ),
  }),
  ...by('audit log', {
    'unproven.refused': lone(
      'Callers who proved nothing were refused: one record per endpoint, network and minute.',
      ['address', 'target'],
      ['count', 'since'],
    ),
  }),
  ...by('command line, console', {
    'administrator.invited': act('An administrator was invited.', ['target'], ['role', 'organisations']),
    'administrator.removed': act('An administrator was removed.', ['target']),
  }),
  ...by('console', {
    'administrator.joined': act('An administrator accepted an invitation.', ['target']),
    'administrator.signed-in': act('An administrator signed in, or was refused after the proof.', ['target']),
    'administrator.signed-out': act('An administrator signed out.', ['target']),
  }),
  ...by('command line, console', {
    'administrator.role-changed': act(
      'The role of an administrator was changed.',
      ['target'],
      ['role', 'organisations'],
    ),
  }),
  ...by('console', {
    'administrator.passkey': act('An administrator used the passkey again in a session, or was refused.', [
      'target',
    ]),
    'approval.requested': act(
      'A limited administrator made a call about a whole person, which waits for approval.',
      ['target'],
      ['uid', 'subject'],
    ),
    'approval.approved': act(
      'An administrator approved a call of a limited administrator.',
      ['target'],
      ['uid', 'subject'],
    ),
    'approval.declined': act(
      'An administrator declined a call of a limited administrator.',
      ['target'],
      ['uid', 'subject'],
    ),
    'approval.withdrawn': act('A limited administrator withdrew a request.', ['target'], ['uid', 'subject']),
    'approval.used': act(
      'A limited administrator made an approved call, which uses the approval up.',
      ['target'],
      ['uid', 'subject'],
    ),
    'journey.opened': lone(
      'An administrator opened a journey of a person, or listed the journeys of a person; in production.',
      ['target'],
      ['uid'],
    ),
    'console.call': lone(
      'An administrator called the console API. A refused call has a second record, refused.',
      ['target'],
    ),
    'application.created': act('An application was registered.', ['target', 'application']),
    'application.changed': act('An application was changed.', ['target', 'application']),
    'application.approved': act('An application was approved.', ['target', 'application']),
    'application.revoked': act('An application was revoked.', ['target', 'application']),
    'application.removed': act('An application was removed.', ['target', 'application']),
    'application.key.added': act('A public key was added to an application.', ['target', 'application']),
    'application.key.removed': act('A public key was removed from an application.', [
      'target',
      'application',
    ]),
    'application.secret.added': act('A secret was added to an application.', ['target', 'application']),
    'resource-server.set': act('An application was made a resource server.', ['target', 'application']),
    'resource-server.removed': act('An application is no longer a resource server.', [
      'target',
      'application',
    ]),
    'product.created': act('A product was created.', ['target']),
    'product.changed': act('A product was changed.', ['target']),
    'product.removed': act('A product was removed.', ['target']),
    'api.created': act('An API was added by definition.', ['target']),
    'api.changed': act('A definition of an API was changed.', ['target']),
    'api.removed': act('An API was removed.', ['target']),
    'api.secret.set': act('A secret of an upstream was stored.', ['target']),
    'api.secret.removed': act('A secret of an upstream was removed.', ['target']),
    'developer.created': act('A developer was created.', ['target']),
    'developer.changed': act('A developer was changed.', ['target']),
    'developer.removed': act('A developer was removed.', ['target']),
    'card.made': lone('A virtual card was made.', ['target']),
    'card.changed': lone('A virtual card was changed.', ['target']),
    'card.destroyed': lone('A virtual card was destroyed.', ['target']),
    'keys.rotated': lone('Signing keys were rotated.', ['target'], ['now']),
    'clock.moved': lone('A developer moved the clock.', ['target'], ['offsetSeconds', 'frozen']),
    'fault.on': act('A developer switched a fault on.', ['target']),
    'fault.off': act('A developer switched a fault off.', ['target']),
    'state.exported': lone('The state was exported.', ['target']),
    'state.imported': lone('A state was imported.', ['target']),
    reset: lone('A developer reset the installation.', ['target']),
    'audit.read': lone(
      'An auditor read or verified the audit log, or looked up a patient.',
      ['subject'],
      ['filter', 'records'],
    ),
    'audit.subject-opened': lone('An auditor opened the sealed NHS number of a record.', [
      'target',
      'subject',
    ]),
  }),
  ...by('command line, console', {
    'audit.exported': lone('The audit log was searched or exported.', ['subject'], ['filter', 'format']),
  }),
  ...by('command line', {
    'data.backed-up': lone('All data were copied into a file by `alongside backup`.', ['target'], ['schema']),
    'data.restored': act(
      'The data were replaced by a backup, and all sessions, codes and tokens ended.',
      ['target'],
      ['madeAt', 'madeBy', 'schema', 'sha256'],
    ),
  }),
  ...by('audit log', {
    'audit.anchored': act('Once a minute: the last record of each chain that has grown.', ['heads']),
    'audit.retained': act(
      'Records older than --audit-retention were deleted, with the last deleted record of each chain.',
      ['heads'],
      ['days'],
    ),
    'audit.entry-rejected': act('An entry waiting to be sealed was not written by this installation.', [
      'target',
    ]),
  }),
};

export type AuditAction = keyof typeof auditActions;
