import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type CiSystem, has, type Project, type Runner } from './project.ts';

/** A file of a CI system; `path` is within the repository. */
export interface CiFile {
  readonly path: string;
  readonly text: string;
}

interface Step {
  readonly about: string;
  readonly command: string;
}

/** Returns the command that runs the new test: all tests of the project if its script `test` uses the same runner. */
export function testCommand(project: Project, runner: Runner, testPath: string): string {
  const { manager, manifest } = project;
  const script = scriptOf(manifest);
  if (script === undefined || script.includes(commands[runner].mark)) return manager.test;
  const direct = `${commands[runner].one} ${testPath}`;
  return runner === 'node' ? direct : `${manager.run} ${direct}`;
}

/** Returns the script `test`; undefined for the one of `npm init`, which always fails. */
export function scriptOf({ scripts }: Record<string, unknown>): string | undefined {
  const test = (scripts as Record<string, unknown> | undefined)?.test;
  return typeof test === 'string' && !/no test specified/.test(test) ? test : undefined;
}

function stepsOf(project: Project, runner: Runner, test: string): Step[] {
  const { manager } = project;
  return [
    ...(manager.provide ? [{ about: `Provides ${manager.name}.`, command: manager.provide }] : []),
    { about: 'Installs what package.json names, Alongside too.', command: manager.install },
    ...(runner === 'playwright'
      ? [
          {
            about: 'Installs the browser of Playwright.',
            command: `${manager.run} playwright install --with-deps chromium`,
          },
        ]
      : []),
    {
      about: `Starts Alongside on free ports, signs a GP in at the workstation, runs the tests with its addresses in the environment, and stops. If they fail, it prints the refused requests with their fix.`,
      command: `${manager.run} alongside exec --person gp -- ${test}`,
    },
  ];
}

/** Breaks an explanation into comment lines. */
function comment(text: string, indent: string): string {
  const lines = [''];
  for (const word of text.split(' ')) {
    const line = lines.at(-1) ?? '';
    if (line.length + word.length > 90) lines.push(word);
    else lines[lines.length - 1] = `${line} ${word}`.trim();
  }
  return lines.map((line) => `${indent}# ${line}\n`).join('');
}

/** Node.js for CI: the oldest that runs Alongside. */
const node = 24;

type Writer = (project: Project, steps: readonly Step[]) => CiFile;

