import { loadConfig } from '@alongside/kernel/config';
import { UsageError } from '@alongside/kernel/operator';
import type { StoredAudit } from '../../boot/offline.ts';
import { productionShape } from '../../config.ts';
import { type AuditFilter, type AuditRecord, filterNames } from '../../storage/audit.ts';
import { type Call, command, type Result, text } from '../command.ts';
import { configFileOf } from '../instance.ts';
import { columns, counted } from '../table.ts';

const flags = {
  from: text,
  to: text,
  anchors: text,
  actor: text,
  action: text,
  application: text,
  outcome: text,
  patient: text,
  format: text,
};

type AuditCall = Call<typeof flags, never> & Pick<StoredAudit, 'audit' | 'vault'>;

const operator = 'local operator';

/** Parses a day, `2026-03-02`, or an ISO 8601 time; a day begins at midnight UTC. */
function timeOf({ flags }: AuditCall, name: 'from' | 'to'): number | undefined {
  const value = flags[name];
  if (value === undefined) return undefined;
  const time = /^\d{4}-\d{2}-\d{2}(T[\d:.]+(Z|[+-]\d{2}:\d{2}))?$/.test(value)
    ? Date.parse(value)
    : Number.NaN;
  if (Number.isNaN(time)) throw new UsageError(`--${name} must be a day or a time, such as 2026-03-02.`);
  return time;
}

function filterOf(call: AuditCall): AuditFilter {
  const { actor, action, application, outcome, patient } = call.flags;
  return {
    from: timeOf(call, 'from'),
    to: timeOf(call, 'to'),
    actor,
    action,
    application,
    outcome,
    ...(patient === undefined ? {} : { subject: call.audit.subjectOf(patient) }),
  };
}

const rowOf = ({ at, actor, action, outcome, application, target, subject }: AuditRecord): string[] => [
  at,
  outcome,
  action,
  actor || '-',
  application || '-',
  target || '-',
  subject === '' ? '' : `patient ${subject.slice(0, 8)}`,
];

/** Prints records page by page, because a log may be long; with `--json`, as one line. */
async function print(
  call: AuditCall,
  shape: (record: AuditRecord) => unknown,
  line: (record: AuditRecord) => string,
  format: string,
): Promise<Result> {
  const { audit, out, flags, json } = call;
  const filter = filterOf(call);
  await audit.recordAlone({
    action: 'audit.exported',
    outcome: 'ok',
    actor: operator,
    subject: flags.patient,
    detail: { filter: filterNames(filter), format },
  });
  const records: unknown[] = [];
  for await (const page of audit.pages(filter))
    for (const record of page)
      if (json) records.push(shape(record));
      else out.line(line(record));
  return { json: { records } };
}

/** Exit code if no record was changed, but nothing outside the database shows whether records were cut off. */
const unproven = 3;

const elsewhere = 'with --anchors FILE: the log of alongside serve or a backup, stored elsewhere';
const withoutProof = `Not proven: nothing outside the database shows whether the newest records, or all, were cut off together with their count. The data folder has no audit-heads.json, or one from before a restore. Start the instance once with this data folder, or verify ${elsewhere}.`;
const withoutAnchors = (since: string, until: string): string =>
  `Compared with the ends of the chains that the data folder has from ${since} to ${until}. Whether a holder of the master key rewrote records, or others were cut off, shows only ${elsewhere}.`;

async function verify(call: AuditCall): Promise<Result> {
  const { audit, vault, flags } = call;
  const { readAnchors } = await import('../audit/anchors.ts');
  const { problemTexts } = await import('../../storage/audit/verify.ts');
  const result = await audit.verify({
    from: timeOf(call, 'from'),
    to: timeOf(call, 'to'),
    ...(flags.anchors === undefined ? {} : { anchors: await readAnchors(flags.anchors, vault) }),
  });
  const { chains, records, unsealed, problem, provenSince = '', provenUntil } = result;
  const place = problem?.chain ? `Chain ${problem.chain}, record ${problem.seq}: ` : '';
  const line = problem
    ? place + problemTexts[problem.problem]
    : `${counted(records, 'record')} in ${counted(chains, 'chain')} ${records === 1 ? 'is as it was' : 'are as they were'} written. Not sealed yet: ${unsealed}.`;
  const hasAnchors = flags.anchors !== undefined;
  const isProven = hasAnchors || provenUntil !== undefined;
  const note = provenUntil === undefined ? withoutProof : withoutAnchors(provenSince, provenUntil);
  const sound = isProven ? 0 : unproven;
  return {
    json: { ok: problem === undefined, proven: problem === undefined && isProven, ...result },
    lines: [line],
    notes: problem || hasAnchors ? [] : [note],
    code: problem ? 1 : sound,
  };
}

async function exportRecords(call: AuditCall): Promise<Result> {
  const { auditEvent } = await import('../../storage/audit/fhir.ts');
  const forms: Readonly<Record<string, (record: AuditRecord) => object>> = {
    jsonl: (record) => record,
    fhir: auditEvent,
  };
  const format = call.flags.format ?? 'jsonl';
  const form = Object.hasOwn(forms, format) ? forms[format] : undefined;
  if (!form) throw new UsageError(`--format must be ${Object.keys(forms).join(' or ')}.`);
  return print(call, form, (record) => JSON.stringify(form(record)), format);
}

export const audit = command({
  name: 'audit',
  flags,
  base: productionShape,
  async open(settings) {
    const config = loadConfig(productionShape, settings, configFileOf(settings));
    // Loaded here, so that other commands do not load storage.
    const { openStoredAudit } = await import('../../boot/offline.ts');
    const desk = await openStoredAudit(config);
    return { audit: desk.audit, vault: desk.vault, close: () => desk.close() };
  },
  actions: {
    verify: {
      help: [
        [
          '[--from T] [--to T] [--anchors FILE]',
          'exit code 1 names the chain and number of the first record that was changed or removed; 3 if only anchors could show whether records were cut off',
        ],
      ],
      run: verify,
    },
    search: {
      help: [['[FILTER]', 'one line a record']],
      run: (call) =>
        print(
          call,
          (record) => record,
          (record) => columns([rowOf(record)])[0] ?? '',
          'search',
        ),
    },
    export: {
      help: [['[FILTER] [--format jsonl|fhir]', 'one JSON line a record; fhir gives AuditEvent of FHIR R4']],
      run: exportRecords,
    },
  },
  notes: [
    'FILTER: --from T --to T --actor A --action A --application ID --outcome ok|refused|failed --patient NHS-NUMBER. T is a day or a time, 2026-03-02 or 2026-03-02T09:00:00Z. --anchors reads a log of alongside serve, or a backup, stored elsewhere: only so it shows that the newest records were cut off with their count, or that a holder of the master key rewrote records. The log has an anchor each minute; a backup shows nothing after its time.',
    'They work on storage, whether the instance runs or not, and take the same settings as alongside serve: --data, --database, --master-key, --config. Searches and exports are recorded.',
  ],
  examples: ['alongside audit search --from 2026-03-02 --outcome refused', 'alongside audit verify'],
});
