import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { after, before, describe, test } from 'node:test';
import * as openid from 'openid-client';
import { freePort } from '../testing/free-port.ts';
import { startInstance, type TestInstance } from '../testing/instance.ts';
import { Navigator } from '../testing/navigate.ts';

// The programs of the pages about other libraries: docs/python.md, docs/node.md, docs/go.md, docs/java.md, docs/any-language.md.
const folder = join(import.meta.dirname, '../../examples/clients');
const callback = 'http://127.0.0.1:9/callback';

const tools = process.env.ALONGSIDE_TEST_TOOLS;
const withoutTools = tools === undefined && 'the libraries are missing; npm test installs them';
const java = process.env.ALONGSIDE_JAVA;
const python = process.env.ALONGSIDE_PYTHON_CLIENTS;
const go = process.env.ALONGSIDE_GO;
const withoutGo = go === undefined && 'needs Go, go-oidc and zitadel/oidc';
const gocode = '/usr/share/gocode';
const withoutJava = java === undefined && 'needs Java 17';
const withoutLibraries = python === undefined && 'needs Authlib and requests-oauthlib';

interface Registered {
  platform: { clientId: string; clientSecret: string };
  cis2: { clientId: string; clientSecret: string };
}

describe('the clients of other libraries', () => {
  let instance: TestInstance;
  let env: Record<string, string>;
  /** The credentials of an application of the profile `standard`, for /oauth2.1. */
  let standard: Record<string, string>;
  let signingKey: CryptoKey;
  let jwks: { keys: object[] };
  const keys = mkdtempSync(join(tmpdir(), 'alongside-clients-'));

  before(async () => {
    instance = await startInstance();
    await instance.signInAtDesk('gp');
    const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2_048 });
    const algorithm = { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-512' };
    const pkcs8 = privateKey.export({ type: 'pkcs8', format: 'der' });
    signingKey = await crypto.subtle.importKey('pkcs8', pkcs8, algorithm, false, ['sign']);
    const keyFile = join(keys, 'key.pem');
    writeFileSync(keyFile, privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 });
    jwks = { keys: [{ ...publicKey.export({ format: 'jwk' }), kid: 'test-1' }] };
    const { platform: ours } = await instance.api<Registered>('POST', '/applications', {
      name: 'other libraries at /oauth2.1',
      profile: 'standard',
      platform: { callbackUrls: [callback], products: ['hello-world'] },
    });
    standard = { API_KEY: ours.clientId, API_SECRET: ours.clientSecret };
    const { platform, cis2 } = await instance.api<Registered>('POST', '/applications', {
      name: 'other libraries',
      platform: { callbackUrls: [callback], products: ['hello-world'], jwks },
      cis2: { redirectUris: [callback] },
    });
    env = {
      PATH: process.env.PATH ?? '',
      LC_ALL: process.env.LC_ALL ?? '',
      // The programs run once, so a second compiler and threads for garbage cost more than they save.
      JDK_JAVA_OPTIONS: '-XX:TieredStopAtLevel=1 -XX:+UseSerialGC',
      ALONGSIDE_API_URL: instance.urls.api,
      ALONGSIDE_CIS2_ISSUER_URL: instance.urls.cis2Issuer,
      ALONGSIDE_CONSOLE_URL: instance.urls.console,
      ALONGSIDE_SAMPLE_URL: instance.urls.sample,
      API_KEY: platform.clientId,
      API_SECRET: platform.clientSecret,
      CIS2_CLIENT_ID: cis2.clientId,
      CIS2_CLIENT_SECRET: cis2.clientSecret,
      CALLBACK_URL: callback,
      KEY_FILE: keyFile,
      KEY_ID: 'test-1',
    };
  });
  after(async () => {
    await instance?.stop();
    rmSync(keys, { recursive: true });
  });

  /** Runs a program, opens the address that it prints, and gives it the address at which the browser ends. */
  async function run(program: string, file: string, pattern = '', settings = {}): Promise<string> {
    const own = { ...(pattern === 'openid' ? standard : {}), ...settings };
    const child = spawn(program, [resolve(folder, file), pattern], { env: { ...env, ...own } });
    let output = '';
    child.stderr.on('data', (part) => {
      output += part;
    });
    // A program with a server of its own has its answer without this, and may have ended.
    child.stdin.on('error', () => undefined);
    const ended = once(child, 'close');
    for await (const line of createInterface({ input: child.stdout })) {
      output += `${line}\n`;
      if (!line.startsWith('http')) continue;
      const { address } = await new Navigator().go(line, callback);
      child.stdin.write(`${address}\n`);
    }
    assert.deepEqual([(await ended)[0], output.includes('Traceback')], [0, false], output);
    return output;
  }

  /** Returns a refresh token of the separate pattern. */
  async function exchanged(): Promise<string> {
    const execute = [openid.allowInsecureRequests];
    const cis2 = await openid.discovery(
      new URL(instance.urls.cis2Issuer),
      env.CIS2_CLIENT_ID ?? '',
      env.CIS2_CLIENT_SECRET,
      undefined,
      { execute },
    );
    const state = openid.randomState();
    const request = { redirect_uri: callback, scope: 'openid nationalrbacaccess', state };
    const { href } = openid.buildAuthorizationUrl(cis2, request);
    const { address } = await new Navigator().go(href, callback);
    const expected = { expectedState: state };
    const { id_token } = await openid.authorizationCodeGrant(cis2, new URL(address), expected);
    const token_endpoint = `${instance.urls.api}/oauth2/token`;
    const authentication = openid.PrivateKeyJwt(
      { key: signingKey, kid: 'test-1' },
      {
        [openid.modifyAssertion](header, claims) {
          Object.assign(header, { typ: 'JWT' });
          Object.assign(claims, { aud: token_endpoint });
        },
      },
    );
    const server = { issuer: instance.urls.api, token_endpoint };
    const platform = new openid.Configuration(server, env.API_KEY ?? '', undefined, authentication);
    openid.allowInsecureRequests(platform);
    const tokens = await openid.genericGrantRequest(
      platform,
      'urn:ietf:params:oauth:grant-type:token-exchange',
      {
        subject_token: id_token ?? '',
        subject_token_type: 'urn:ietf:params:oauth:token-type:id_token',
      },
    );
    return tokens.refresh_token ?? assert.fail('no refresh token');
  }

  for (const pattern of ['combined', 'openid', 'separate'])
    test(`openid-client signs in: ${pattern}`, async () => {
      assert.match(await run(process.execPath, 'openid-client.ts', pattern), /Hello User/);
    });

  /** Runs a program that needs the packages of the test tools. */
  async function runWithTools(file: string, settings = {}): Promise<string> {
    const copies = mkdtempSync(join(tools ?? '', 'clients-'));
    try {
      copyFileSync(join(folder, file), join(copies, file));
      return await run(process.execPath, join(copies, file), '', settings);
    } finally {
      rmSync(copies, { recursive: true });
    }
  }

  test('simple-oauth2 signs in with the combined pattern, and refreshes', {
    skip: withoutTools,
  }, async () => {
    assert.match(await runWithTools('simple-oauth2.mjs'), /Hello User/);
  });

  for (const [library, file, path] of [
    ['passport-openidconnect', 'passport.mjs', '/callback'],
    ['Auth.js', 'auth-js.mjs', '/auth/callback/cis2'],
  ] as const)
    test(`${library} signs in at CIS2`, { skip: withoutTools }, async () => {
      const redirect = `http://127.0.0.1:${await freePort()}${path}`;
      const { cis2 } = await instance.api<Registered>('POST', '/applications', {
        name: library,
        cis2: { redirectUris: [redirect] },
      });
      const settings = {
        CIS2_CLIENT_ID: cis2.clientId,
        CIS2_CLIENT_SECRET: cis2.clientSecret,
        CALLBACK_URL: redirect,
      };
      assert.match(await runWithTools(file, settings), /Signed in: 656005750108/);
    });

  for (const pattern of ['combined', 'openid', 'separate'])
    test(`Authlib signs in: ${pattern}`, { skip: withoutLibraries }, async () => {
      assert.match(await run(python ?? '', 'authlib_client.py', pattern), /Hello User/);
    });

  test('requests-oauthlib signs in with the combined pattern', { skip: withoutLibraries }, async () => {
    const output = await run(python ?? '', 'requests_oauthlib_client.py');
    assert.match(output, /Signed in: 656005750108\n.*Hello User/);
  });

  /**
   * Compiles a program with the libraries of Debian, in the way before modules. It is in a module of its own, so that `/v3` in an
   * address finds a library whose folder has no such name. The cache saves twenty seconds.
   */
  async function buildGo(name: string): Promise<string> {
    const source = join(keys, 'src', name);
    mkdirSync(source, { recursive: true });
    copyFileSync(join(folder, `${name}.go`), join(source, 'main.go'));
    writeFileSync(join(source, 'go.mod'), `module ${name}\n\ngo 1.24\n`);
    const program = join(keys, name);
    // Not spawnSync: meanwhile the instance closes connections, which only a running event loop notices.
    const build = spawn(go ?? '', ['build', '-o', program, '.'], {
      cwd: source,
      env: {
        ...env,
        GO111MODULE: 'off',
        GOPATH: `${keys}:${gocode}`,
        GOCACHE: join(folder, '../../.cache/go'),
        // Without a C compiler and without inlining: two thirds of the time.
        CGO_ENABLED: '0',
        GOFLAGS: '-gcflags=all=-l',
      },
    });
    const [[status], errors] = await Promise.all([once(build, 'close'), text(build.stderr)]);
    assert.equal(status, 0, errors);
    return program;
  }

  test('go-oidc with x/oauth2 signs in, at CIS2 and /oauth2.1 and combined', {
    skip: withoutGo,
  }, async () => {
    const program = await buildGo('go_oidc');
    assert.match(await run(program, 'go_oidc.go', 'combined'), /Hello User/);
    for (const pattern of ['openid', 'separate'])
      assert.match(await run(program, 'go_oidc.go', pattern), /Signed in: 656005750108/);
  });

  test('zitadel/oidc signs in by secret and by key, and exchanges the ID token', {
    skip: withoutGo,
  }, async () => {
    const program = await buildGo('zitadel_oidc');
    const redirect = `http://127.0.0.1:${await freePort()}/callback`;
    const register = (profile: 'standard' | 'nhs', members: object) =>
      instance.api<Registered>('POST', '/applications', { name: 'zitadel/oidc', profile, ...members });
    const half = { redirectUris: [redirect] };
    const callbacks = { callbackUrls: [redirect], products: ['hello-world'] };
    const keyed = { ...half, tokenEndpointAuthMethod: 'private_key_jwt', signingAlg: 'RS256', jwks };
    const registered: [string, Registered, RegExp][] = [
      ['openid', await register('standard', { platform: callbacks }), /Signed in: 656005750108/],
      ['key', await register('standard', { cis2: keyed }), /Signed in: 656005750108/],
      ['separate', await register('nhs', { platform: { ...callbacks, jwks }, cis2: half }), /Hello User/],
    ];
    for (const [pattern, { platform, cis2 }, output] of registered) {
      const settings = {
        API_KEY: platform?.clientId,
        API_SECRET: platform?.clientSecret,
        CIS2_CLIENT_ID: cis2?.clientId,
        CIS2_CLIENT_SECRET: cis2?.clientSecret,
        CALLBACK_URL: redirect,
      };
      assert.match(await run(program, 'zitadel_oidc.go', pattern, settings), output, pattern);
    }
  });

  test('java.net.http refreshes the tokens of an exchange', { skip: withoutJava }, async () => {
    const refreshToken = await exchanged();
    const child = spawn(java ?? '', [join(folder, 'RefreshExchanged.java')], { env });
    child.stdin.end(refreshToken);
    const [output, errors] = await Promise.all([text(child.stdout), text(child.stderr)]);
    assert.match(output, /"refresh_count":"1"/, errors);
  });

  test('java.net.http signs in as a browser without a window', { skip: withoutJava }, async () => {
    const output = await run(java ?? '', 'HeadlessSignIn.java');
    assert.match(output, new RegExp(`signed in at ${instance.urls.sample}`));
  });
});