const github: Writer = ({ inRoot, manager }, steps) => ({
  path: '.github/workflows/alongside.yml',
  text: `# Runs the tests of this project against Alongside.
name: alongside
# At each push, and for each pull request.
on: [push, pull_request]
# The job reads the repository and changes nothing.
permissions:
  contents: read
jobs:
  alongside:
    runs-on: ubuntu-latest
    # Ends a test that hangs.
    timeout-minutes: 15
${inRoot === '' ? '' : `    # The folder of the project.\n    defaults:\n      run:\n        working-directory: ${inRoot}\n`}    steps:
      # Gets the repository.
      - uses: actions/checkout@v4
      # Installs Node.js; ${node} is the oldest that runs Alongside.
      - uses: actions/setup-node@v4
        with:
          node-version: ${node}
${manager.install === 'npm ci' ? `          # Keeps npm's downloads for the next run.\n          cache: npm\n${inRoot === '' ? '' : `          cache-dependency-path: '**/package-lock.json'\n`}` : ''}${steps
  .map(({ about, command }) => `${comment(about, '      ')}      - run: ${command}\n`)
  .join('')}`,
});

const gitlab: Writer = ({ inRoot }, steps) => ({
  path: '.gitlab-ci.yml',
  text: `# Runs the tests of this project against Alongside, at each push.
alongside:
  # Node.js; ${node} is the oldest that runs Alongside.
  image: node:${node}
  # Ends a test that hangs.
  timeout: 15 minutes
  script:
${inRoot === '' ? '' : `    # The folder of the project.\n    - cd ${inRoot}\n`}${steps
  .map(({ about, command }) => `${comment(about, '    ')}    - ${command}\n`)
  .join('')}`,
});

const azure: Writer = ({ inRoot }, steps) => ({
  path: 'azure-pipelines.yml',
  text: `# Runs the tests of this project against Alongside, at each push to any branch.
trigger:
  branches:
    include: ['*']
pool:
  vmImage: ubuntu-latest
steps:
  # Installs Node.js; ${node} is the oldest that runs Alongside.
  - task: UseNode@1
    inputs:
      version: ${node}.x
${steps
  .map(
    ({ about, command }) =>
      `${comment(about, '  ')}  - script: ${command}\n${inRoot === '' ? '' : `    workingDirectory: ${inRoot}\n`}`,
  )
  .join('')}`,
});

const writers: Readonly<Record<CiSystem, Writer>> = { github, gitlab, azure };

/** Returns the file that runs the test in CI, each line explained. */
export const ciFile = (
  project: Project,
  system: CiSystem,
  { runner, test }: { runner: Runner; test: string },
): CiFile => writers[system](project, stepsOf(project, runner, test));

/** Returns packages that the test needs and the project lacks. */
export const lacking = (project: Project, runner: Runner): string[] =>
  ({ node: [], vitest: ['vitest'], playwright: ['@playwright/test'] })[runner].filter(
    (name) => !has(project, name),
  );

/** The first test for each runner. Without types, so that it is JavaScript too. */
const texts: Readonly<Record<Runner, string>> = {
  node: `import assert from 'node:assert/strict';
import { test } from 'node:test';
// Starts an instance of Alongside on free ports for this test, and stops it afterwards.
import { alongside } from 'alongside/testing/node';

test('a GP signs in without a prompt', async (t) => {
  const instance = await alongside(t);
  // Puts the GP's virtual smartcard into the reader and enters its PIN.
  await instance.desk('gp');
  // The sample application signs the GP in. Open your own application here: instance.urls has the addresses that it
  // needs, and instance.application({ name, platform, cis2 }) registers it and returns its credentials.
  const { status, text } = await instance.browser().goto(\`\${instance.urls.sample}/sign-in/combined\`);
  assert.equal(status, 200);
  assert.match(text, /656005750108/);
});
`,
  vitest: `// Starts an instance of Alongside on free ports for this file, and stops it afterwards.
import { test } from 'alongside/testing/vitest';
import { expect } from 'vitest';

test('a GP signs in without a prompt', async ({ alongside }) => {
  // Puts the GP's virtual smartcard into the reader and enters its PIN.
  await alongside.desk('gp');
  // The sample application signs the GP in. Open your own application here: alongside.urls has the addresses that it
  // needs, and alongside.application({ name, platform, cis2 }) registers it and returns its credentials.
  const { status, text } = await alongside.browser().goto(\`\${alongside.urls.sample}/sign-in/combined\`);
  expect(status).toBe(200);
  expect(text).toContain('656005750108');
}, 60_000);
`,
  playwright: `// Starts an instance of Alongside on free ports for each worker, and stops it afterwards.
import { expect, test } from 'alongside/testing/playwright';

// "desk" puts the GP's virtual smartcard into the reader and enters its PIN. test.use({ person: 'nurse' }) takes another.
test('a GP signs in without a prompt', async ({ page, desk, alongside }) => {
  expect(desk.state).toBe('signedIn');
  // The sample application signs the GP in. Open your own application here: alongside.urls has the addresses that it
  // needs, and alongside.application({ name, platform, cis2 }) registers it and returns its credentials.
  await page.goto(\`\${alongside.urls.sample}/sign-in/combined\`);
  await expect(page.getByText('656005750108')).toBeVisible();
});
`,
};

/** The commands that run all tests or one, and the word by which a script shows the runner. */
export const commands: Readonly<Record<Runner, { all: string; one: string; mark: string }>> = {
  node: { all: 'node --test', one: 'node --test', mark: '--test' },
  vitest: { all: 'vitest run', one: 'vitest run', mark: 'vitest' },
  playwright: { all: 'playwright test', one: 'playwright test', mark: 'playwright' },
};

/** Returns the folder of tests in Playwright's configuration. */
function playwrightFolder({ folder }: Project): string | undefined {
  for (const name of ['playwright.config.ts', 'playwright.config.js', 'playwright.config.mjs']) {
    const file = join(folder, name);
    if (!existsSync(file)) continue;
    const line = readFileSync(file, 'utf8')
      .split('\n')
      .find((one) => one.trimStart().startsWith('testDir:'));
    return line?.split(/['"]/)[1]?.replace(/^\.\//, '').replace(/\/$/, '') || undefined;
  }
  return undefined;
}

/** Returns the first test of a project, with its path. */
export function testFile(project: Project, runner: Runner): { path: string; text: string } {
  const usual = ['test', 'tests'].find((name) => existsSync(join(project.folder, name))) ?? 'test';
  const folder = (runner === 'playwright' ? playwrightFolder(project) : undefined) ?? usual;
  const language = project.typescript ? 'ts' : 'js';
  // A file is a module with any "type" in package.json.
  const extension = project.manifest.type === 'module' ? language : `m${language}`;
  const kind = runner === 'playwright' ? 'spec' : 'test';
  return { path: `${folder}/alongside.${kind}.${extension}`, text: texts[runner] };
}
