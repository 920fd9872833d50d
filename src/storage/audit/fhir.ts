import type { AuditRecord } from './records.ts';

/** Returns FHIR R4 `AuditEvent.action` for an action name, by its ending. */
function actionOf(action: string): 'C' | 'R' | 'U' | 'D' | 'E' {
  if (/\.(read|searched|exported|verified)$/.test(action)) return 'R';
  if (/(changed|rename|replace|rotated)$/.test(action)) return 'U';
  if (/(removed|remove|revoked|revoke|destroyed|ended|retained)$/.test(action)) return 'D';
  if (/(added|add|created|issued|made|registered|order)$/.test(action)) return 'C';
  return 'E';
}

/** Returns the DICOM audit event of an action (DICOM PS3.16, context group 400). */
function typeOf(action: string): { code: string; display: string } {
  if (/^patient\./.test(action)) return { code: '110110', display: 'Patient Record' };
  if (/sign-in|signed-(in|out)|session-ended|tokens-issued$|tokens-refreshed$/.test(action))
    return { code: '110114', display: 'User Authentication' };
  if (/^audit\./.test(action)) return { code: '110101', display: 'Audit Log Used' };
  if (/exported$/.test(action)) return { code: '110106', display: 'Export' };
  if (/imported$/.test(action)) return { code: '110107', display: 'Import' };
  if (/^(api|console)\./.test(action)) return { code: '110112', display: 'Query' };
  return { code: '110113', display: 'Security Alert' };
}

const outcomes: Readonly<Record<string, string>> = { ok: '0', refused: '4', failed: '8' };
const system = 'urn:alongside:audit';
const identifier = (kind: string, value: string) => ({ identifier: { system: `${system}:${kind}`, value } });

function agentsOf({ actor, role, application, address }: AuditRecord): object[] {
  const network = address === undefined ? {} : { network: { address, type: '2' } };
  const agents = [
    ...(actor === ''
      ? []
      : [
          {
            who: identifier('actor', actor),
            requestor: true,
            ...(role === undefined ? {} : { role: [{ coding: [{ system: `${system}:role`, code: role }] }] }),
          },
        ]),
    ...(application === '' ? [] : [{ who: identifier('application', application), requestor: actor === '' }]),
  ];
  return agents.length === 0
    ? [{ requestor: true, ...network }]
    : agents.map((agent, n) => (n === agents.length - 1 ? { ...agent, ...network } : agent));
}

function entitiesOf(record: AuditRecord): object[] {
  const { subject, target, session, family, tokenId, requestId, correlationId, detail } = record;
  const ids = { target, session, authorization: family, token: tokenId, requestId, correlationId, ...detail };
  const details = Object.entries(ids)
    .filter(([, value]) => value !== undefined && value !== '')
    .map(([type, value]) => ({ type, valueString: String(value) }));
  return [
    ...(subject === ''
      ? []
      : [
          {
            what: identifier('subject', subject),
            type: { system: 'http://terminology.hl7.org/CodeSystem/audit-entity-type', code: '1' },
            role: { system: 'http://terminology.hl7.org/CodeSystem/object-role', code: '1' },
          },
        ]),
    ...(details.length === 0 ? [] : [{ detail: details }]),
  ];
}

/** Returns the record as a FHIR R4 `AuditEvent`. The patient is the HMAC of the NHS number. */
export const auditEvent = (record: AuditRecord): object => ({
  resourceType: 'AuditEvent',
  id: String(record.seq),
  type: { system: 'http://dicom.nema.org/resources/ontology/DCM', ...typeOf(record.action) },
  subtype: [{ system: `${system}:action`, code: record.action }],
  action: actionOf(record.action),
  recorded: record.at,
  outcome: outcomes[record.outcome] ?? '8',
  agent: agentsOf(record),
  source: { observer: identifier('chain', record.chain) },
  entity: entitiesOf(record),
});
