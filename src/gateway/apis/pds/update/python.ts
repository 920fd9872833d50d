/** Formats a value as in the published service's messages: Python's `repr`. */
export function pythonOf(value: unknown): string {
  if (value === null || value === undefined) return 'None';
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (typeof value === 'string') return `'${value.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
  if (Array.isArray(value)) return `[${value.map(pythonOf).join(', ')}]`;
  if (typeof value !== 'object') return String(value);
  return `{${Object.entries(value)
    .map(([key, entry]) => `${pythonOf(key)}: ${pythonOf(entry)}`)
    .join(', ')}}`;
}

const names: Readonly<Record<string, string>> = { string: 'str', boolean: 'bool', object: 'dict' };

/** Returns the name of a value's type in Python. */
export function typeOf(value: unknown): string {
  const name = Array.isArray(value)
    ? 'list'
    : value === null || value === undefined
      ? 'NoneType'
      : typeof value === 'number'
        ? Number.isInteger(value)
          ? 'int'
          : 'float'
        : names[typeof value];
  return `<class '${name}'>`;
}
