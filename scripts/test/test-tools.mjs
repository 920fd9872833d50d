import { lockedPackages } from './locked-packages.mjs';

/**
 * Vitest, Playwright Test, the types of Grafana, the linters of CI files and libraries that sign users in. They are as large as all development packages of the
 * clone, so the clone does not install them: the tests of the package and of examples/clients do.
 */
export const testTools = {
  tests: ['test/delivery/packages/', 'test/examples/clients'],
  name: 'test runners, linters and libraries (125 MB)',
  variable: 'ALONGSIDE_TEST_TOOLS',
  ...lockedPackages(['test', 'tools'], {
    folder: 'test-tools',
    what: 'the test runners, linters and libraries',
  }),
};
