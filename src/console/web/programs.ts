import { globSync, readFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import { join, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Returns a module for the browser: without types, and with the addresses of what it imports. */
const served = (file: string): string =>
  stripTypeScriptTypes(readFileSync(file, 'utf8'))
    .replace(/(from |import )'(\.[^']*)\.ts'/g, "$1'$2.js'")
    .replace("from 'idiomorph'", "from '/assets/idiomorph.js'");

const folder = import.meta.dirname;
const files = globSync('**/*.browser.ts', { cwd: folder }).map((name) => name.replaceAll(sep, '/'));

/**
 * The programs of the pages by their path below `/assets/`. In a clone they are read as they are asked for, so that a reload of the
 * page shows a change; the packages replace this file by one with the bundled programs (`scripts/pack/browser-programs.mjs`).
 */
export const programs: ReadonlyMap<string, () => string> = new Map([
  ...files.map((name) => [`${name.slice(0, -'.ts'.length)}.js`, () => served(join(folder, name))] as const),
  ['idiomorph.js', () => readFileSync(fileURLToPath(import.meta.resolve('idiomorph')), 'utf8')] as const,
]);
