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
    `process.argv.splice(2, 2);
const [word] = process.argv.slice(2);
if (word === 'sign-in' || word === 'token') process.argv.push(...${JSON.stringify(browser)});
await import(${JSON.stringify(pathToFileURL(join(clone, 'client/cli/main.ts')))});\n`,
  );
  const npx = onWindows
    ? `@"${process.execPath}" "${client}" %*\r\n`
    : `#!/bin/sh\nexec "${process.execPath}" "${client}" "$@"\n`;
  await writeFile(join(folder, onWindows ? 'npx.cmd' : 'npx'), npx, { mode: 0o755 });
  const instance = await startInstance();
  await instance.signInAtDesk('gp');
  return {
    instance,
    folder,
    env: { ...process.env, PATH: `${folder}${delimiter}${process.env.PATH}`, API_URL: instance.urls.api },
    async stop() {
      await instance.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
