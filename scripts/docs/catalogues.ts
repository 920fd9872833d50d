import { globSync, readFileSync } from 'node:fs';
import type { ErrorEntry, Refuse } from '@alongside/kernel/errors';

const root = new URL('../../', import.meta.url);
const parts: readonly [string, string][] = [
  ['authorisation', 'API authorisation service'],
  ['gateway', 'Gateway'],
  ['pds', 'Personal Demographics Service'],
  ['signing', 'Signing service'],
  ['cis2', 'CIS2'],
  ['cis', 'CIS'],
  ['identity-agent', 'Identity Agent'],
  ['console', 'Console'],
  ['mock', 'Mock surface'],
  ['kernel', 'Every part'],
];

const isCatalogue = (value: unknown): value is Record<string, Refuse> =>
  typeof value === 'object' &&
  value !== null &&
  Object.values(value).length > 0 &&
  Object.values(value).every((entry) => typeof entry === 'function' && 'entry' in entry);

/** Returns every error catalogue in the source, so that none is forgotten. */
export async function catalogues(): Promise<{ title: string; entries: ErrorEntry[] }[]> {
  const files = globSync('{src,identity-agent,kernel}/**/*.ts', { cwd: root }).filter(
    (file) =>
      !/\.test\.ts$|\/testing\//.test(file) &&
      readFileSync(new URL(file, root), 'utf8').match(/= catalogue[<(]/),
  );
  const entries = new Map<string, ErrorEntry>();
  for (const file of files.sort())
    for (const exported of Object.values((await import(new URL(file, root).href)) as object))
      if (isCatalogue(exported))
        for (const { entry } of Object.values(exported)) {
          if ((entries.get(entry.id) ?? entry) !== entry)
            throw new Error(`Two refusals are named ${entry.id}.`);
          entries.set(entry.id, entry);
        }
  return parts.map(([prefix, title]) => ({
    title,
    entries: [...entries.values()]
      .filter(({ id }) => id.startsWith(`${prefix}.`))
      .sort((a, b) => a.id.localeCompare(b.id)),
  }));
}
