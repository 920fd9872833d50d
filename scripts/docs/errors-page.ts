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
    'This page lists every error of every service. Callers see only the public description. `alongside explain ID` shows the reason: the expected and received values, the fix, who must act and the source. Every response has its id in the header `X-Message-Id`.',
    '',
    ...parts,
  ].join('\n');
}
