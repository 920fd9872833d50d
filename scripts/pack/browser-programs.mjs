import { globSync } from 'node:fs';
import { sep } from 'node:path';
import { rolldown } from 'rolldown';
import license from 'rollup-plugin-license';
import { inClone } from '../prepare/clone.mjs';
import { allowedLicences } from './licences.mjs';

const folder = inClone('src', 'console', 'web');

/**
 * Bundles the programs of the console's pages.
 * @param found is called with the packages that they contain
 * @returns the text of each file by its path below `/assets/`: the programs under their own names, and what they share
 */
export async function browserPrograms(found = () => undefined) {
  const names = globSync('**/*.browser.ts', { cwd: folder }).map((name) => name.replaceAll(sep, '/'));
  const bundle = await rolldown({
    input: Object.fromEntries(
      names.map((name) => [
        name.slice(0, -'.ts'.length),
        inClone('src', 'console', 'web', ...name.split('/')),
      ]),
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
