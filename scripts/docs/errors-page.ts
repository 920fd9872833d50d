import type { ErrorEntry } from '@alongside/kernel/errors';
import { catalogues } from './catalogues.ts';
import { cell, generated } from './page.ts';

function row(entry: ErrorEntry): string {
  const { id, status, code, redirect, description, actor, fix, source } = entry;
  const names = `\`${id}\`<br>${status} \`${code}\`${redirect ? ', redirected' : ''}`;
  const cells = [names, description, `${fix} (${actor})`, source];
  return `| ${cells.map(cell).join(' | ')} |`;
}

/** `docs/errors.md`. */
export async function errorsPage(): Promise<string> {
  const parts = (await catalogues()).map(({ title, entries }) =>
    [
      `## ${title}`,
      '',
      '| id in the log, response | public description | fix (who acts) | source |',
      '|---|---|---|---|',
      ...entries.map(row),
      '',
    ].join('\n'),
  );
  return [
    '# Errors',
    '',
    generated,
    '',
    'This page lists every error of every service. Callers see only the public description. `alongside explain ID` shows the reason: the expected and received values, the fix, who must act and the source. Every response has its id in the header `X-Message-Id`; in development its header `Link` leads to the error in the console, where each error has a page. On the site of this documentation, too.',
    '',
    ...parts,
  ].join('\n');
}
