import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { passwordRealm } from '../realms/realm.ts';
import { send } from '../testing/browser.ts';
import { type Instance, startInstance } from '../testing/instance.ts';

let cis2: Instance;
before(async () => {
  cis2 = await startInstance();
});
after(() => cis2.stop());

describe('a method that a path lacks', () => {
  const cases: [path: string, allow: string, others: string[]][] = [
    ['/.well-known/openid-configuration', 'OPTIONS, GET, HEAD', ['POST', 'PUT', 'DELETE']],
    ['/connect/jwk_uri', 'OPTIONS, GET, HEAD', ['POST', 'PATCH']],
    ['/authorize', 'GET, POST, HEAD', ['PUT', 'DELETE', 'OPTIONS']],
    ['/access_token', 'OPTIONS, POST', ['GET', 'PUT']],
    ['/token/revoke', 'OPTIONS, POST', ['GET']],
    ['/introspect', 'POST', ['GET']],
    ['/par', 'OPTIONS, POST', ['GET', 'PUT']],
    ['/userinfo', 'OPTIONS, GET, POST', ['PUT', 'DELETE']],
    ['/connect/endSession', 'GET, POST', ['PUT']],
  ];
  for (const [path, allow, others] of cases)
    test(`gets 405 with Allow at ${path}`, async () => {
      for (const realm of [cis2.issuer, `${cis2.origin}${passwordRealm.path}`])
        for (const method of others) {
          const { status, headers, body } = await send(method, `${realm}${path}`);
          assert.deepEqual([status, headers.allow, body], [405, allow, ''], method);
        }
    });
  test('gets 405 at the addresses of the agent and of pages', async () => {
    for (const [path, method, allow] of [
      ['/agent/exchange', 'GET', 'POST'],
      ['/agent/return', 'POST', 'GET'],
      ['/interaction/x', 'DELETE', 'GET, POST'],
      ['/interaction/x/role', 'PUT', 'GET, POST'],
    ] as const) {
      const { status, headers } = await send(method, `${cis2.origin}${path}`);
      assert.deepEqual([status, headers.allow], [405, allow], path);
    }
  });
  test('gets 404 at an unknown address', async () => {
    for (const method of ['GET', 'POST', 'PUT'])
      assert.equal((await send(method, `${cis2.issuer}/authorize/x`)).status, 404);
  });
  test('gets a page in a browser and plain text otherwise at an unknown address', async () => {
    const address = `${cis2.origin}/half/an-address`;
    for (const headers of [{ 'sec-fetch-dest': 'document' }, { accept: 'text/html,*/*;q=0.8' }]) {
      const { status, body } = await send('GET', address, headers);
      assert.equal(status, 404);
      assert.match(body, /<p class="lead">There is nothing at this address\./);
    }
    for (const headers of [{ accept: '*/*' }, { accept: 'text/html', 'sec-fetch-dest': 'empty' }])
      assert.match((await send('GET', address, headers)).body, /^\{"error":"not_found"/);
  });
  test('is HEAD at metadata and keys, without a body', async () => {
    for (const path of ['/.well-known/openid-configuration', '/connect/jwk_uri']) {
      const { status, headers, body } = await send('HEAD', `${cis2.issuer}${path}`);
      assert.deepEqual([status, headers['content-type'], body], [200, 'application/json', '']);
    }
  });
});
