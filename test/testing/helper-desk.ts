import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { headlessChromium } from '../../client/testing/browsers.ts';
import { clone } from '../delivery/packages/testing/project.ts';
import { startInstance, type TestInstance } from './instance.ts';
import { onWindows } from './platform.ts';

export interface HelperDesk {
  instance: TestInstance;
  folder: string;
  /** Has the program of the client library in place of `npx`. */
  env: NodeJS.ProcessEnv;
  /** Names it in ALONGSIDE_CLIENT instead, with a path that has a blank. */
  namedEnv: NodeJS.ProcessEnv;
  stop(): Promise<void>;
}

/** Starts an instance with a user at the desk, for programs that call `npx @alongside/client`. */
export async function startHelperDesk(): Promise<HelperDesk> {
  const folder = await mkdtemp(join(tmpdir(), 'any-language-'));
  // The program of the clone, with the flags that a browser needs in tests.
  const { executable, flags } = headlessChromium();
  const browser = [`--executable=${executable}`, ...flags.map((flag) => `--browser-flag=${flag}`)];
  const client = join(folder, 'client.mjs');
  await writeFile(
    client,
    `if (process.argv[2] === '--yes') process.argv.splice(2, 2);
const [word] = process.argv.slice(2);
if (word === 'sign-in' || word === 'token') process.argv.push(...${JSON.stringify(browser)});
await import(${JSON.stringify(pathToFileURL(join(clone, 'client/cli/main.ts')))});\n`,
  );
  const script = onWindows
    ? `@"${process.execPath}" "${client}" %*\r\n`
    : `#!/bin/sh\nexec "${process.execPath}" "${client}" "$@"\n`;
  const [npx, named] = ['npx', 'my client'].map((name) => join(folder, onWindows ? `${name}.cmd` : name));
  for (const file of [npx, named]) await writeFile(file ?? '', script, { mode: 0o755 });
  const instance = await startInstance();
  await instance.signInAtDesk('gp');
  const own = { ...process.env, API_URL: instance.urls.api };
  return {
    instance,
    folder,
    env: { ...own, PATH: `${folder}${delimiter}${process.env.PATH}` },
    namedEnv: { ...own, ALONGSIDE_CLIENT: named },
    async stop() {
      await instance.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
