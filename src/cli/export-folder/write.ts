import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeFolder, OperatorError } from '@alongside/kernel/operator';
import type { stringify } from 'yaml';
import { fileProblem } from '../json-file.ts';
import type { Progress } from '../progress.ts';
import {
  endingOf,
  fileNameOf,
  filesOf,
  isFile,
  isFolder,
  kindNames,
  manifestName,
  type State,
} from './layout.ts';

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const names = Object.keys(value).sort();
  return Object.fromEntries(names.map((name) => [name, sorted((value as Record<string, unknown>)[name])]));
}

/** Returns canonical JSON: sorted members, two spaces, a line feed at the end. */
const canonicalJson = (value: unknown): string => `${JSON.stringify(sorted(value), null, 2)}\n`;

/**
 * Writes a file that only its owner can read, because it contains hashes of secrets and keys of cards. Keeps an unchanged file.
 */
function put(path: string, text: string): void {
  if (isFile(path) && readFileSync(path, 'utf8') === text) return;
  writeFileSync(path, text, { mode: 0o600 });
}

/** Refuses a folder that contains other files. */
function checkFolder(folder: string): void {
  if (isFile(join(folder, manifestName))) return;
  const taken = kindNames.find((kind) => filesOf(folder, kind).length > 0);
  if (taken !== undefined)
    throw new OperatorError(
      `${join(folder, taken)} has files, but ${folder} is not an export. Choose another folder.`,
    );
}

function writeState(folder: string, state: State, progress: Progress, toYaml: typeof stringify): void {
  makeFolder(folder, 0o700);
  checkFolder(folder);
  const total = kindNames.reduce((sum, kind) => sum + (state[kind]?.length ?? 0), 0);
  let written = 0;
  for (const kind of kindNames) {
    const things = state[kind] ?? [];
    const files = new Map(things.map((thing) => [fileNameOf(kind, thing), thing]));
    const below = join(folder, kind);
    if (files.size > 0) makeFolder(below, 0o700);
    if (!isFolder(below)) continue;
    const textOf =
      endingOf(kind) === 'json' ? canonicalJson : (thing: unknown) => toYaml(sorted(thing), { lineWidth: 0 });
    for (const name of filesOf(folder, kind)) if (!files.has(name)) rmSync(join(below, name));
    for (const [name, thing] of files) {
      progress.step('Writing files', written, total);
      put(join(below, name), textOf(thing));
      written += 1;
    }
  }
  const cards = state.cards?.map(({ serial }) => serial) ?? null;
  const { version, cardRecords, apis } = state;
  const manifest = { version, cards, cardRecords: cardRecords !== undefined, apis: apis !== undefined };
  put(join(folder, manifestName), canonicalJson(manifest));
}

/**
 * Makes a folder contain exactly this state. Updates an existing export only where it differs, so that version control shows only
 * real changes; keeps other files. Throws one sentence.
 */
export async function writeExport(folder: string, state: State, progress: Progress): Promise<void> {
  try {
    const { stringify } = await import('yaml');
    writeState(folder, state, progress, stringify);
  } catch (error) {
    if (error instanceof OperatorError) throw error;
    throw new OperatorError(`The export cannot be written to ${folder}: ${fileProblem(error)}.`);
  }
}
