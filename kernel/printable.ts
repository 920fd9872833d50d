const code = (unit: string): string => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;

/**
 * Returns one line for a terminal. Control characters in stored text could hide or fake a line (CWE-150), so
 * each character of `\p{C}`, such as ESC, CR, LF and U+202E, becomes its JSON escape. JSON keeps its value.
 */
export const printable = (line: string): string =>
  line.replace(/\p{C}/gu, (character) => character.split('').map(code).join(''));

/** Does the same for multi-line text and keeps its line feeds. */
export const printableLines = (text: string): string => text.split('\n').map(printable).join('\n');
