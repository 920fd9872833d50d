import { globSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * Changes the built pages: the keyboard reaches and scrolls code blocks and tables that are wider than the page, long names in a
 * table can break, an empty corner of a table is not a header, and the search shows guides before the reference, the pages of errors and pages for developers of Alongside.
 */
export function finishPages() {
  return {
    name: 'finish-pages',
    hooks: {
      'astro:build:done': async ({ dir }) => {
        const folder = fileURLToPath(dir);
        for (const file of globSync('**/*.html', { cwd: folder })) {
          const path = join(folder, file);
          const html = await readFile(path, 'utf8');
          await writeFile(path, mended(weighted(file.replaceAll('\\', '/'), html)));
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
    .replaceAll('<th></th>', '<td></td>')
    .replace(/<td[^>]*>.*?<\/td>/gs, (cell) => cell.replace(/(?<=>)[^<]+/g, breakable));

/** Lets a long name break after its separators, so that it does not push the last column out of sight. A copy lacks the marks. */
const breakable = (text) =>
  text.replace(/[^\s&;]{18,}/g, (name) =>
    name
      .replace(/[./_:=,](?=\w)/g, '$&<wbr>')
      .replace(/[A-Za-z]{24,}/g, (word) => word.replace(/(?<=[a-z])(?=[A-Z])/g, '<wbr>')),
  );

const foundLast =
  /^(reference|assurance|security|architecture|bench|changelog|contributing|dependencies|steps|threat-model|tour|writing)\b/;

/** Short pages, in which each word is a large part: they are found by their own words, and after a guide by others. */
const ofErrors = /^errors\/./;

const ranked = (html, weight) =>
  html.replace('<main data-pagefind-body', `<main data-pagefind-weight="${weight}" data-pagefind-body`);

const weighted = (file, html) => {
  if (ofErrors.test(file)) return ranked(html, 0.1);
  return foundLast.test(file) ? ranked(html, 0.2) : html;
};
