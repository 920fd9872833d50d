import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { copyFile, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { promisify } from 'node:util';
import { startInstance, type TestInstance } from '../testing/instance.ts';

const run = promisify(execFile);
const { ALONGSIDE_PACKED: built } = process.env;
const files = built === undefined ? [] : await readdir(built);
const skip =
  built === undefined
    ? 'run it with npm run windows'
    : !files.includes('SignIn.exe') && 'needs the units of Free Pascal for Windows';

// The example in Pascal, compiled for Windows, with each program that it may start.
describe('the example for Free Pascal and Delphi', { skip }, () => {
  let instance: TestInstance;
  let folder: string;
  before(async () => {
    instance = await startInstance();
    await instance.signInAtDesk('gp');
    folder = await mkdtemp(join(tmpdir(), 'my programs ü-'));
  });
  after(async () => {
    await instance?.stop();
    await rm(folder, { recursive: true, force: true, maxRetries: 20 });
  });

  const place = async (name: string, ...path: string[]): Promise<string> => {
    const to = join(folder, ...path);
    await copyFile(join(built ?? '', name), to);
    return to;
  };

  /** Runs the example with this search path and setting, and a program in place of a browser. */
  async function greets(path: string, more: NodeJS.ProcessEnv = {}): Promise<void> {
    const env = {
      ...process.env,
      PATH: path,
      Path: undefined,
      API_URL: instance.urls.api,
      ALONGSIDE_BROWSER: join(built ?? '', 'Browser.exe'),
      TEST_NODE: process.execPath,
      TEST_VISIT: join(import.meta.dirname, 'testing', 'visit.ts'),
      ...more,
    };
    const { stdout } = await run(join(built ?? '', 'SignIn.exe'), [], { env });
    assert.match(stdout, /Hello User/);
  }

  test('finds the program of ALONGSIDE_CLIENT, alongside.exe, and without it npx.cmd', async () => {
    const executable = files.find((name) => name.endsWith('-win-x64.exe')) ?? assert.fail();
    const named = await place(executable, 'my client.exe');
    await greets('', { ALONGSIDE_CLIENT: named });
    const npx = join(folder, 'npx.cmd');
    // Without "--yes" and the name of the package.
    await writeFile(npx, `@"%~dp0my client.exe" %3 %4 %5 %6 %7\r\n`);
    const system = process.env.SystemRoot ?? 'C:\\windows';
    await greets(`${folder}${delimiter}${system}\\system32`);
    // It would not sign in, but is not called.
    await writeFile(npx, '@exit /b 1\r\n');
    await place(executable, 'alongside.exe');
    await greets(folder);
  });
});
