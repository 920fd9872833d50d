// How single values stand in the cells of a CSV file (RFC 4180), so that a spreadsheet runs none of them.

const formula = /^[=+\-@\t\r']/;

/** A cell that no spreadsheet takes for a formula: an apostrophe stands before what it would run. */
const harmless = (value: string): string => (formula.test(value) ? `'${value}` : value);

/** What `harmless` made, back as it was. */
export const asItWas = (cell: string): string => (/^'[=+\-@\t\r']/.test(cell) ? cell.slice(1) : cell);

/** A cell, quoted where it has to be. */
export function writeCell(value: string): string {
  const cell = harmless(value);
  return /[",\r\n]|^\s|\s$/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;
}

const escapePart = (part: string): string => part.replace(/[\\|]/g, (character) => `\\${character}`);

/** A list in one cell: entries joined by `|`. */
export const joinList = (entries: readonly string[]): string => entries.map(escapePart).join('|');

/** The entries of such a cell. */
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
