import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestInstance } from '../../../test/testing/instance.ts';
import { invoke } from './command.ts';

// Folders of exports, for the tests of export and import.

const root = mkdtempSync(join(tmpdir(), 'alongside-transfer-'));
let count = 0;

/** Returns an unused path. */
export const folder = (name: string): string => join(root, `${++count}-${name}`);

export const removeFolders = (): void => rmSync(root, { recursive: true });

/** Returns flags that select an instance. */
export const at = ({ state }: TestInstance): string[] => ['--state', state.stateFile];

/** Returns every file in a folder with its contents. */
export const contents = (path: string): Record<string, string> =>
  Object.fromEntries(
    readdirSync(path, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .sort()
      .map((file) => [file.slice(path.length + 1), readFileSync(file, 'utf8')]),
  );

/** Exports an instance to a new folder. */
export async function exported(instance: TestInstance, ...flags: string[]): Promise<string> {
  const path = folder('export');
  await invoke(['export', path, ...flags, ...at(instance)]);
  return path;
}

/** Edits a JSON file. */
export const change = (path: string, edit: (value: Record<string, unknown>) => void): void => {
  const value = JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>;
  edit(value);
  writeFileSync(path, JSON.stringify(value));
};
