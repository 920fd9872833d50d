import { auditActions } from '../../src/storage/audit/catalogue.ts';
import { cell, generated } from './page.ts';

const code = (names: readonly string[]): string => names.map((name) => `\`${name}\``).join(' ');

/** Actions with a record that is written before they happen. */
const aloneActions = Object.entries(auditActions)
  .filter(([, action]) => 'alone' in action && action.by !== 'audit log')
  .map(([name]) => `\`${name}\``)
  .join(', ');

/** `docs/audit.md`. */
export function auditPage(): string {
  const rows = Object.entries(auditActions).map(([action, { by, when, fields, facts }]) => {
    const cells = [`\`${action}\``, by, when, code(fields), code(facts)];
    return `| ${cells.map(cell).join(' | ')} |`;
  });
  return `# Audit log

${generated}

Every sign-in, session, code, token, API call and administrative act is one record. A record names administrators; it never holds the name of another person, a date of birth, an address of a person, a search value, a PIN, a secret or a token.

## A record

| member | meaning |
|---|---|
| \`seq\` | number over all chains, for paging |
| \`chain\` \`chainSeq\` | the chain of the process that wrote it, and its number there |
| \`at\` | time in UTC |
| \`action\` \`outcome\` | what happened, from the table below; \`ok\`, \`refused\` or \`failed\` |
| \`actor\` | uid of the user, or the service or operator that acted |
| \`role\` \`organisation\` | role id and ODS code in which the user acted |
| \`onBehalfOf\` | uid of the user for whom another party acts |
| \`application\` | id of the application or relying party |
| \`tokenId\` | SHA-256 of the access token |
| \`family\` | links a code, its tokens and their calls |
| \`session\` | id of the CIS or CIS2 session |
| \`subject\` | HMAC of the NHS number; the number itself is stored encrypted |
| \`target\` | id of what the act changed or read |
| \`address\` \`device\` | network address of the caller; id of the agent |
| \`requestId\` \`correlationId\` | ids that the client sent |
| \`detail\` | facts of the action, from the table below |
| \`previous\` \`hash\` | MAC of the record before it in its chain, and its own |

Unauthenticated callers do not write records. They are counted by endpoint, network and minute (\`unproven.refused\`).

## How it is sealed

Each process writes one chain. \`hash\` is HMAC-SHA256 over the record and \`previous\`, under a key derived from the master key ([ADR 26](adr/0026-each-process-seals-its-own-audit-chain.md)). An act writes its record in the batch of its own database writes, and the process seals it within a second: neither exists without the other. Some acts have no such batch: reads, acts outside the database and acts of many writes. Their record is written first, and without it they do not happen; an act that then fails has a second record, \`failed\`: ${aloneActions}. (\`patient.changed\` is among them because its refusals are.) A refusal is recorded before its response.

Once a minute one process records the end of each chain that has grown, and logs it as \`audit anchor\`, in production at every log level. These lines are the anchors of the audit log.

## Keep the anchors elsewhere

Someone who may write to the database can cut off the newest records together with their count, or empty the log. Therefore each process stores the ends of the newest chains once a minute and when it stops, under a MAC by the master key: in the database, and in \`audit-heads.json\` of its data folder ([ADR 88](adr/0088-the-ends-of-audit-chains-are-stored-outside-them.md)). \`verify\` compares both with the log, and says from when to when they were stored. A process that finds the log shorter than they say logs an error each minute and leaves them as they are. Without the file, \`verify\` exits with 3: nothing outside the database shows whether records were cut off. Keep the data folder, also on machines that use PostgreSQL, out of reach of those who may write to the database.

A holder of the master key can rewrite records, and someone who may write to the database and the data folder can put back an older copy of both. Only anchors on a machine that they cannot write to show that. Set this up before you rely on the audit log:

1. On another machine, with an account that only reads the log, collect the anchors. Every hour, for example from cron: \`ssh audit@server journalctl -u alongside -o cat --since=-2h --grep='audit.anchor' >> anchors.log\`. Overlapping times do no harm. If your log already goes to another system, export its lines with \`audit anchor\` instead.
2. Alert if the file does not grow: the metric of the alert \`AlongsideAuditAnchorLate\` shows only that anchors are written, not that you have them.
3. Verify with them. Copy the file to a machine with the settings of the service and run \`alongside audit verify --anchors anchors.log\`. If records are missing, exit code 1 and the number of the first.

The log covers all but the last minute. A backup that is stored elsewhere serves too, and covers what was there when it was made: \`alongside audit verify --anchors BACKUP\`.

## Commands

- \`alongside audit verify [--from T --to T] [--anchors FILE]\` reads every record. Exit code 1 names the chain and number of the first record that was changed, moved, removed, added or cut. Exit code 3 means that no record was changed, but neither the data folder nor \`--anchors\` shows whether records were cut off. \`--json\` has \`ok\`, \`proven\`, \`provenSince\` and \`provenUntil\`. \`--anchors\` takes the exported log or a backup.
- \`alongside audit search\` and \`alongside audit export --format jsonl|fhir\` filter by time, actor, action, application, outcome and patient. \`fhir\` prints AuditEvent resources of FHIR R4.
- \`alongside doctor\` verifies the last day.
- \`GET /api/v1/audit\` has the same filters, also from the newest record (\`order=newest\`), and \`GET /api/v1/audit/export\` exports what they match. The page Audit of the console searches, opens the journey of a record, exports, and verifies with progress; it shows the retention. To search by patient, send the NHS number to \`POST /api/v1/audit/subjects\` and use the \`subject\` that it returns. \`POST /api/v1/audit/{seq}/subject\` opens the sealed number of a record. Each of these writes a record itself.

## Retention

Records are never deleted unless \`--audit-retention DAYS\` is set. Set it only as your organisation's policy requires. Once a day, records older than that are deleted: an \`audit.retained\` record names the last deleted record of each chain, so the rest still verifies, and \`verify\` and the count of records leave the deleted ones out. Their rows are then removed in small batches, over some rounds of the regular work; until then, searches and exports still show them. A round that is interrupted leaves rows behind, which the next round removes. Removing 1,000,000 records took 6 s of processor time on SQLite, at most 0.1 s of it in one batch. On PostgreSQL it took 7 s, and no batch took longer than 11 ms. Records of earlier versions, in their own chain \`former\`, are kept, anchored and verified with the others.

## Actions

| action | written by | when | members | detail |
|---|---|---|---|---|
${rows.join('\n')}
`;
}
