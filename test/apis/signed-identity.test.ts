import assert from 'node:assert/strict';
import { execFile, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { promisify } from 'node:util';
import { decodeJwt, decodeProtectedHeader, type JWTPayload } from 'jose';
import { invoke } from '../../src/cli/testing/command.ts';
import { startUpstream, type TestUpstream } from '../../src/gateway/testing/upstream.ts';
import { seededClients } from '../../src/seed/applications.ts';
import { startInstance, type TestInstance } from '../testing/instance.ts';

const run = promisify(execFile);
const examples = join(import.meta.dirname, '../../examples/signed-identity');
const python = process.env.ALONGSIDE_PYJWT || '/usr/bin/python3';
const hasPython = spawnSync(python, ['-c', 'import jwt, cryptography']).status === 0;
const java = process.env.ALONGSIDE_JAVA || 'java';
const hasJava = spawnSync(java, ['--version']).status === 0;

const definition = `openapi: 3.0.3
servers: [{url: /signed}]
x-nhsd-apim:
  access: [{grants: {nhs-cis2-aal3: []}}, {grants: {app-level0: []}}]
paths:
  /call: {get: {responses: {'200': {description: ok}}}}
  /key: {get: {security: [{app-level0: []}], responses: {'200': {description: ok}}}}
  /open: {get: {security: [], responses: {'200': {description: ok}}}}
`;

describe('the signed identity of a call', () => {
  const folder = mkdtempSync(join(tmpdir(), 'alongside-signed-'));
  let instance: TestInstance;
  let upstream: TestUpstream;
  let address: string;
  let token: string;

  const command = (...words: string[]) => invoke([...words, '--state', instance.state.stateFile]);
  before(async () => {
    instance = await startInstance();
    upstream = await startUpstream((_, response) => response.end('ok'));
    const file = join(folder, 'signed.yaml');
    writeFileSync(file, definition);
    await command(
      ...['api', 'add', file, '--upstream', upstream.url, '--signed-identity'],
      ...['--application', 'demo-combined'],
    );
    address = `${instance.urls.apis}/signed`;
    const issued = await instance.api('POST', '/tokens', { person: 'gp', application: 'demo-combined' });
    token = String(issued.access_token);
  });
  after(async () => {
    await instance?.stop();
    await upstream?.stop();
    rmSync(folder, { recursive: true });
  });

  /** Calls the API and returns the header that its back end got. */
  async function sent(path: string, headers: Record<string, string>): Promise<string | undefined> {
    const answer = await fetch(address + path, { headers: { 'nhsd-identity-jwt': 'forged', ...headers } });
    assert.equal(answer.status, 200, await answer.text());
    return upstream.requests.at(-1)?.headers['nhsd-identity-jwt'] as string | undefined;
  }
  const ofUser = async () => (await sent('/call', { authorization: `Bearer ${token}` })) ?? '';

  /** Runs `callerOf` of the TypeScript example in a process of its own, as a back end would. */
  async function verified(jwt: string, api = address): Promise<JWTPayload> {
    const script = `import { callerOf } from ${JSON.stringify(join(examples, 'caller.ts'))};
      console.log(JSON.stringify(await callerOf(...process.argv.slice(1))));`;
    const { stdout } = await run(
      process.execPath,
      ['--experimental-strip-types', '--input-type=module', '-e', script, '--', jwt, api],
      { env: { ...process.env, PLATFORM: instance.urls.api } },
    );
    return JSON.parse(stdout) as JWTPayload;
  }

  test('names the user, the role, the level and the client for one call of one API, for a minute', async () => {
    const jwt = await ofUser();
    assert.deepEqual(Object.keys(decodeProtectedHeader(jwt)).sort(), ['alg', 'kid', 'typ']);
    const { iat = 0, exp, jti, ath, scope, roles, ...caller } = await verified(jwt);
    assert.deepEqual(
      { ...caller, life: (exp ?? 0) - iat },
      {
        iss: instance.urls.api,
        aud: address,
        sub: '656005750108',
        client_id: seededClients.combined.clientId,
        access_mode: 'user-restricted',
        idp: decodeJwt(jwt).idp,
        acr: 'AAL3_ANY',
        ...('amr' in caller ? { amr: caller.amr } : {}),
        authentication_assurance_level: '3',
        selected_roleid: (roles as string[])[0],
        life: 60,
      },
    );
    assert.match(String(jti), /^[0-9a-f-]{36}$/);
    assert.match(String(ath), /^[\w-]{43}$/);
    assert.match(String(scope), /aal3:signed/);
    assert.notEqual(decodeJwt(await ofUser()).jti, jti);
  });

  test('names the application of an API key, and nobody in an open operation', async () => {
    const keyed = await verified((await sent('/key', { apikey: seededClients.combined.clientId })) ?? '');
    assert.equal(keyed.sub, seededClients.combined.clientId);
    assert.equal(keyed.access_mode, 'api-key');
    assert.equal(await sent('/open', {}), '');
  });

  test('is refused by another API, and everywhere as a token', async () => {
    const jwt = await ofUser();
    await assert.rejects(verified(jwt, `${instance.urls.apis}/other`), /unexpected "aud"/);
    const bearer = { authorization: `Bearer ${jwt}` };
    const platform = ['/hello-world/hello/user', '/oauth2.1/userinfo', '/oauth2/userinfo'];
    for (const url of [`${address}/call`, ...platform.map((path) => instance.urls.api + path)]) {
      const { status } = await fetch(url, { headers: bearer });
      assert.ok(status >= 400 && status < 500, `${url} answered ${status}`);
    }
    const { clientId, clientSecret } = seededClients.combined;
    const kinds = ['access_token', 'id_token', 'jwt'].map(
      (kind) => `urn:ietf:params:oauth:token-type:${kind}`,
    );
    for (const server of ['/oauth2', '/oauth2.1'])
      for (const subject_token_type of kinds) {
        const answer = await fetch(`${instance.urls.api}${server}/token`, {
          method: 'POST',
          body: new URLSearchParams({
            grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
            subject_token: jwt,
            subject_token_type,
            client_id: clientId,
            client_secret: clientSecret,
          }),
        });
        assert.ok(answer.status >= 400, `${server} exchanged it as ${subject_token_type}`);
      }
  });

  test('is no access token or ID token that its verifier accepts, although the key is the same', async () => {
    await assert.rejects(verified(token), /Invalid Compact JWS|JWSInvalid/);
    const other = await instance.api('POST', '/tokens', { person: 'gp', application: 'demo-combined' });
    if (typeof other.id_token === 'string') await assert.rejects(verified(other.id_token));
  });

  test('is verified by Python', { skip: !hasPython && 'needs PyJWT (Debian: python3-jwt)' }, async () => {
    const verify = (jwt: string, api: string) =>
      run(python, [join(examples, 'caller.py'), jwt, api], {
        env: { ...process.env, PLATFORM: instance.urls.api },
      });
    const jwt = await ofUser();
    assert.equal((JSON.parse((await verify(jwt, address)).stdout) as JWTPayload).sub, '656005750108');
    await assert.rejects(verify(jwt, `${address}/other`), /InvalidAudienceError/);
    await assert.rejects(verify(`${jwt.slice(0, -6)}AAAAAA`, address), /InvalidSignatureError/);
  });

  test('is verified by Java without a library', { skip: !hasJava && 'needs Java 17' }, async () => {
    const verify = (jwt: string, api: string) =>
      run(java, [join(examples, 'Caller.java'), jwt, api], {
        env: { ...process.env, PLATFORM: instance.urls.api },
      });
    const jwt = await ofUser();
    assert.match((await verify(jwt, address)).stdout, /"sub":"656005750108"/);
    await assert.rejects(verify(jwt, `${address}/other`), /no valid NHSD-Identity-JWT/);
  });
});
