import type { ErrorEntry } from '@alongside/kernel/errors';
import { catalogues } from './catalogues.ts';
import { cell, generated } from './page.ts';

function row(entry: ErrorEntry): string {
  const cells = [
    `\`${entry.id}\``,
    String(entry.status),
    `\`${entry.code}\``,
    entry.description,
    entry.redirect ? 'yes' : 'no',
    entry.actor,
    entry.fix,
    entry.source,
  ];
  return `| ${cells.map(cell).join(' | ')} |`;
}

/** `docs/errors.md`. */
export async function errorsPage(): Promise<string> {
  const parts = (await catalogues()).map(({ title, entries }) =>
    [
      `## ${title}`,
      '',
      '| id in the log | status | code | public description | redirected | who acts | fix | source |',
      '|---|---|---|---|---|---|---|---|',
      ...entries.map(row),
      '',
    ].join('\n'),
  );
  return [
    '# Errors',
    '',
    generated,
    '',
    'Every refusal of every part. The public description is all that a caller reads. `alongside explain ID` shows the reason: what was expected and received, the fix, who must act and the source. Every answer carries its id in the header `X-Message-Id`.',
    '',
    ...parts,
  ].join('\n');
}
