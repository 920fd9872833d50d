import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Returns the full path of a program on the search path, or undefined. */
export function onPath(name) {
  const file = process.platform === 'win32' ? `${name}.exe` : name;
  return (process.env.PATH ?? '')
    .split(delimiter)
    .filter(Boolean)
    .map((folder) => join(folder, file))
    .find((path) => existsSync(path));
}
