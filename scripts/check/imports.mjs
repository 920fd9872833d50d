import { posix } from 'node:path';
import { trackedFiles } from './tracked.mjs';

const product = /^(src|kernel|identity-agent|client)\/.*\.ts$/;
const tests = /\.test\.ts$|\/testing\//;

/** Returns the TypeScript files of the product, without tests and their helpers. */
export const productFiles = () => trackedFiles().filter((file) => product.test(file) && !tests.test(file));

/** Returns the imports of a file: paths within the clone, and names of packages. */
export const importsOf = (file, text = '') =>
  [...text.matchAll(/^(?:import|export)\b[^';]*?'([^']+)';$|\bimport\('([^']+)'\)/gm)].map(
    ([, still, dynamic]) => {
      const name = still ?? dynamic;
      return name.startsWith('.') ? posix.join(posix.dirname(file), name) : name;
    },
  );
