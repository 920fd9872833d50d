import { globSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Lets the keyboard reach and scroll code blocks and tables that are wider than the page; an empty corner of a table is not a header. */
export function accessible() {
  return {
    name: 'accessible',
    hooks: {
      'astro:build:done': async ({ dir }) => {
        const folder = fileURLToPath(dir);
        for (const file of globSync('**/*.html', { cwd: folder })) {
          const path = join(folder, file);
          const html = await readFile(path, 'utf8');
          await writeFile(path, mended(html));
        }
      },
    },
  };
}

const mended = (html) =>
  html
    .replaceAll('<pre data-language', '<pre tabindex="0" data-language')
    .replaceAll('<table>', '<div class="wide" tabindex="0" role="group" aria-label="Table"><table>')
    .replaceAll('</table>', '</table></div>')
    .replaceAll('<th></th>', '<td></td>');
