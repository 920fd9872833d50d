import { loadConfig, readFlags } from '@alongside/kernel/config';
import { UsageError } from '@alongside/kernel/operator';
import { z } from 'zod';
import { type Config, productionShape } from '../../config.ts';
import type { AuditFilter, AuditLog, AuditRecord } from '../../storage/audit.ts';
import { type Command, choose, noMore, type Output } from '../command.ts';
import { configFileOf } from '../foreground.ts';
import { columns } from '../output.ts';

const text = z.string().optional();
const flagShape = {
  ...productionShape,
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

interface Call {
  audit: AuditLog;
  config: Config;
  flags: Partial<Record<string, unknown>>;
  words: readonly string[];
  out: Output;
}

type Act = (call: Call) => Promise<number>;

const operator = 'local operator';

const flag = ({ flags }: Call, name: string): string | undefined => flags[name] as string | undefined;

/** Parses a day, `2026-03-02`, or an ISO 8601 time; a day begins at midnight UTC. */
function timeOf(call: Call, name: 'from' | 'to'): number | undefined {
  const value = flag(call, name);
  if (value === undefined) return undefined;
  const time = /^\d{4}-\d{2}-\d{2}(T[\d:.]+(Z|[+-]\d{2}:\d{2}))?$/.test(value)
    ? Date.parse(value)
    : Number.NaN;
  if (Number.isNaN(time)) throw new UsageError(`--${name} must be a day or a time, such as 2026-03-02.`);
  return time;
}

function filterOf(call: Call): AuditFilter {
  const patient = flag(call, 'patient');
  return {
    from: timeOf(call, 'from'),
    to: timeOf(call, 'to'),
    actor: flag(call, 'actor'),
    action: flag(call, 'action'),
    application: flag(call, 'application'),
    outcome: flag(call, 'outcome'),
    ...(patient === undefined ? {} : { subject: call.audit.subjectOf(patient) }),
  };
}

/** Returns the names of the filter members that are set, for the record of its use. */
const namesOf = (filter: AuditFilter): string =>
  Object.entries(filter)
    .filter(([, value]) => value !== undefined)
    .map(([name]) => name)
    .join(' ');

const verify: Act = async (call) => {
  const { audit, config, words, out } = call;
  noMore(words, 1);
  const anchors = flag(call, 'anchors');
  const { readAnchors } = await import('../audit/anchors.ts');
  const { problemTexts } = await import('../../storage/audit/verify.ts');
  const result = await audit.verify({
    from: timeOf(call, 'from'),
    to: timeOf(call, 'to'),
    ...(anchors === undefined ? {} : { anchors: await readAnchors(anchors) }),
  });
  const { chains, records, unsealed, problem } = result;
  if (config.json) out.json({ ok: problem === undefined, ...result });
  else if (problem)
    out.line(`Chain ${problem.chain}, record ${problem.seq}: ${problemTexts[problem.problem]}`);
  else
    out.line(`${records} records in ${chains} chains are as they were written. ${unsealed} wait for a seal.`);
  return problem ? 1 : 0;
};

const rowOf = ({ at, actor, action, outcome, application, target, subject }: AuditRecord): string[] => [
  ...[at, outcome, action, actor || '-', application || '-', target || '-'],
  subject === '' ? '' : `patient ${subject.slice(0, 8)}`,
];

async function print(call: Call, form: (record: AuditRecord) => string[], format: string): Promise<number> {
  const { audit, out } = call;
  const filter = filterOf(call);
  await audit.recordAlone({
    action: 'audit.exported',
    outcome: 'ok',
    actor: operator,
    subject: flag(call, 'patient'),
    detail: { filter: namesOf(filter), format },
  });
  for await (const page of audit.pages(filter))
    for (const record of page) for (const line of form(record)) out.line(line);
  return 0;
}

const search: Act = (call) => {
  noMore(call.words, 1);
  const form = (record: AuditRecord) =>
    call.config.json ? [JSON.stringify(record)] : columns([rowOf(record)]);
  return print(call, form, 'search');
};

const exportRecords: Act = async (call) => {
  noMore(call.words, 1);
  const { auditEvent } = await import('../audit/fhir.ts');
  const forms: Readonly<Record<string, (record: AuditRecord) => string[]>> = {
    jsonl: (record) => [JSON.stringify(record)],
    fhir: (record) => [JSON.stringify(auditEvent(record))],
  };
  const format = flag(call, 'format') ?? 'jsonl';
  const form = Object.hasOwn(forms, format) ? forms[format] : undefined;
  if (!form) throw new UsageError(`--format must be ${Object.keys(forms).join(' or ')}.`);
  return print(call, form, format);
};

const acts: Readonly<Record<string, Act>> = { verify, search, export: exportRecords };

export const audit: Command = {
  name: 'audit',
  summary: 'the audit log: verify, search, export',
  help: [
    'alongside audit verify [--from T] [--to T] [--anchors FILE]   exit code 1 names the chain and number of the first record',
    '                                                              that is not as it was written',
    'alongside audit search [FILTER]                               one line a record',
    'alongside audit export [FILTER] [--format jsonl|fhir]         one JSON line a record; fhir gives AuditEvent of FHIR R4',
    '',
    'FILTER: --from T --to T --actor A --action A --application ID --outcome ok|refused|failed --patient NHS-NUMBER.',
    'T is a day or a time, 2026-03-02 or 2026-03-02T09:00:00Z. --anchors reads a log of alongside serve, kept elsewhere:',
    'it shows also what a holder of the master key cut off or rewrote.',
    '',
    'They work on storage, whether the instance runs or not, and take the same settings as alongside serve: --data,',
    '--database, --master-key, --config. Searches and exports are recorded.',
  ],
  async run({ argv, out }) {
    const { flags, words } = readFlags(flagShape, argv);
    const act = choose(acts, words, 'audit');
    const { from, to, anchors, actor, action, application, outcome, patient, format, ...settings } = flags;
    const config = loadConfig(productionShape, settings, configFileOf(flags));
    // Loaded here, so that other commands do not load storage.
    const { openAuditDesk } = await import('../../boot/audit-desk.ts');
    const desk = await openAuditDesk(config);
    try {
      return await act({ audit: desk.audit, config, flags, words, out });
    } finally {
      await desk.close();
    }
  },
};
