import { readFileSync } from 'node:fs';

/** A known and explained result other than "passed". */
export interface Difference {
  plan: string;
  module: string;
  provider: string;
  outcome: 'failed' | 'not offered';
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
    if (cells.length !== 6 || why === '' || (outcome !== 'failed' && outcome !== 'not offered'))
      throw new Error(`differences.md has a row that is not well-formed: ${row}`);
    return { plan, module, provider, outcome, reason } satisfies Difference;
  });
  const keys = differences.map(({ plan, module, provider }) => `${plan} ${module} ${provider}`);
  const twice = keys.find((key, at) => keys.indexOf(key) !== at);
  if (twice !== undefined) throw new Error(`differences.md explains twice: ${twice}`);
  return differences;
}
