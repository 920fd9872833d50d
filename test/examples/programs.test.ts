import assert from 'node:assert/strict';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, describe, test } from 'node:test';
import { freePort } from '../testing/free-port.ts';
import { startInstance, type TestInstance } from '../testing/instance.ts';
import { Navigator } from '../testing/navigate.ts';

// Examples in other languages, run at a running instance.
const examples = join(import.meta.dirname, '../../examples');

const runs = (program: string, ...args: string[]): boolean => spawnSync(program, args).status === 0;
const interpreter = process.env.ALONGSIDE_PHP || 'php';
const modules = spawnSync(interpreter, ['-m'], { encoding: 'utf8' }).stdout ?? '';
/** Returns why a language's examples cannot run here; false if they can. */
const missing = {
  php:
    /^curl$/m.test(modules) && /^openssl$/m.test(modules)
      ? false
      : 'needs PHP on the command line with curl (Debian: php-cli, php-curl)',
  shell:
    runs('bash', '-c', 'exit 0') && runs('curl', '--version') && runs('openssl', 'version')
      ? false
      : 'needs bash, curl and openssl',
} as const;

interface Finished {
  code: number | null;
  output: string;
  errors: string;
}

async function finished(child: ChildProcess): Promise<Finished> {
  let output = '';
  let errors = '';
  child.stdout?.on('data', (part) => {
    output += part;
  });
  child.stderr?.on('data', (part) => {
    errors += part;
  });
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  return { code, output, errors };
}

interface Registered {
  platform: { clientId: string; clientSecret: string };
  cis2: { clientId: string; clientSecret: string };
}

describe('examples in other languages', () => {
  let instance: TestInstance;
  let registered: Registered;
  let environment: Record<string, string>;
  let callback = '';
  const folder = mkdtempSync(join(tmpdir(), 'alongside-programs-'));

  before(async () => {
    instance = await startInstance();
    await instance.signInAtDesk('gp');
    const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2_048 });
    const keyFile = join(folder, 'key.pem');
    writeFileSync(keyFile, privateKey.export({ type: 'pkcs8', format: 'pem' }));
    const jwks = { keys: [{ ...publicKey.export({ format: 'jwk' }), kid: 'test-1' }] };
    callback = `http://127.0.0.1:${await freePort()}/callback`;
    registered = await instance.api<Registered>('POST', '/applications', {
      name: 'programs in other languages',
      profile: 'nhs',
      platform: { callbackUrls: [callback], products: ['hello-world'], jwks },
      cis2: { redirectUris: [callback] },
    });
    environment = {
      PATH: process.env.PATH ?? '',
      API_URL: instance.urls.api,
      API_KEY: registered.platform.clientId,
      API_SECRET: registered.platform.clientSecret,
      KEY_FILE: keyFile,
      KEY_ID: 'test-1',
      CALLBACK_URL: callback,
    };
  });
  after(async () => {
    await instance?.stop();
    rmSync(folder, { recursive: true });
  });

  const start = (program: string, args: string[], env: Record<string, string> = {}) =>
    spawn(program, args, { env: { ...environment, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
  const run = (program: string, args: string[], env?: Record<string, string>) =>
    finished(start(program, args, env));

  /** Returns an ID token of CIS2 for this application, as from its own sign-in. */
  async function idToken(): Promise<string> {
    const { clientId, clientSecret } = registered.cis2;
    const query = new URLSearchParams({
      response_type: 'code',
      client_id: clientId,
      redirect_uri: callback,
      scope: 'openid nationalrbacaccess',
      state: 'x',
    });
    const issuer = instance.urls.cis2Issuer;
    const { address } = await new Navigator().go(`${issuer}/authorize?${query}`, callback);
    const answer = await fetch(`${issuer}/access_token`, {
      method: 'POST',
      body: new URLSearchParams({
        grant_type: 'authorization_code',
        code: new URL(address).searchParams.get('code') ?? '',
        redirect_uri: callback,
        client_id: clientId,
        client_secret: clientSecret,
      }),
    });
    return ((await answer.json()) as { id_token: string }).id_token;
  }

  const php = join(examples, 'php/combined.php');
  const shell = (name: string) => join(examples, 'shell', name);

  describe('PHP: combined.php', { skip: missing.php }, () => {
    test('application uses a signed JWT', async () => {
      const { code, output, errors } = await run(interpreter, [php, 'application']);
      assert.deepEqual([code, errors], [0, '']);
      assert.match(output, /answered 200: .*Hello Application/);
    });
    test('exchange uses an ID token of CIS2', async () => {
      const { code, output, errors } = await run(interpreter, [php, 'exchange', await idToken()]);
      assert.deepEqual([code, errors], [0, '']);
      assert.match(output, /answered 200: .*Hello User/);
    });
    test('sign-in uses the combined pattern with a browser', async () => {
      const child = start(interpreter, [php, 'sign-in']);
      const done = finished(child);
      const lines = createInterface({ input: child.stdout as NodeJS.ReadableStream });
      for await (const line of lines)
        if (line.startsWith('http')) {
          await new Navigator().go(line);
          break;
        }
      const { code, output, errors } = await done;
      assert.deepEqual([code, errors], [0, '']);
      assert.match(output, /Signed in: \S/);
      assert.match(output, /hello\/user answered 200/);
    });
    test('prints the published text of a refusal', async () => {
      const { code, errors } = await run(interpreter, [php, 'application'], { KEY_ID: 'nobody' });
      assert.equal(code, 1);
      assert.match(errors, /no matching public key/);
    });
    test('reports an unknown command and a missing setting', async () => {
      assert.equal((await run(interpreter, [php])).code, 2);
      const { code, errors } = await run(interpreter, [php, 'application'], { API_KEY: '' });
      assert.deepEqual([code, errors.trim()], [1, 'The environment variable API_KEY is missing.']);
    });
  });

  describe('bash, curl and openssl', { skip: missing.shell }, () => {
    test('application-restricted.sh gets a token and calls an API', async () => {
      const { code, output, errors } = await run('bash', [shell('application-restricted.sh')]);
      assert.deepEqual([code, errors], [0, '']);
      assert.match(output, /Hello Application/);
    });
    test('token-exchange.sh exchanges an ID token and calls an API', async () => {
      const { code, output, errors } = await run('bash', [shell('token-exchange.sh'), await idToken()]);
      assert.deepEqual([code, errors], [0, '']);
      assert.match(output, /Hello User/);
    });
    test('prints the published text of a refusal', async () => {
      const { code, errors } = await run('bash', [shell('token-exchange.sh'), 'x']);
      assert.equal(code, 1);
      assert.match(errors, /Malformed JWT in subject_token/);
    });
    test('names a missing setting', async () => {
      const { code, errors } = await run('bash', [shell('application-restricted.sh')], { KEY_ID: '' });
      assert.notEqual(code, 0);
      assert.match(errors, /KEY_ID/);
    });
  });
});
