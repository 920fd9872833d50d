import { copyFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { inClone } from '../prepare/clone.mjs';
import { npm } from '../prepare/npm.mjs';

const locked = inClone('scripts', 'test', 'tools');
const folder = inClone('.cache', 'test-tools');
const names = ['package.json', '.npmrc', 'package-lock.json'];
/** npm's record of what it has installed, which it writes last. */
const record = join(folder, 'node_modules', '.package-lock.json');

const isCurrent = () =>
  existsSync(record) &&
  names.every((name) => {
    const copy = join(folder, name);
    return existsSync(copy) && readFileSync(copy, 'utf8') === readFileSync(join(locked, name), 'utf8');
  });

async function install() {
  mkdirSync(folder, { recursive: true });
  for (const name of names) copyFileSync(join(locked, name), join(folder, name));
  await npm(['ci', '--ignore-scripts'], {
    cwd: folder,
    what: 'installing the test runners, linters and libraries',
  });
}

/**
 * Vitest, Playwright Test, the types of Grafana, the linters of CI files and libraries that sign users in. They are as large as all development packages of the
 * clone, so the clone does not install them: the tests of the package and of examples/clients do.
 */
export const testTools = {
  tests: ['test/delivery/packages/', 'test/examples/clients'],
  name: 'test runners, linters and libraries (90 MB)',
  variable: 'ALONGSIDE_TEST_TOOLS',
  find: () => (isCurrent() ? folder : undefined),
  fetch: install,
};
