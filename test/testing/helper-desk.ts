import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { headlessChromium } from '../../client/testing/browsers.ts';
import { clone } from '../delivery/packages/testing/project.ts';
import { startInstance, type TestInstance } from './instance.ts';

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
    `const [word] = process.argv.slice(2);
if (word === 'sign-in' || word === 'token') process.argv.push(...${JSON.stringify(browser)});
await import(${JSON.stringify(join(clone, 'client/cli/main.ts'))});\n`,
  );
  const npx = join(folder, 'npx');
  await writeFile(npx, `#!/bin/sh\nshift 2\nexec "${process.execPath}" "${client}" "$@"\n`);
  await chmod(npx, 0o755);
  const instance = await startInstance();
  await instance.signInAtDesk('gp');
  return {
    instance,
    folder,
    env: { ...process.env, PATH: `${folder}:${process.env.PATH}`, API_URL: instance.urls.api },
    async stop() {
      await instance.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
