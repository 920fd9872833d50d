import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type BrowserPrograms, programsBelow } from '@alongside/kernel/browser-programs';

const own = [...programsBelow(import.meta.dirname)].map(
  ([name, text]) => [name, () => text().replace("from 'idiomorph'", "from '/assets/idiomorph.js'")] as const,
);

/** The programs of the console's pages. */
export const programs: BrowserPrograms = new Map([
  ...own,
  ['idiomorph.js', () => readFileSync(fileURLToPath(import.meta.resolve('idiomorph')), 'utf8')] as const,
]);
