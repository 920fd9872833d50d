import { isObject } from '@alongside/kernel/json';
import { columns, counted } from '@alongside/kernel/operator';

export { columns, counted };

const isPlain = (value: unknown): boolean => typeof value !== 'object' || value === null;

function memberRows(value: unknown, path: string): string[][] {
  if (isObject(value) && Object.keys(value).length > 0)
    return Object.entries(value).flatMap(([name, member]) =>
      memberRows(member, path === '' ? name : `${path}.${name}`),
    );
  if (Array.isArray(value) && value.length > 0)
    return value.every(isPlain)
      ? [[path, value.join(', ')]]
      : value.map((entry, index) => [index === 0 ? path : '', JSON.stringify(entry)]);
  return [[path, isPlain(value) ? String(value ?? '-') : '-']];
}

/** Returns one line for each member of a thing, with its path for `--set`. */
export const memberLines = (thing: object): string[] => columns(memberRows(thing, ''));

/** Breaks a text between words into lines of at most this width; longer words stay whole. */
function wrapped(text: string, width: number): string[] {
  const indent = /^ */.exec(text)?.[0] ?? '';
  const lines: string[] = [];
  let line = indent;
  for (const word of text.trim().split(' ')) {
    if (line.trim() !== '' && line.length + word.length > width) {
      lines.push(line.trimEnd());
      line = indent;
    }
    line += `${word} `;
  }
  return [...lines, line.trimEnd()];
}

export const paragraphs = (texts: readonly string[], width: number): string[] =>
  texts.flatMap((text) => wrapped(text, width));

/** Formats each usage with its explanation on the right, or below a usage wider than half of the line. */
export function helpLines(
  rows: readonly (readonly [usage: string, about: string])[],
  width: number,
): string[] {
  const widest = Math.max(0, ...rows.map(([usage]) => usage.length).filter((length) => length <= width / 2));
  const indent = ' '.repeat(widest + 2);
  return rows.flatMap(([usage, about]) => {
    if (about === '') return [usage];
    const [first = '', ...others] = wrapped(about, width - indent.length);
    const more = others.map((line) => `${indent}${line}`);
    return usage.length <= widest
      ? [`${usage.padEnd(widest)}  ${first}`, ...more]
      : [usage, `${indent}${first}`, ...more];
  });
}
