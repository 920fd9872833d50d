import { globSync } from 'node:fs';
import { join, sep } from 'node:path';
import { rolldown } from 'rolldown';
import license from 'rollup-plugin-license';
import { inClone } from '../prepare/clone.mjs';
import { allowedLicences } from './licences.mjs';

/** The folders of pages whose `programs.ts` reads programs for the browser from the clone. */
export const programFolders = {
  console: inClone('src', 'console', 'web'),
  cis2: inClone('src', 'cis2'),
  agent: inClone('identity-agent'),
};

/**
 * Bundles the programs of pages.
 * @param folder its `*.browser.ts` below
 * @param found is called with the packages that they contain
 * @returns the text of each file by its path below `/assets/`: the programs under their own names, and what they share
 */
export async function browserPrograms(folder, found = () => undefined) {
  const names = globSync('**/*.browser.ts', { cwd: folder }).map((name) => name.replaceAll(sep, '/'));
  const bundle = await rolldown({
    input: Object.fromEntries(
      names.map((name) => [name.slice(0, -'.ts'.length), join(folder, ...name.split('/'))]),
    ),
    platform: 'browser',
    // What a module exports to no other is left out.
    preserveEntrySignatures: false,
    plugins: [license({ thirdParty: { allow: allowedLicences(() => false), output: found } })],
  });
  const { output } = await bundle.generate({
    format: 'esm',
    minify: true,
    entryFileNames: '[name].js',
    chunkFileNames: 'shared/[name].js',
    comments: { legal: false, annotation: false, jsdoc: false },
  });
  await bundle.close();
  return new Map(output.map(({ fileName, code }) => [fileName, code]));
}
