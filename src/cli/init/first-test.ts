import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { has, type Project, type Runner } from './project.ts';
import { foreignRunners, runsTests, specsIn } from './runners.ts';

/** A new file of the project. */
export interface NewFile {
  readonly path: string;
  readonly text: string;
  readonly about: string;
}

/** The first test, and how to run it. */
export interface FirstTest {
  /** The test, and a configuration if the runner needs one to collect it alone. */
  readonly files: readonly NewFile[];
  /** The script `test` of a project that has none. */
  readonly script: string;
  /** The command that runs the test: all tests of the project if its script `test` collects it. */
  readonly command: string;
  /** Whether the project's own `npm test` collects it. */
  readonly inNpmTest: boolean;
}

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

/** The commands that run all tests. */
const all: Readonly<Record<Runner, string>> = {
  node: 'node --test',
  vitest: 'vitest run',
  playwright: 'playwright test',
};

/** Returns the folder of tests in Playwright's configuration, if it is there and names no pattern of files. */
function playwrightFolder({ folder }: Project): string | undefined {
  for (const name of ['playwright.config.ts', 'playwright.config.js', 'playwright.config.mjs']) {
    const file = join(folder, name);
    if (!existsSync(file)) continue;
    const lines = readFileSync(file, 'utf8')
      .split('\n')
      .map((line) => line.trimStart());
    if (lines.some((line) => line.startsWith('testMatch:'))) return undefined;
    const line = lines.find((one) => one.startsWith('testDir:'));
    return line?.split(/['"]/)[1]?.replace(/^\.\//, '').replace(/\/$/, '') || undefined;
  }
  return undefined;
}

/** Returns where an ordinary file is collected by its runner alone; undefined if another runner may collect it too. */
function ordinaryFolder(project: Project, runner: Runner): string | undefined {
  const others = foreignRunners(project, runner);
  const usual = ['test', 'tests'].find((name) => existsSync(join(project.folder, name))) ?? 'test';
  const ofPlaywright = playwrightFolder(project);
  if (runner === 'playwright') {
    if (others.length === 0) return ofPlaywright ?? usual;
    // The other runner leaves out a folder that has tests of Playwright.
    return ofPlaywright !== undefined && specsIn(join(project.folder, ofPlaywright))
      ? ofPlaywright
      : undefined;
  }
  const isElsewhere = ofPlaywright !== undefined && !`${usual}/`.startsWith(`${ofPlaywright}/`);
  return others.every((other) => other === 'playwright' && isElsewhere) ? usual : undefined;
}

const extensionOf = ({ typescript, manifest }: Project): string => {
  const language = typescript ? 'ts' : 'js';
  // A file is a module with any "type" in package.json.
  return manifest.type === 'module' ? language : `m${language}`;
};

const about = 'a test in which a GP signs in';

/** The folder of a test that no other runner collects: neither its name nor those of its files match a default of one. */
const own = 'alongside';

/** Configurations that collect the files of that folder alone. */
const configs: Readonly<Partial<Record<Runner, string>>> = {
  vitest: `// Vitest collects the test of this folder with this configuration only, so that it is not part of other test runs.
import { defineConfig } from 'vitest/config';

export default defineConfig({ test: { include: ['${own}/*.vitest.*'] } });
`,
  playwright: `// Playwright collects the test of this folder with this configuration only, so that it is not part of other test runs.
import { defineConfig } from '@playwright/test';

export default defineConfig({ testDir: '.', testMatch: '**/*.playwright.*' });
`,
};

/** Returns the first test of a project: an ordinary file of the runner if no other runner collects it, else one in a folder of its own. */
export function firstTest(project: Project, runner: Runner): FirstTest {
  const { manager } = project;
  const hasScript = scriptOf(project.manifest) !== undefined;
  const folder = ordinaryFolder(project, runner);
  const direct = (words: string) => (runner === 'node' ? words : `${manager.run} ${words}`);
  if (folder !== undefined) {
    const kind = runner === 'playwright' ? 'spec' : 'test';
    const path = `${folder}/alongside.${kind}.${extensionOf(project)}`;
    const inNpmTest = !hasScript || runsTests(project, runner);
    return {
      files: [{ path, text: texts[runner], about }],
      script: all[runner],
      command: inNpmTest ? manager.test : direct(`${all[runner]} ${path}`),
      inNpmTest,
    };
  }
  const path = `${own}/sign-in.${runner}.${extensionOf(project)}`;
  const config = `${own}/${runner}.config.mjs`;
  const text = configs[runner];
  const script = `${all[runner]} ${text === undefined ? path : `--config ${config}`}`;
  return {
    files: [
      { path, text: texts[runner], about },
      ...(text === undefined
        ? []
        : [{ path: config, text, about: `makes ${names[runner]} collect it alone` }]),
    ],
    script,
    command: hasScript ? direct(script) : manager.test,
    inNpmTest: !hasScript,
  };
}

const names: Readonly<Record<Runner, string>> = {
  node: 'node:test',
  vitest: 'Vitest',
  playwright: 'Playwright',
};

/** Returns the script `test`; undefined for the one of `npm init`, which always fails. */
export function scriptOf({ scripts }: Record<string, unknown>): string | undefined {
  const test = (scripts as Record<string, unknown> | undefined)?.test;
  return typeof test === 'string' && !/no test specified/.test(test) ? test : undefined;
}
