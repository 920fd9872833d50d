import { readFlags } from '@alongside/kernel/config';
import { reasonOf } from '@alongside/kernel/errors';
import { trustAuthority } from '../../boot/tls.ts';
import { configShape } from '../../config.ts';
import { type Command, noMore, type Output } from '../command.ts';
import { type Check, type Finding, type Subject, wrong } from '../doctor/check.ts';
import { checks } from '../doctor/checks.ts';
import { subjectOf } from '../doctor/subject.ts';
import { instanceFlags, tlsAuthorityOf } from '../instance.ts';

type Named = Finding & { name: string };

async function carryOut({ name, run }: Check, subject: Subject): Promise<Named[]> {
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

function show(findings: readonly Named[], out: Output): void {
  for (const { outcome, name, detail, mend } of findings) {
    out.line(`${marks[outcome]}${name}: ${detail}`);
    if (mend !== undefined) out.line(`       -> ${mend}`);
  }
  const bad = findings.filter(({ outcome }) => outcome === 'wrong').length;
  out.line('');
  out.line(bad === 0 ? 'Nothing is wrong.' : bad === 1 ? 'One thing is wrong.' : `${bad} things are wrong.`);
}

const doctorFlags = { ...instanceFlags, tlsAuthority: configShape.tlsAuthority };

export const doctor: Command = {
  name: 'doctor',
  summary: 'check the instance and this machine, and suggest fixes',
  help: [
    'alongside doctor    Node.js, data folder, state file, ports and who uses them, every service, signing keys, certificates, clocks, the audit log of the',
    '                    last day, the socket of the Identity Agent, proxy variables, localhost, browser policies, browser',
    '',
    'Exit code 0: no problem; 1: a problem. With --json: {"ok", "checks": [{"name", "outcome", "detail", "mend"}]},',
    'where "outcome" is ok, remark or wrong. It changes nothing.',
  ],
  async run({ argv, out }) {
    const { flags, words } = readFlags(doctorFlags, argv);
    noMore(words, 0);
    trustAuthority(tlsAuthorityOf(flags))();
    const subject = await subjectOf(flags);
    const findings = (await Promise.all(checks.map((check) => carryOut(check, subject)))).flat();
    const well = findings.every(({ outcome }) => outcome !== 'wrong');
    if (flags.json) out.json({ ok: well, checks: findings });
    else show(findings, out);
    return well ? 0 : 1;
  },
};
