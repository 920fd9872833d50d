import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { promisify } from 'node:util';
import { publicKeySet } from '../../client/keys.ts';
import { rsaKey } from '../../client/testing/keys.ts';
import { clone } from '../delivery/packages/testing/project.ts';
import { type HelperDesk, startHelperDesk } from '../testing/helper-desk.ts';

type Registered = Record<'platform' | 'cis2', { clientId: string }>;

const run = promisify(execFile);

describe('the examples in other languages', () => {
  let desk: HelperDesk;
  before(async () => {
    desk = await startHelperDesk();
  });
  after(() => desk?.stop());

  test('the helper signs in with the separate pattern and exchanges the ID token', async () => {
    const { instance, folder, env } = desk;
    const key = rsaKey('k1');
    const redirect = 'http://127.0.0.1/callback';
    const native = { applicationType: 'native' };
    const app = await instance.api<Registered>('POST', '/applications', {
      name: 'desk',
      profile: 'standard',
      platform: {
        callbackUrls: [redirect],
        products: ['hello-world'],
        tokenEndpointAuthMethod: 'private_key_jwt',
        jwks: publicKeySet([{ ...key, alg: 'RS512' }]),
      },
      cis2: { ...native, redirectUris: [redirect], tokenEndpointAuthMethod: 'none' },
    });
    const keyFile = join(folder, 'key.json');
    await writeFile(keyFile, JSON.stringify({ ...key.privateKey, kid: key.kid }), { mode: 0o600 });
    const { api, cis2Issuer } = instance.urls;
    const { stdout } = await run(
      'npx',
      [
        '--yes',
        '@alongside/client',
        'token',
        '--pattern',
        'separate',
        '--issuer',
        cis2Issuer,
        '--client',
        app.cis2.clientId,
        '--key-file',
        keyFile,
        '--exchange-url',
        `${api}/oauth2.1/token`,
        '--exchange-audience',
        `${api}/oauth2.1`,
        '--exchange-client',
        app.platform.clientId,
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
      for (const env of [desk.env, desk.namedEnv]) {
        const { stdout } = await run(executable, [join(clone, 'examples/any-language', file)], { env });
        assert.match(stdout, /Hello User/);
      }
    });
  }

  test('Python: follows the clock of an instance, also a frozen one', async () => {
    const { instance } = desk;
    const seconds = async (env: NodeJS.ProcessEnv) =>
      Number(
        (await run('python3', [join(clone, 'examples/any-language/instance_clock.py')], { env })).stdout,
      );
    const env = { ...process.env, ALONGSIDE_CONSOLE_URL: instance.urls.console };
    const isNow = (time: number) => Math.abs(time - Date.now() / 1_000) < 60;
    try {
      await instance.api('PUT', '/clock', { advance: 86_400 });
      assert.ok(isNow((await seconds(env)) - 86_400));
      await instance.api('PUT', '/clock', { set: '2030-01-01T00:00:00Z', freeze: true });
      assert.equal(await seconds(env), Date.parse('2030-01-01T00:00:00Z') / 1_000);
    } finally {
      await instance.api('DELETE', '/clock');
    }
    assert.ok(isNow(await seconds({ ...process.env, ALONGSIDE_CONSOLE_URL: undefined })));
  });
});
