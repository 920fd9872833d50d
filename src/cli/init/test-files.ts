import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Project, Runner } from './project.ts';

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
  // Names of modules, independent of "type" in package.json.
  const isModule = project.manifest.type === 'module';
  const extension = project.typescript ? (isModule ? 'ts' : 'mts') : isModule ? 'js' : 'mjs';
  const kind = runner === 'playwright' ? 'spec' : 'test';
  return { path: `${folder}/alongside.${kind}.${extension}`, text: texts[runner] };
}
