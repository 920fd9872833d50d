import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { createRemoteJWKSet, jwtVerify } from 'jose';
import { startInstance, type TestInstance } from '../testing/instance.ts';

interface Registered {
  id: string;
  platform: { clientId: string; clientSecret: string };
}

const resource = 'https://records.example.test/fhir';
const page = readFileSync(new URL('../../docs/resource-servers.md', import.meta.url), 'utf8');

/** Returns the JSON block of the page with this title. */
function blockOf(title: string): object {
  const [, text] = page.split(`\`\`\`json title="${title}"\n`);
  return JSON.parse(text?.split('```')[0] ?? '');
}

describe('an API that checks tokens itself, as its page describes', () => {
  let instance: TestInstance;
  let caller: Registered;
  let records: Registered;
  before(async () => {
    instance = await startInstance();
    caller = await instance.api<Registered>('POST', '/applications', blockOf('caller.json'));
    records = await instance.api<Registered>('POST', '/applications', blockOf('records.json'));
  });
  after(() => instance.stop());

  const post = async (path: string, { platform }: Registered, fields: Record<string, string>) => {
    const answer = await fetch(`${instance.urls.api}/oauth2.1${path}`, {
      method: 'POST',
      headers: {
        authorization: `Basic ${Buffer.from(`${platform.clientId}:${platform.clientSecret}`).toString('base64')}`,
      },
      body: new URLSearchParams(fields),
    });
    return (await answer.json()) as Record<string, string | boolean>;
  };

  test('verifies a JWT for its address, and introspects tokens for its address alone', async () => {
    const tokens = [];
    const named: Record<string, string>[] = [{ resource }, { resource: instance.urls.api }, {}];
    for (const resources of named) {
      const answer = await post('/token', caller, { grant_type: 'client_credentials', ...resources });
      tokens.push(String(answer.access_token));
    }
    const [own = '', other = '', unnamed = ''] = tokens;
    const issuer = `${instance.urls.api}/oauth2.1`;
    const keys = createRemoteJWKSet(new URL(`${issuer}/jwks`));
    const { payload } = await jwtVerify(own, keys, { issuer, audience: resource, typ: 'at+jwt' });
    assert.equal(payload.client_id, caller.platform.clientId);
    await assert.rejects(jwtVerify(other, keys, { issuer, audience: resource, typ: 'at+jwt' }), /aud/);
    await instance.api('PUT', `/resource-servers/${records.id}`, { resources: [resource] });
    assert.equal((await post('/introspect', records, { token: own })).active, true);
    assert.deepEqual(await post('/introspect', records, { token: other }), { active: false });
    assert.equal((await post('/introspect', records, { token: unnamed })).aud, instance.urls.api);
    await post('/revoke', caller, { token: own });
    assert.deepEqual(await post('/introspect', records, { token: own }), { active: false });
    await jwtVerify(own, keys, { issuer, audience: resource, typ: 'at+jwt' });
  });
});
