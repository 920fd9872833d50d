import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, matchesGlob } from 'node:path';
import { after, describe, test } from 'node:test';
import { type FirstTest, firstTest } from './first-test.ts';
import { type Runner, readProject, runners } from './project.ts';
import { foreignRunners } from './runners.ts';

const root = mkdtempSync(join(tmpdir(), 'runners-'));
after(() => rmSync(root, { recursive: true, force: true }));

let made = 0;
function projectOf(manifest: object, files: Record<string, string> = {}) {
  made += 1;
  const folder = join(root, String(made));
  for (const [path, text] of Object.entries({ ...files, 'package.json': JSON.stringify(manifest) })) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  return readProject(folder);
}

/** The files that each runner collects by default, as its documentation lists them. */
const defaults: Readonly<Record<string, readonly string[]>> = {
  // Node.js, "Running tests from the command line".
  node: [
    '**/*.test.{cjs,mjs,js,cts,mts,ts}',
    '**/*-test.{cjs,mjs,js,cts,mts,ts}',
    '**/*_test.{cjs,mjs,js,cts,mts,ts}',
    '**/test-*.{cjs,mjs,js,cts,mts,ts}',
    '**/test.{cjs,mjs,js,cts,mts,ts}',
    '**/test/**/*.{cjs,mjs,js,cts,mts,ts}',
  ],
  // Vitest, "include".
  vitest: ['**/*.{test,spec}.{js,mjs,cjs,ts,mts,cts,jsx,tsx}'],
  // Playwright, "testMatch".
  playwright: ['**/*.{spec,test}.{js,mjs,cjs,ts,mts,cts,jsx,tsx}'],
  // Jest 30, "testMatch".
  jest: [
    '**/__tests__/**/*.{js,mjs,cjs,ts,mts,cts,jsx,tsx}',
    '**/{spec,test}.{js,mjs,cjs,ts,mts,cts}',
    '**/*.{spec,test}.{js,mjs,cjs,ts,mts,cts}',
  ],
  // Mocha, "spec".
  mocha: ['test/*.{js,cjs,mjs}'],
  // AVA, "Test file naming".
  ava: [
    'test.js',
    'src/test.js',
    'source/test.js',
    '**/__tests__/**/*',
    '**/*.test.{cjs,mjs,js,ts}',
    '**/{test,tests}/**/*.{cjs,mjs,js,ts}',
    '**/test-*.{cjs,mjs,js,ts}',
  ],
  // Jasmine, "spec_files".
  jasmine: ['spec/**/*[sS]pec.?(m)js'],
  // Bun, "bun test".
  bun: ['**/*{.test,_test,.spec,_spec}.{js,jsx,ts,tsx}'],
};

const collects = (runner: string, path: string): boolean =>
  (defaults[runner] ?? []).some((pattern) => matchesGlob(path, pattern));
const pathOf = ({ files: [first] }: FirstTest): string => first?.path ?? '';

const dependencyOf: Readonly<Record<string, object>> = {
  node: { scripts: { unit: 'node --test' } },
  vitest: { devDependencies: { vitest: '4' } },
  playwright: { devDependencies: { '@playwright/test': '1' } },
  jest: { scripts: { test: 'jest' } },
  mocha: { scripts: { test: 'mocha --exit' } },
  ava: { devDependencies: { ava: '8' } },
  jasmine: { scripts: { test: 'jasmine' } },
  bun: { scripts: { test: 'bun test' } },
};

describe('the first test of a project with two runners', () => {
  for (const runner of runners)
    for (const other of Object.keys(defaults).filter((name) => name !== runner))
      for (const type of ['module', 'commonjs'])
        test(`of ${runner} is collected neither by ${other} nor by ${runner} itself by default, with type ${type}`, () => {
          const project = projectOf({ ...dependencyOf[other], type }, { 'tsconfig.json': '{}' });
          assert.ok(foreignRunners(project, runner).includes(other));
          const made = firstTest(project, runner);
          for (const { path } of made.files)
            for (const one of [other, runner]) assert.equal(collects(one, path), false, `${one}: ${path}`);
          const isNamed = made.script.includes(pathOf(made));
          assert.ok(
            isNamed || made.files.some(({ path }) => made.script.includes(`--config ${path}`)),
            made.script,
          );
        });

  test('counts a script that calls no known runner as one', () => {
    const project = projectOf({ scripts: { test: 'turbo run test' } });
    assert.deepEqual(foreignRunners(project, 'node'), ['unknown']);
    assert.equal(pathOf(firstTest(project, 'node')), 'alongside/sign-in.node.mjs');
  });
});

describe('the first test of a project', () => {
  const alone: readonly [Runner, object, string][] = [
    ['node', { scripts: { test: 'node --test' } }, 'test/alongside.test.mjs'],
    ['node', {}, 'test/alongside.test.mjs'],
    ['vitest', { devDependencies: { vitest: '4' }, scripts: { test: 'vitest' } }, 'test/alongside.test.mjs'],
    ['playwright', { devDependencies: { '@playwright/test': '1' } }, 'test/alongside.spec.mjs'],
  ];
  for (const [runner, manifest, path] of alone)
    test(`is an ordinary file of ${runner} without other runners: ${JSON.stringify(manifest)}`, () => {
      const made = firstTest(projectOf(manifest), runner);
      assert.equal(pathOf(made), path);
      assert.equal(collects(runner, path), true);
      assert.deepEqual([made.files.length, made.inNpmTest, made.command], [1, true, 'npm test']);
    });

  const both = { devDependencies: { '@playwright/test': '1', vitest: '4' }, scripts: { test: 'vitest run' } };
  const config = "export default {\n  testDir: './e2e',\n};\n";

  test('is in Playwright’s folder if tests are there already, which the other runner leaves out', () => {
    const files = { 'playwright.config.ts': config, 'e2e/sub/login.spec.ts': '' };
    assert.equal(pathOf(firstTest(projectOf(both, files), 'playwright')), 'e2e/alongside.spec.mjs');
  });

  const folders: Record<string, Record<string, string>> = {
    'no tests': { 'playwright.config.ts': config, 'e2e/node_modules/a.test.js': '' },
    'a pattern of its own': {
      'playwright.config.ts': config.replace('};', "  testMatch: '*.e2e.ts',\n};"),
      'e2e/login.spec.ts': '',
    },
  };
  for (const [name, files] of Object.entries(folders))
    test(`is in a folder of its own if Playwright’s has ${name}`, () => {
      const made = firstTest(projectOf(both, files), 'playwright');
      assert.equal(pathOf(made), 'alongside/sign-in.playwright.mjs');
      assert.equal(made.command, 'npx playwright test --config alongside/playwright.config.mjs');
      assert.equal(made.inNpmTest, false);
    });

  test('of Vitest is an ordinary file if Playwright has another folder', () => {
    const made = firstTest(projectOf(both, { 'playwright.config.ts': config }), 'vitest');
    assert.deepEqual([pathOf(made), made.inNpmTest], ['test/alongside.test.mjs', true]);
    const inTest = firstTest(
      projectOf(both, { 'playwright.config.ts': config.replace('e2e', 'test') }),
      'vitest',
    );
    assert.equal(pathOf(inTest), 'alongside/sign-in.vitest.mjs');
  });
});
