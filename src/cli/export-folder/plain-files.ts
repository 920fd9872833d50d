import { lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { OperatorError } from '@alongside/kernel/operator';

const isMissing = (error: unknown): boolean => (error as NodeJS.ErrnoException)?.code === 'ENOENT';

/** Returns whether a file exists; refuses a link or anything else in its place, which could lead elsewhere. */
export function isFile(path: string): boolean {
  try {
    if (lstatSync(path).isFile()) return true;
  } catch (error) {
    if (isMissing(error)) return false;
    throw error;
  }
  throw new OperatorError(`${path} is not a plain file.`);
}

/** Returns whether a folder exists; refuses a link or anything else in its place. */
export function isFolder(path: string): boolean {
  try {
    if (lstatSync(path).isDirectory()) return true;
  } catch (error) {
    if (isMissing(error)) return false;
    throw error;
  }
  throw new OperatorError(`${path} is not a plain folder.`);
}

/** Returns the JSON files of a folder in order; none without a folder. Ignores hidden system files. */
export function jsonFiles(folder: string): string[] {
  if (!isFolder(folder)) return [];
  const names = readdirSync(folder).filter((name) => !name.startsWith('.'));
  const foreign = names.find((name) => !name.endsWith('.json'));
  if (foreign !== undefined) throw new OperatorError(`${join(folder, foreign)} is not part of an export.`);
  return names.sort();
}
