import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** The full path of a program that the user could call by its name, or undefined. */
export function onPath(name) {
  const file = process.platform === 'win32' ? `${name}.exe` : name;
  return (process.env.PATH ?? '')
    .split(delimiter)
    .filter(Boolean)
    .map((folder) => join(folder, file))
    .find((path) => existsSync(path));
}
