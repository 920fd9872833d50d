import { readFileSync } from 'node:fs';
import { inClone } from '../prepare/clone.mjs';

/** The programs without which files cannot run, unless they choose their tests by what is installed. */
const programs = [
  {
    variable: 'ALONGSIDE_BROWSER',
    name: 'a browser',
    needs: /\b(?:launchBrowser|browserPath|headlessChromium|startHelperDesk|webauthn-desk|passkey-browser)\b/,
    chooses: /\bbrowserMissing\b/,
  },
  {
    variable: 'ALONGSIDE_POSTGRES_BIN',
    name: 'PostgreSQL',
    needs: /\b(?:share|start)Postgres\b/,
    chooses: /\bpostgresMissing\b|\bdialects\(/,
  },
];

/**
 * Separates the test files that need a missing program.
 * @param helpers the variables with the programs that were found
 */
export function withoutMissing(files, helpers) {
  const missing = programs.filter(({ variable }) => helpers[variable] === undefined);
  const lackOf = (file) => {
    const text = readFileSync(inClone(file), 'utf8');
    return missing.find(({ needs, chooses }) => needs.test(text) && !chooses.test(text));
  };
  const lacks = files.map((file) => ({ file, lack: lackOf(file) }));
  return {
    runnable: lacks.filter(({ lack }) => lack === undefined).map(({ file }) => file),
    left: lacks
      .filter(({ lack }) => lack !== undefined)
      .map(({ file, lack }) => `not run: ${file} needs ${lack.name}`),
  };
}
