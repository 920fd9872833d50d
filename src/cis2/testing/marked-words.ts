import { english } from '../text/english.ts';

const open = '~(';
const close = ')~';

/** Not sentences: what the words are for. */
const settings = ['locale'];

function mark(words: Record<string, unknown>): void {
  for (const [name, value] of Object.entries(words))
    if (typeof value === 'object') mark(value as Record<string, unknown>);
    else if (value !== '' && !settings.includes(name)) words[name] = `${open}${value}${close}`;
}

/** Puts every sentence of the words between marks. Only for a process of its own, before any page is imported. */
export const markWords = (): void => mark(english as unknown as Record<string, unknown>);

/** The name of the product is the same in every language. */
const frame = ['Alongside'];
const unheard = /<(script|style|svg|time|code|head)\b[^>]*>[\s\S]*?<\/\1>/g;
const block = /<\/?(?:p|h\d|div|li|dt|dd|label|legend|button|section|main|header|footer|br|a class)\b[^>]*>/g;
const aloud = /\b(?:aria-label|alt|placeholder|data-unreachable)="([^"]*)"/g;

/** The part of a text that stands between no marks. */
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

/** Words that a page shows or reads aloud and that came from no sentence, but for these pieces of data. */
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
