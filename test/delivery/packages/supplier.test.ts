import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { cp, mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { clone, Project, packedOnce } from './testing/project.ts';

// A supplier's project: a web application on @alongside/client, tested with the test kit by three runners.
const tools = process.env.ALONGSIDE_TEST_TOOLS;

interface Finished {
  code: number;
  output: string;
}

describe('the test kit in a project of a supplier', {
  skip: tools === undefined && 'needs Vitest and Playwright Test from npm',
}, () => {
  let project: Project;
  before(async () => {
    project = await Project.create();
    const packages = [packedOnce('alongside'), packedOnce('@alongside/client')];
    await project.install(await Promise.all(packages), ['jose', '@types/node', 'undici-types']);
    for (const name of await topLevel(join(tools ?? '', 'node_modules')))
      await symlink(join(tools ?? '', 'node_modules', name), project.path('node_modules', name)).catch(
        orExists,
      );
    await cp(join(import.meta.dirname, 'supplier'), project.folder, { recursive: true });
  });
  after(() => project?.remove());

  /** Runs a program of the project. */
  const run = (first: string | { cwd: string }, ...rest: string[]): Promise<Finished> =>
    new Promise((resolve) => {
      const cwd = typeof first === 'string' ? project.folder : first.cwd;
      const words = typeof first === 'string' ? [first, ...rest] : rest;
      const env = { ...process.env, NO_COLOR: '1', FORCE_COLOR: undefined, NODE_TEST_CONTEXT: undefined };
      execFile(process.execPath, words, { cwd, env }, (error, stdout, stderr) =>
        resolve({ code: error ? Number(error.code) : 0, output: stdout + stderr }),
      );
    });
  const program = (name: string) => project.path('node_modules', name);

  test('has valid types with those of the runners, also in the documentation', async () => {
    const { output } = await run(
      join(clone, 'node_modules/@typescript/native/bin/tsc'),
      '-p',
      project.folder,
    );
    assert.equal(output, '');
  });

  test('proves every member with node:test, and the documentation’s tests', async () => {
    const files = ['members.node.ts', 'sign-in.node.ts', 'recipes.node.ts', 'forgets.node.ts'];
    const { output } = await run('--test', '--test-reporter=tap', ...files);
    assert.match(output, /^# fail 0$/m, output);
    assert.match(output, /^# pass 23$/m);
  });

  test('prints the report among the diagnostics of a failed node:test', async () => {
    const { code, output } = await run('--test', '--test-reporter=tap', 'fails.node.ts');
    assert.equal(code, 1);
    assert.match(output, /# Alongside at http.*\n# {3}ready after \d+ ms/);
    assert.match(output, /# {3}authorisation\.contentType at POST \/oauth2\/token/);
  });

  test('gives each file of Vitest an instance, and prints the report of a failed test', async () => {
    const reporters = ['--reporter=default', '--reporter=json', '--outputFile=vitest.json'];
    const { code, output } = await run(program('vitest/vitest.mjs'), 'run', ...reporters);
    const { testResults } = JSON.parse(await readFile(project.path('vitest.json'), 'utf8')) as {
      testResults: { assertionResults: { title: string; status: string }[] }[];
    };
    const results = testResults.flatMap(({ assertionResults }) => assertionResults);
    assert.deepEqual(
      results.filter(({ status }) => status !== 'passed').map(({ title }) => title),
      ['fails, and prints a report'],
      output,
    );
    assert.deepEqual([code, results.length], [1, 6]);
    assert.match(output, /signed in at the desk after \d+ ms\n\nRefused requests/);
  });

  test('gives each worker of Playwright an instance, and attaches the report of a failed test', async () => {
    const { code, output } = await run(program('@playwright/test/cli.js'), 'test');
    const { suites } = JSON.parse(await readFile(project.path('playwright.json'), 'utf8')) as {
      suites: Suite[];
    };
    const results = suites.flatMap(resultsOf);
    const failed = results.filter(({ status, expected }) => status !== expected);
    assert.deepEqual(
      failed.map(({ title }) => title),
      ['fails with the report as attachment'],
      output + JSON.stringify(failed),
    );
    assert.deepEqual([code, results.length], [1, 10]);
    assert.ok(new Set(results.map(({ workerIndex }) => workerIndex)).size >= 2, 'workers at once');
    const { body = '' } = failed[0]?.attachments.find(({ name }) => name === 'alongside') ?? {};
    assert.match(
      Buffer.from(body, 'base64').toString(),
      /ready after \d+ ms[\s\S]*Refused requests[\s\S]*end of the log/,
    );
  });

  test('attaches one worker of Playwright to the instance of alongside exec', async () => {
    // The documentation's configuration, with the browser of these tests.
    const own = `import exec from './playwright.exec.config.ts';
import tested from './playwright.config.ts';
export default { ...tested, ...exec, testMatch: 'sign-in.spec.ts', use: { ...tested.use, ...exec.use } };`;
    await writeFile(project.path('exec.config.ts'), own);
    const playwright = [program('@playwright/test/cli.js'), 'test', '--config', 'exec.config.ts'];
    const exec = [program('alongside/bin/alongside.cjs'), 'exec', '--log-level', 'info', '--'];
    const { code, output } = await run(...(exec as [string]), process.execPath, ...playwright);
    assert.equal(code, 0, output);
    const { suites } = JSON.parse(await readFile(project.path('playwright.json'), 'utf8')) as {
      suites: Suite[];
    };
    assert.deepEqual(
      suites.flatMap(resultsOf).map(({ status, workerIndex }) => [status, workerIndex]),
      [
        ['passed', 0],
        ['passed', 0],
        ['passed', 0],
      ],
    );
    // The only instance: each worker would else start one of its own.
    assert.equal(output.match(/is ready after/g)?.length, 1, output);
  });

  test('gets a test from alongside init that only its own runner collects, and "npm test" stays green', async () => {
    const cwd = project.path('../init-both');
    await mkdir(join(cwd, 'src'), { recursive: true });
    await symlink(project.path('node_modules'), join(cwd, 'node_modules'));
    const manifest = {
      type: 'module',
      scripts: { test: `node ${program('vitest/vitest.mjs')} run` },
      devDependencies: { vitest: '*', '@playwright/test': '*' },
    };
    await writeFile(join(cwd, 'package.json'), JSON.stringify(manifest));
    const own = "import { expect, test } from 'vitest';\ntest('own', () => expect(1).toBe(1));\n";
    await writeFile(join(cwd, 'src', 'own.test.js'), own);
    const alongside = program('alongside/bin/alongside.cjs');
    const vitest = [program('vitest/vitest.mjs'), 'run'];
    const playwright = [program('@playwright/test/cli.js'), 'test'];
    for (const runner of ['playwright', 'vitest']) {
      const { code, output } = await run({ cwd }, alongside, 'init', '--ci', 'none', '--test', runner);
      assert.equal(code, 0, output);
      assert.match(output, /^"npm test" passes, as before init\.$/m);
    }
    const all = await run({ cwd }, ...vitest);
    assert.match(all.output, /Test Files {2}1 passed \(1\)/, all.output);
    const listed = await run({ cwd }, ...playwright, '--list');
    assert.doesNotMatch(listed.output, /sign-in/);
    const alone = await run({ cwd }, ...vitest, '--config', 'alongside/vitest.config.mjs');
    assert.match(alone.output, /Tests {2}1 passed \(1\)/);
    // The configuration of init, with the browser of these tests.
    const inBrowser = `import supplier from './supplier.config.ts';
import base from './alongside/playwright.config.mjs';
export default { ...base, testDir: './alongside', use: supplier.use };`;
    await cp(project.path('playwright.config.ts'), join(cwd, 'supplier.config.ts'));
    await writeFile(join(cwd, 'browser.config.ts'), inBrowser);
    const shown = await run({ cwd }, ...playwright, '--config', 'browser.config.ts');
    assert.match(shown.output, /1 passed/);
  });

  for (const [runner, ci, needs] of [
    ['node', 'github', {}],
    ['vitest', 'gitlab', { vitest: '*' }],
    ['playwright', 'azure', { '@playwright/test': '*' }],
  ] as const)
    test(`gets a test for ${runner} that passes from alongside init`, async () => {
      // Outside the project, so that its configurations are not found.
      const cwd = project.path(`../init-${runner}`);
      await mkdir(cwd);
      await symlink(project.path('node_modules'), join(cwd, 'node_modules'));
      await writeFile(join(cwd, 'package.json'), JSON.stringify({ devDependencies: needs }));
      const config = await readFile(project.path('playwright.config.ts'), 'utf8');
      if (runner === 'playwright')
        await writeFile(
          join(cwd, 'playwright.config.ts'),
          config.replace(/^ *(testMatch|reporter).*$/gm, ''),
        );
      const alongside = program('alongside/bin/alongside.cjs');
      const { code, output } = await run({ cwd }, alongside, 'init', '--ci', ci);
      assert.equal(code, 0, output);
      // With a test that uses the instance of `alongside exec`.
      const files = [join('test', 'alongside.test.mjs'), project.path('exec.node.ts')];
      const words = {
        node: [alongside, 'exec', '--person', 'gp', '--', process.execPath, '--test', ...files],
        vitest: [program('vitest/vitest.mjs'), 'run', '--root', cwd],
        playwright: [program('@playwright/test/cli.js'), 'test'],
      };
      const tested = await run({ cwd }, ...words[runner]);
      assert.equal(tested.code, 0, tested.output);
    });
});

interface Result {
  title: string;
  expected: string;
  status: string;
  workerIndex: number;
  attachments: { name: string; body?: string }[];
}

/** A suite in Playwright's JSON. */
interface Suite {
  specs: {
    title: string;
    tests: { expectedStatus: string; results: Omit<Result, 'title' | 'expected'>[] }[];
  }[];
  suites?: Suite[];
}

const resultsOf = ({ specs, suites = [] }: Suite): Result[] => [
  ...specs.flatMap(({ title, tests }) =>
    tests.flatMap(({ results, expectedStatus: expected }) =>
      results.map((result) => ({ ...result, title, expected })),
    ),
  ),
  ...suites.flatMap(resultsOf),
];

/** Returns the names of installed packages, with their scopes. */
async function topLevel(modules: string): Promise<string[]> {
  const names: string[] = [];
  for (const name of await readdir(modules)) if (!name.startsWith('.')) names.push(name);
  return names;
}

function orExists(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EEXIST') throw error;
}
