import { reasonOf } from '@alongside/kernel/errors';
import { trustAuthority } from '../../boot/tls.ts';
import { configShape } from '../../config.ts';
import { command } from '../command.ts';
import { type Check, type Finding, type Subject, wrong } from '../doctor/check.ts';
import { checks } from '../doctor/checks.ts';
import { subjectOf } from '../doctor/subject.ts';
import { instanceFlags, tlsAuthorityOf } from '../instance.ts';

type NamedFinding = Finding & { name: string };

async function carryOut({ name, run }: Check, subject: Subject): Promise<NamedFinding[]> {
  let findings: Finding[];
  try {
    findings = await run(subject);
  } catch (error) {
    findings = [
      wrong(`This could not be examined: ${reasonOf(error)}.`, 'Report it, with the version of the product.'),
    ];
  }
  return findings.map(({ of, ...finding }) => ({
    name: of === undefined ? name : `${name} (${of})`,
    ...finding,
  }));
}

const marks: Record<Finding['outcome'], string> = { ok: 'ok     ', remark: 'remark ', wrong: 'WRONG  ' };

function reportLines(findings: readonly NamedFinding[]): string[] {
  const problems = findings.filter(({ outcome }) => outcome === 'wrong').length;
  return [
    ...findings.flatMap(({ outcome, name, detail, mend }) => [
      `${marks[outcome]}${name}: ${detail}`,
      ...(mend === undefined ? [] : [`       -> ${mend}`]),
    ]),
    '',
    problems === 0
      ? 'No problem was found.'
      : `${problems} ${problems === 1 ? 'problem' : 'problems'} found.`,
  ];
}

export const doctor = command({
  name: 'doctor',
  summary: 'check the instance and this machine, and suggest fixes',
  base: { ...instanceFlags, tlsAuthority: configShape.tlsAuthority },
  open: (selection) => ({ selection }),
  actions: {
    '': {
      help: [
        [
          '',
          'Node.js, data folder, state file, ports and who uses them, every service, signing keys, certificates,',
        ],
        [
          '    ',
          'clocks, the audit log of the last day, the socket of the Identity Agent, proxy variables, localhost,',
        ],
        ['    ', 'browser policies, browser'],
      ],
      async run({ selection }) {
        trustAuthority(tlsAuthorityOf(selection))();
        const subject = await subjectOf(selection);
        const findings = (await Promise.all(checks.map((check) => carryOut(check, subject)))).flat();
        const ok = findings.every(({ outcome }) => outcome !== 'wrong');
        return { json: { ok, checks: findings }, lines: reportLines(findings), code: ok ? 0 : 1 };
      },
    },
  },
  notes: [
    'Exit code 0: no problem; 1: a problem. With --json: {"ok", "checks": [{"name", "outcome", "detail", "mend"}]},',
    'where "outcome" is ok, remark or wrong. It changes nothing.',
  ],
});
