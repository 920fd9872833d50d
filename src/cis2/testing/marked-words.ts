import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { english } from '../text/english.ts';

const open = '~(';
const close = ')~';

/** Members that are not text of a page. */
const settings = ['locale'];

function mark(texts: object): void {
  for (const [name, value] of Object.entries(texts))
    if (typeof value === 'object') mark(value);
    else if (value !== '' && !settings.includes(name))
      Object.assign(texts, { [name]: `${open}${value}${close}` });
}

const kinds = join(import.meta.dirname, '..', 'authenticators');

/** Returns all texts of the pages: the shared ones, and those of each kind of authenticator. */
export async function allTexts(): Promise<object[]> {
  const files = readdirSync(kinds)
    .map((kind) => join(kinds, kind, 'text.ts'))
    .filter((file) => existsSync(file));
  const modules: object[] = await Promise.all(files.map((file) => import(pathToFileURL(file).href)));
  return [english, ...modules.flatMap((module) => Object.values(module))];
}

/** Marks every text in place. Only for a separate process, before it imports a page. */
export async function markWords(): Promise<void> {
  for (const text of await allTexts()) mark(text);
}

/** The name of the product is the same in every language. */
const frame = ['Alongside'];
const unheard = /<(script|style|svg|time|code|head)\b[^>]*>[\s\S]*?<\/\1>/g;
const block = /<\/?(?:p|h\d|div|li|dt|dd|label|legend|button|section|main|header|footer|br|a class)\b[^>]*>/g;
const aloud = /\b(?:aria-label|alt|placeholder|data-unreachable)="([^"]*)"/g;

/** Returns the unmarked part of a text. */
function outside(text: string): string {
  let depth = 0;
  return text
    .split(/(~\(|\)~)/)
    .filter((piece) => {
      if (piece === open) depth += 1;
      if (piece === close) depth -= 1;
      return depth === 0 && piece !== close;
    })
    .join('\n');
}

/** Returns the words that a page shows or reads aloud without a mark, except the given data. */
export function unmarkedIn(page: string, data: readonly string[]): string[] {
  const title = /<title>([^<]*)<\/title>/.exec(page)?.[1] ?? '';
  const read = [...page.matchAll(aloud)].map(([, value = '']) => value);
  const shown = page
    .replace(unheard, '\n')
    .replace(block, '\n')
    .replace(/<[^>]*>/g, '');
  const left = outside([title, ...read, shown].join('\n'));
  return [...frame, ...data]
    .reduce((text, known) => text.replaceAll(known, '\n'), left)
    .split('\n')
    .map((text) => text.trim())
    .filter((text) => /\p{L}{2}/u.test(text));
}
