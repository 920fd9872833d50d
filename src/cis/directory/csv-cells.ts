const formula = /^[=+\-@\t\r']/;

/** Prefixes a formula with an apostrophe, so that no spreadsheet runs it. */
const escapeFormula = (value: string): string => (formula.test(value) ? `'${value}` : value);

/** Removes the apostrophe before a formula. */
export const unescapeFormula = (cell: string): string => (/^'[=+\-@\t\r']/.test(cell) ? cell.slice(1) : cell);

/** Writes a cell, quoted if necessary (RFC 4180). */
export function writeCell(value: string): string {
  const cell = escapeFormula(value);
  return /[",\r\n]|^\s|\s$/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;
}

const escapePart = (part: string): string => part.replace(/[\\|]/g, (character) => `\\${character}`);

/** Writes a list in one cell, separated by `|`. */
export const joinList = (entries: readonly string[]): string => entries.map(escapePart).join('|');

/** Reads a list from one cell. */
export function splitList(cell: string): string[] {
  if (cell.trim() === '') return [];
  const entries = [''];
  for (let at = 0; at < cell.length; at++) {
    const character = cell[at] ?? '';
    if (character === '|') entries.push('');
    else if (character === '\\') entries[entries.length - 1] += cell[++at] ?? '';
    else entries[entries.length - 1] += character;
  }
  return entries;
}
