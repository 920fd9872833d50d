import assert from 'node:assert/strict';
import { test } from 'node:test';
import { form, send } from '../testing/browser.ts';
import { secret, startInstance } from '../testing/instance.ts';

test('wrong secrets count for their network only, from which a valid secret still succeeds', async (t) => {
  const cis2 = await startInstance({ networkLimits: { requests: 100, failures: 5, rows: 6_000 } });
  t.after(() => cis2.stop());
  const client = await cis2.register({ profile: 'standard' });
  const ask = async (path: string, address: string, word: string) => {
    const body = form({
      grant_type: 'authorization_code',
      code: 'x',
      token: 'x',
      redirect_uri: client.redirectUris[0] ?? '',
      client_id: client.clientId,
      client_secret: word,
    });
    const headers = {
      'content-type': 'application/x-www-form-urlencoded',
      'x-forwarded-for': address,
    };
    return send('POST', `${cis2.issuer}${path}`, headers, body);
  };
  const statuses: number[] = [];
  for (const path of ['/access_token', '/token/revoke', '/introspect', '/par', '/access_token', '/par'])
    statuses.push((await ask(path, '198.51.100.7', 'wrong')).status);
  assert.deepEqual(statuses, [401, 401, 401, 401, 401, 429]);
  const refused = await ask('/access_token', '198.51.100.7', 'wrong');
  assert.equal(refused.headers['retry-after'], '60');
  assert.equal(JSON.parse(refused.body).error, 'temporarily_unavailable');
  assert.equal((await ask('/access_token', '203.0.113.9', 'wrong')).status, 401);
  const signIn = (address: string, word: string) =>
    send('POST', `${cis2.origin}/api/auth`, {
      authorization: `SecretAuth ${word}`,
      'x-forwarded-for': address,
    });
  assert.equal((await signIn('198.51.100.7', 'wrong')).status, 429);
  assert.equal((await signIn('203.0.113.9', 'wrong')).status, 401);
  assert.equal((await signIn('198.51.100.7', 'alongside-connection-manager')).status, 200);
  for (const address of ['198.51.100.7', '203.0.113.9'])
    assert.equal(JSON.parse((await ask('/access_token', address, secret)).body).error, 'invalid_grant');
});
