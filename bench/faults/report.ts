import { spendings } from './load.ts';
import type { Result } from './run.ts';

const columns: readonly (readonly [string, (result: Result) => string])[] = [
  ['database', ({ database }) => database],
  ['fault', ({ fault }) => fault],
  ['result', ({ skipped, passed }) => (skipped ? 'skipped' : passed ? 'passed' : 'FAILED')],
  ['answered', ({ requests }) => String(requests.ok)],
  ['refused', ({ requests }) => String(requests.refused)],
  ['cut', ({ requests }) => String(requests.cut)],
  ['failed', ({ requests }) => String(requests.failed)],
  ['promises', ({ promised }) => String(promised)],
  ['lost', ({ lost }) => String(Object.values(lost).reduce((sum, n) => sum + n, 0))],
  ['double', ({ lost }) => String(spendings.reduce((sum, kind) => sum + (lost[kind] ?? 0), 0))],
  ['dead', ({ deadProcesses }) => String(deadProcesses)],
  ['outage ms', ({ outage }) => String(outage)],
  ['recovery ms', ({ recovery }) => String(recovery ?? '-')],
];

/** Returns the table of results, followed by details of failed and skipped ones. */
export function reportOf(results: readonly Result[]): string {
  const rows = [columns.map(([name]) => name), ...results.map((one) => columns.map(([, cell]) => cell(one)))];
  const widths = columns.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const table = rows.map((row) =>
    row
      .map((cell, column) =>
        column < 3 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0),
      )
      .join('  '),
  );
  const details = results.flatMap((one) => {
    const name = `${one.database} ${one.fault}`;
    if (one.skipped) return [`${name}: skipped, ${one.skipped}`];
    const measured = one.notes.map((note) => `${name}: ${note}`);
    if (one.passed) return measured;
    return [
      ...measured,
      ...Object.entries(one.lost).map(([kind, n]) => `${name}: ${n} times not honoured: ${kind}`),
      ...one.examples.map((example) => `${name}: ${example}`),
      ...(one.error ? [`${name}: ${one.error}`] : []),
    ];
  });
  return [...table, ...details].join('\n');
}
