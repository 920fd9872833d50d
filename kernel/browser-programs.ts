import { globSync, readFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import { join, sep } from 'node:path';

/** Programs of pages by their path below `/assets/`. */
export type BrowserPrograms = ReadonlyMap<string, () => string>;

/**
 * Returns the programs for the browser below a folder of the clone, `NAME.browser.ts`: without types, and with the addresses of what
 * they import. Each is read as it is asked for, so that a reload of the page shows a change. The packages replace the modules that
 * call this by ones with the bundled programs (`scripts/pack/browser-programs.mjs`).
 */
export function programsBelow(folder: string): Map<string, () => string> {
  const served = (file: string): string =>
    stripTypeScriptTypes(readFileSync(file, 'utf8')).replace(/(from |import )'(\.[^']*)\.ts'/g, "$1'$2.js'");
  const files = globSync('**/*.browser.ts', { cwd: folder }).map((name) => name.replaceAll(sep, '/'));
  return new Map(
    files.map((name) => [`${name.slice(0, -'.ts'.length)}.js`, () => served(join(folder, name))]),
  );
}
