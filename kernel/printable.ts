const code = (unit: string): string => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;

/**
 * Returns one line for a terminal. Stored text comes from other people, and a control character in it could hide or
 * fake a line (CWE-150): each character of `\p{C}`, such as ESC, CR, LF and U+202E, becomes its escape in JSON, so that
 * JSON stays what it is.
 */
export const printable = (line: string): string =>
  line.replace(/\p{C}/gu, (character) => character.split('').map(code).join(''));

/** The same for text whose own line feeds stay. */
export const printableLines = (text: string): string => text.split('\n').map(printable).join('\n');
