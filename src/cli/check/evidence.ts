import { OperatorError } from '@alongside/kernel/operator';
import { z } from 'zod';
import { version } from '../../version.ts';
import { jsonObject, readText } from '../json-file.ts';
import { conformanceRows } from './conformance.ts';
import { shownExchanges } from './exchanges.ts';
import type { Examined } from './run.ts';
import type { FirstSignIn } from './trial.ts';

const outcome = z.enum(['passed', 'failed', 'warning', 'notRun']);
const rowOutcome = z.enum(['shown', 'failed', 'warning', 'notShown']);

const evidenceShape = z.object({
  format: z.literal(1),
  /** Of Alongside. */
  version: z.string(),
  application: z.object({
    url: z.string(),
    pattern: z.enum(['separate', 'combined']).nullable(),
    clientId: z.string().nullable(),
  }),
  /** ISO time of the instance's clock. */
  at: z.string(),
  rows: z.array(
    z.object({
      id: z.string(),
      requirement: z.string(),
      source: z.string(),
      outcome: rowOutcome,
      checks: z.array(z.string()),
      byHand: z.string().optional(),
    }),
  ),
  checks: z.array(
    z.object({
      name: z.string(),
      outcome,
      done: z.string(),
      expected: z.string(),
      received: z.string(),
      source: z.string(),
      fix: z.string(),
      exchanges: z.array(
        z.object({
          request: z.string(),
          form: z.string().optional(),
          status: z.number(),
          location: z.string().optional(),
          cookies: z.array(z.string()).optional(),
        }),
      ),
      calls: z.array(z.string()),
    }),
  ),
});

/** What a run of the checks showed for each row of technical conformance. */
export type Evidence = z.output<typeof evidenceShape>;
type RowOutcome = z.output<typeof rowOutcome>;

function rowOutcomeOf(results: readonly Examined[]): RowOutcome {
  const has = (wanted: Examined['outcome']) => results.some(({ outcome }) => outcome === wanted);
  if (has('failed')) return 'failed';
  if (has('warning')) return 'warning';
  return has('passed') ? 'shown' : 'notShown';
}

/** @param instance origins of the instance */
export function evidenceOf(
  url: string,
  at: string,
  known: FirstSignIn | undefined,
  results: readonly Examined[],
  instance: ReadonlySet<string>,
): Evidence {
  const exchanges = shownExchanges(
    results.map((result) => result.exchanges),
    instance,
  );
  const checks = results.map((result, index) => ({ ...result, exchanges: exchanges[index] ?? [] }));
  const rows = conformanceRows.map(({ checks: wanted, ...row }) => {
    const run = results.filter(({ name }) => wanted.includes(name));
    return { ...row, outcome: rowOutcomeOf(run), checks: run.map(({ name }) => name) };
  });
  const { pattern = null, clientId = null } = known ?? {};
  return { format: 1, version, application: { url, pattern, clientId }, at, rows, checks };
}

/** Reads the JSON file of a run. @throws OperatorError */
export function readEvidence(file: string): Evidence {
  const parsed = evidenceShape.safeParse(jsonObject(readText(file, 10_000_000), file));
  if (parsed.success) return parsed.data;
  throw new OperatorError(
    `${file} is no evidence of "alongside check --evidence": ${parsed.error.issues[0]?.path.join('.') || 'it'} is not as expected.`,
  );
}

/** From bad to good. What was not run shows nothing, but proves no fault. */
const ranks: readonly string[] = ['failed', 'warning', 'notShown', 'notRun', 'shown', 'passed'];

/** A row or check whose outcome differs between two runs; null where it was not part of the run. */
export interface Difference {
  readonly kind: 'row' | 'check';
  readonly name: string;
  readonly before: string | null;
  readonly after: string | null;
  readonly isWorse: boolean;
}

function differencesOf(
  kind: Difference['kind'],
  before: ReadonlyMap<string, string>,
  after: ReadonlyMap<string, string>,
): Difference[] {
  return [...new Set([...before.keys(), ...after.keys()])].flatMap((name) => {
    const [was = null, is = null] = [before.get(name), after.get(name)];
    const isWorse = is === null || (was === null ? is === 'failed' : ranks.indexOf(is) < ranks.indexOf(was));
    return was === is ? [] : [{ kind, name, before: was, after: is, isWorse }];
  });
}

/** Returns what differs between two runs: rows, then checks. */
export function compareEvidence(before: Evidence, after: Evidence): Difference[] {
  const rows = ({ rows }: Evidence) => new Map(rows.map(({ id, outcome }) => [id, outcome]));
  const checks = ({ checks }: Evidence) => new Map(checks.map(({ name, outcome }) => [name, outcome]));
  return [
    ...differencesOf('row', rows(before), rows(after)),
    ...differencesOf('check', checks(before), checks(after)),
  ];
}
