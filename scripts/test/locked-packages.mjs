import { copyFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { inClone } from '../prepare/clone.mjs';
import { npm } from '../prepare/npm.mjs';

const names = ['package.json', '.npmrc', 'package-lock.json'];

/**
 * Packages outside the clone's own, which are installed into its cache.
 * @param locked the folder with their lock file, in `scripts`
 */
export function lockedPackages(locked, { folder, what }) {
  const from = inClone('scripts', ...locked);
  const to = inClone('.cache', folder);
  // npm's record of what it has installed, which it writes last.
  const record = join(to, 'node_modules', '.package-lock.json');
  const isCopied = (name) =>
    existsSync(join(to, name)) &&
    readFileSync(join(to, name), 'utf8') === readFileSync(join(from, name), 'utf8');
  return {
    find: () => (existsSync(record) && names.every(isCopied) ? to : undefined),
    async fetch() {
      mkdirSync(to, { recursive: true });
      for (const name of names) copyFileSync(join(from, name), join(to, name));
      await npm(['ci', '--ignore-scripts'], { cwd: to, what: `installing ${what}` });
    },
  };
}
