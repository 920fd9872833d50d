import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { promisify } from 'node:util';
import { headlessChromium } from '../../client/testing/browsers.ts';
import { startInstance, type TestInstance } from '../testing/instance.ts';

const run = promisify(execFile);
const clone = join(import.meta.dirname, '../..');

describe('the examples in other languages', () => {
  let instance: TestInstance;
  let folder: string;
  let env: NodeJS.ProcessEnv;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'any-language-'));
    // In place of npx: the program of the clone, with the flags that a browser needs in tests.
    const { executable, flags } = headlessChromium();
    const browser = [`--executable=${executable}`, ...flags.map((flag) => `--browser-flag=${flag}`)];
    const client = join(folder, 'client.mjs');
    await writeFile(
      client,
      `const [word] = process.argv.slice(2);
if (word === 'sign-in' || word === 'token') process.argv.push(...${JSON.stringify(browser)});
await import(${JSON.stringify(join(clone, 'client/cli/main.ts'))});\n`,
    );
    const npx = join(folder, 'npx');
    await writeFile(npx, `#!/bin/sh\nshift 2\nexec "${process.execPath}" "${client}" "$@"\n`);
    await chmod(npx, 0o755);
    instance = await startInstance();
    await instance.signInAtDesk('gp');
    env = { ...process.env, PATH: `${folder}:${process.env.PATH}`, API_URL: instance.urls.api };
  });
  after(async () => {
    await instance?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  for (const [language, executable, file] of [
    ['Bash', 'bash', 'sign-in.sh'],
    ['Python', 'python3', 'sign_in.py'],
  ] as const) {
    test(`${language}: signs in and calls an API`, async () => {
      const { stdout } = await run(executable, [join(clone, 'examples/any-language', file)], { env });
      assert.match(stdout, /Hello User/);
    });
  }
});
