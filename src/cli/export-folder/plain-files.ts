import { lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { OperatorError } from '@alongside/kernel/operator';

const isMissing = (error: unknown): boolean => (error as NodeJS.ErrnoException)?.code === 'ENOENT';

/** Whether there is a file; a link or anything else in its place could lead elsewhere and is refused. */
export function isFile(path: string): boolean {
  try {
    if (lstatSync(path).isFile()) return true;
  } catch (error) {
    if (isMissing(error)) return false;
    throw error;
  }
  throw new OperatorError(`${path} is not a plain file.`);
}

/** Whether there is a folder; a link or anything else in its place is refused. */
export function isFolder(path: string): boolean {
  try {
    if (lstatSync(path).isDirectory()) return true;
  } catch (error) {
    if (isMissing(error)) return false;
    throw error;
  }
  throw new OperatorError(`${path} is not a plain folder.`);
}

/** The JSON files of a folder in their order; none where there is no folder. What a system hides there is passed over. */
export function jsonFiles(folder: string): string[] {
  if (!isFolder(folder)) return [];
  const names = readdirSync(folder).filter((name) => !name.startsWith('.'));
  const foreign = names.find((name) => !name.endsWith('.json'));
  if (foreign !== undefined) throw new OperatorError(`${join(folder, foreign)} is not part of an export.`);
  return names.sort();
}
