import assert from 'node:assert/strict';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { freePort } from '../../../test/testing/free-port.ts';
import { identity, type RunningGateway, role, startGateway } from '../testing/gateway.ts';
import { addDefinition } from '../testing/published.ts';

const interpreter = process.env.ALONGSIDE_PHP || 'php';
const skip =
  spawnSync(interpreter, ['--version']).status !== 0 && 'needs PHP on the command line (Debian: php-cli)';

const definition = `openapi: 3.0.3
servers: [{url: /test}]
x-nhsd-apim:
  access: [{grants: {nhs-cis2-aal3: []}}, {grants: {app-level3: []}}, {grants: {app-level0: []}}]
  target-identity: [{name: cis2-uuid}, {name: cis2-urid}, {name: cis2-acr}, {name: nhs-login-nhs-number}]
x-alongside: {validate: 'off', headers: {X_Tenant: 'tenant-1'}}
paths:
  /call: {get: {responses: {'200': {description: ok}}}}
  /open: {get: {security: [], responses: {'200': {description: ok}}}}
  /key: {get: {security: [{app-level0: []}], responses: {'200': {description: ok}}}}
`;

/** Names of the identity headers, which PHP and every other CGI program read from variables of these names. */
const variables = {
  user: 'HTTP_NHSD_SESSION_UUID',
  role: 'HTTP_NHSD_SESSION_URID',
  acr: 'HTTP_NHSD_SESSION_CIS2_ACR',
  citizen: 'HTTP_NHSD_NHSLOGIN_NHS_NUMBER',
};

describe('a back end in PHP', { skip }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'alongside-php-'));
  let gateway: RunningGateway;
  let php: ChildProcess;

  before(async () => {
    const script = join(folder, 'index.php');
    writeFileSync(script, "<?php header('Content-Type: application/json'); echo json_encode($_SERVER);");
    const port = await freePort();
    php = spawn(interpreter, ['-S', `127.0.0.1:${port}`, script], { stdio: ['ignore', 'ignore', 'pipe'] });
    for await (const [text] of listening(php)) if (String(text).includes('started')) break;
    php.stderr?.resume();
    gateway = await startGateway();
    await addDefinition(gateway, {
      entry: 'spec.yaml',
      files: { 'spec.yaml': definition },
      upstream: `http://127.0.0.1:${port}`,
    });
    await gateway.products.save({ name: 'test', apis: ['test'], scopes: [], limits: null });
    await gateway.addApplication('nhs', {}, ['test']);
  });
  after(async () => {
    await gateway?.stop();
    if (php?.exitCode === null && php.kill()) await once(php, 'close');
    rmSync(folder, { recursive: true });
  });

  const forged = Object.fromEntries(
    [
      ...identity,
      'NHSD.Session.URID',
      'NHSD.Session.CIS2.ACR',
      'NHSD.NHSLogin.NHS.Number',
      'X-Tenant',
      'X.Tenant',
    ]
      .filter((name) => name !== 'Prefer')
      .map((name) => [name, 'forged']),
  );

  /** Calls with every forged header, and returns the variables that the program read. */
  async function read(path: string, headers: Record<string, string>): Promise<Record<string, unknown>> {
    const answer = await gateway.call(`/test${path}`, { headers: { ...forged, ...headers } });
    assert.equal(answer.status, 200, await answer.clone().text());
    const server = (await answer.json()) as Record<string, unknown>;
    const read = Object.entries(server).filter(([, value]) => String(value).includes('forged'));
    assert.deepEqual(read, []);
    assert.equal(server.HTTP_X_TENANT, path === '/open' ? undefined : 'tenant-1');
    return server;
  }

  const identityOf = (server: Record<string, unknown>) =>
    Object.fromEntries(Object.entries(variables).map(([name, variable]) => [name, server[variable]]));
  const nobody = { user: '', role: '', acr: '', citizen: '' };
  const token = (scope: string, more: object) =>
    gateway.issue({ applicationId: 'nhs', scope: `urn:nhsd:apim:${scope}:test`, ...more });

  test('reads no forged identity with the token of an application', async () => {
    const issued = await token('app:level3', { uid: null, attributes: { auth_type: 'app' } });
    assert.deepEqual(identityOf(await read('/call', { authorization: `Bearer ${issued}` })), nobody);
  });

  test('reads no forged identity with an API key, and in an open operation', async () => {
    assert.deepEqual(identityOf(await read('/key', { apikey: 'key-of-nhs' })), nobody);
    assert.deepEqual(identityOf(await read('/open', {})), nobody);
  });

  test('reads the user of the token, whatever else was sent', async () => {
    const attributes = {
      'id_token-subject': '656005750107',
      'id_token-acr': 'AAL3_ANY',
      'alongside.role_ids': role,
    };
    const issued = await token('user-nhs-id:aal3', { attributes });
    assert.deepEqual(
      identityOf(await read('/call', { authorization: `Bearer ${issued}`, 'NHSD-Session-URID': role })),
      { user: '656005750107', role, acr: 'AAL3_ANY', citizen: '' },
    );
  });
});

/** What the program prints until it listens. */
async function* listening({ stderr }: ChildProcess): AsyncGenerator<[Buffer]> {
  while (stderr) yield (await once(stderr, 'data')) as [Buffer];
}
