const escapes: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/** Escapes a control character or half of a surrogate pair as Python's `repr` does. */
function escaped(character: string): string {
  const code = character.charCodeAt(0).toString(16);
  return escapes[character] ?? (code.length > 2 ? `\\u${code}` : `\\x${code.padStart(2, '0')}`);
}

/** Quotes a text as Python's `repr` does: in double quotes if it contains single ones only. */
function quoted(text: string): string {
  const plain = text.replaceAll('\\', '\\\\').replace(/[\p{Cc}\p{Cs}]/gu, escaped);
  return text.includes("'") && !text.includes('"') ? `"${plain}"` : `'${plain.replaceAll("'", "\\'")}'`;
}

/** Formats a value as Python's `format`: a text is not quoted. */
export const formatted = (value: unknown): string => (typeof value === 'string' ? value : pythonOf(value));

/** Formats a value as in the published service's messages: Python's `repr`. */
export function pythonOf(value: unknown): string {
  if (value === null || value === undefined) return 'None';
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (typeof value === 'string') return quoted(value);
  if (Array.isArray(value)) return `[${value.map(pythonOf).join(', ')}]`;
  if (typeof value !== 'object') return String(value);
  return `{${Object.entries(value)
    .map(([key, entry]) => `${pythonOf(key)}: ${pythonOf(entry)}`)
    .join(', ')}}`;
}

const names: Readonly<Record<string, string>> = { string: 'str', boolean: 'bool', object: 'dict' };

/** Returns the name of a value's type in Python. */
export function typeOf(value: unknown): string {
  return `<class '${nameOfType(value)}'>`;
}

function nameOfType(value: unknown): string | undefined {
  if (Array.isArray(value)) return 'list';
  if (value === null || value === undefined) return 'NoneType';
  if (typeof value === 'number') return Number.isInteger(value) ? 'int' : 'float';
  return names[typeof value];
}
