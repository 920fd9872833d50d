import { readFileSync } from 'node:fs';

const outcomes = ['warned', 'failed', 'not offered'] as const;

/** A known and explained result other than "passed". */
export interface Difference {
  plan: string;
  module: string;
  provider: string;
  outcome: (typeof outcomes)[number];
  /** The beginning of the module's reason. */
  reason: string;
}

const file = new URL('differences.md', import.meta.url);

/** Reads the table of `differences.md`; throws for a malformed or repeated row. */
export function readDifferences(): Difference[] {
  const rows = readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('| '))
    .slice(1)
    .filter((line) => !/^\|[\s:|-]+\|$/.test(line));
  const differences = rows.map((row) => {
    const cells = row
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim().replaceAll('`', ''));
    const [plan = '', module = '', provider = '', outcome = '', reason = '', why = ''] = cells;
    const known = outcomes.find((one) => one === outcome);
    if (cells.length !== 6 || why === '' || known === undefined)
      throw new Error(`differences.md has a row that is not well-formed: ${row}`);
    return { plan, module, provider, outcome: known, reason } satisfies Difference;
  });
  const keys = differences.map(({ plan, module, provider }) => `${plan} ${module} ${provider}`);
  const twice = keys.find((key, at) => keys.indexOf(key) !== at);
  if (twice !== undefined) throw new Error(`differences.md explains twice: ${twice}`);
  return differences;
}
