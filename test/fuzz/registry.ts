import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { FuzzTarget } from './target.ts';

const folder = join(import.meta.dirname, 'targets');

/** The names of all targets; each target is the file with its name. */
export const targetNames: readonly string[] = readdirSync(folder)
  .filter((name) => name.endsWith('.ts'))
  .map((name) => name.slice(0, -3))
  .sort();

/** Loads a target. Throws for an unknown one, or if its name differs from its file. */
export async function loadTarget(name: string): Promise<FuzzTarget> {
  if (!targetNames.includes(name))
    throw new Error(`There is no target "${name}": ${targetNames.join(', ')}.`);
  const { target } = (await import(pathToFileURL(join(folder, `${name}.ts`)).href)) as { target: FuzzTarget };
  if (target.name !== name) throw new Error(`The target in ${name}.ts is called "${target.name}".`);
  return target;
}
