import { reasonOf } from '@alongside/kernel/errors';
import { type Check, type Finding, type Subject, wrong } from './check.ts';
import { checks } from './checks.ts';

type Named = Finding & { name: string };

/** The findings of all checks. */
export interface Report {
  ok: boolean;
  checks: Named[];
}

async function carryOut({ name, run }: Check, subject: Subject): Promise<Named[]> {
  try {
    return (await run(subject)).map((finding) => ({ name, ...finding }));
  } catch (error) {
    const detail = `This could not be examined: ${reasonOf(error)}.`;
    return [{ name, ...wrong(detail, 'Report it, with the version of the agent.') }];
  }
}

export async function examine(subject: Subject): Promise<Report> {
  const findings = (await Promise.all(checks.map((check) => carryOut(check, subject)))).flat();
  return { ok: findings.every(({ outcome }) => outcome !== 'wrong'), checks: findings };
}

const marks: Record<Finding['outcome'], string> = { ok: 'ok     ', remark: 'remark ', wrong: 'WRONG  ' };

/** Formats the report as lines for people. */
export function inWords({ checks: findings }: Report): string {
  const lines = findings.flatMap(({ outcome, name, detail, mend }) => [
    `${marks[outcome]}${name}: ${detail}`,
    ...(mend === undefined ? [] : [`       -> ${mend}`]),
  ]);
  const bad = findings.filter(({ outcome }) => outcome === 'wrong').length;
  const sum =
    bad === 0 ? 'Nothing is wrong.' : bad === 1 ? 'One thing is wrong.' : `${bad} things are wrong.`;
  return `${[...lines, '', sum].join('\n')}\n`;
}
