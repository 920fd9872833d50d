import { reasonOf } from '@alongside/kernel/errors';
import { counted } from '@alongside/kernel/operator';

// The findings of both doctors, of the workstation and of the installation.

/** The result of a check. A remark is harmless. */
export interface Finding {
  outcome: 'ok' | 'remark' | 'wrong';
  /** The subject, if a check tests several things. */
  of?: string;
  /** One sentence. */
  detail: string;
  /** How to fix it. */
  fix?: string;
}

export interface DoctorCheck<S> {
  readonly name: string;
  run(subject: S): Promise<Finding[]> | Finding[];
}

type NamedFinding = Omit<Finding, 'of'> & { name: string };

/** The findings of all checks. */
export interface Report {
  ok: boolean;
  checks: NamedFinding[];
}

const about = (of?: string) => (of === undefined ? {} : { of });
export const ok = (detail: string, of?: string): Finding => ({ outcome: 'ok', ...about(of), detail });
export const remark = (detail: string, fix?: string): Finding => ({
  outcome: 'remark',
  detail,
  ...(fix === undefined ? {} : { fix }),
});
export const wrong = (detail: string, fix: string, of?: string): Finding => ({
  outcome: 'wrong',
  ...about(of),
  detail,
  fix,
});

async function findingsOf<S>({ name, run }: DoctorCheck<S>, subject: S): Promise<NamedFinding[]> {
  let findings: Finding[];
  try {
    findings = await run(subject);
  } catch (error) {
    findings = [wrong(`This could not be examined: ${reasonOf(error)}.`, 'Report it, with the version.')];
  }
  return findings.map(({ of, ...finding }) => ({
    name: of === undefined ? name : `${name} (${of})`,
    ...finding,
  }));
}

/** Runs all checks at once. */
export async function carryOut<S>(checks: readonly DoctorCheck<S>[], subject: S): Promise<Report> {
  const findings = (await Promise.all(checks.map((check) => findingsOf(check, subject)))).flat();
  return { ok: findings.every(({ outcome }) => outcome !== 'wrong'), checks: findings };
}

const marks: Record<Finding['outcome'], string> = { ok: 'ok     ', remark: 'remark ', wrong: 'WRONG  ' };

/** Formats a report as lines for people. */
export function reportLines({ checks }: Report): string[] {
  const problems = checks.filter(({ outcome }) => outcome === 'wrong').length;
  return [
    ...checks.flatMap(({ outcome, name, detail, fix }) => [
      `${marks[outcome]}${name}: ${detail}`,
      ...(fix === undefined ? [] : [`       -> ${fix}`]),
    ]),
    '',
    problems === 0 ? 'No problem was found.' : `${counted(problems, 'problem')} found.`,
  ];
}
