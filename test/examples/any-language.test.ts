import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { promisify } from 'node:util';
import { publicKeySet } from '../../client/keys.ts';
import { headlessChromium } from '../../client/testing/browsers.ts';
import { rsaKey } from '../../client/testing/keys.ts';
import { startInstance, type TestInstance } from '../testing/instance.ts';

type Registered = Record<'platform' | 'cis2', { clientId: string }>;

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

  test('the helper signs in with the separate pattern and exchanges the ID token', async () => {
    const key = rsaKey('k1');
    const redirect = 'http://127.0.0.1/callback';
    const native = { applicationType: 'native' };
    const app = await instance.api<Registered>('POST', '/applications', {
      name: 'desk',
      profile: 'standard',
      platform: {
        ...{ callbackUrls: [redirect], products: ['hello-world'] },
        ...{ tokenEndpointAuthMethod: 'private_key_jwt', jwks: publicKeySet([{ ...key, alg: 'RS512' }]) },
      },
      cis2: { ...native, redirectUris: [redirect], tokenEndpointAuthMethod: 'none' },
    });
    const keyFile = join(folder, 'key.json');
    await writeFile(keyFile, JSON.stringify({ ...key.privateKey, kid: key.kid }), { mode: 0o600 });
    const { api, cis2Issuer } = instance.urls;
    const { stdout } = await run(
      'npx',
      [
        ...['--yes', '@alongside/client', 'token', '--pattern', 'separate'],
        ...['--issuer', cis2Issuer, '--client', app.cis2.clientId, '--key-file', keyFile],
        ...['--exchange-url', `${api}/oauth2.1/token`, '--exchange-audience', `${api}/oauth2.1`],
        ...['--exchange-client', app.platform.clientId],
      ],
      { env },
    );
    const headers = { authorization: `Bearer ${stdout.trim()}` };
    const answer = await fetch(`${api}/hello-world/hello/user`, { headers });
    assert.match(await answer.text(), /Hello User/);
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
