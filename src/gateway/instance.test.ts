import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { startInstance, type TestInstance } from '../../test/testing/instance.ts';
import { limitedApis } from '../config.ts';
import { apis } from './apis/registry.ts';
import { pdsBase, requestId } from './testing/gateway.ts';

const scope = 'urn:nhsd:apim:app:level3:personal-demographics-service';
const path = `${pdsBase}/Patient/9000000009`;

interface Minted {
  access_token: string;
}

describe('the gateway in a whole instance', () => {
  let instance: TestInstance;
  before(async () => {
    instance = await startInstance();
  });
  after(() => instance.stop());

  const call = (token: string, target = path, headers: Record<string, string> = {}) =>
    fetch(`${instance.urls.api}${target}`, {
      headers: { authorization: `Bearer ${token}`, 'x-request-id': requestId, ...headers },
    });

  const post = async (target: string, form: Record<string, string>) => {
    const answer = await fetch(`${instance.urls.api}${target}`, {
      method: 'POST',
      body: new URLSearchParams(form),
    });
    return { status: answer.status, body: (await answer.json().catch(() => ({}))) as Record<string, string> };
  };

  const mint = async (person: string) =>
    (await instance.api<Minted>('POST', '/tokens', { person, application: 'demo-combined' })).access_token;

  test('finds the reason of a refusal by X-Message-Id, without identifiers in it', async () => {
    const answer = await call('nonsense');
    assert.equal(answer.status, 401);
    const id = answer.headers.get('x-message-id');
    const reason = await instance.api('GET', `/refusals/${id}`);
    assert.equal(reason.error, 'gateway.invalidToken');
    assert.equal(reason.path, pdsBase);
    assert.equal(reason.detail, 'no such access token');
  });

  test('shows the PDS to minted tokens of every access mode, each with the view of its mode', async () => {
    const restricted = `${pdsBase}/Patient/9000000025`;
    const own = `${pdsBase}/Patient/9912003071`;
    const cases: [order: Record<string, string>, statuses: Record<string, number>][] = [
      [
        { person: 'gp', application: 'demo-combined' },
        { [restricted]: 200, [own]: 200 },
      ],
      [{ application: 'demo-app-restricted' }, { [restricted]: 200, [own]: 200 }],
      [{ application: 'demo-privileged' }, { [restricted]: 200, [own]: 200 }],
      [
        { citizen: '9912003071', application: 'demo-citizen' },
        { [restricted]: 403, [own]: 200 },
      ],
    ];
    for (const [order, statuses] of cases) {
      const { access_token: token } = await instance.api<Minted>('POST', '/tokens', order);
      for (const [target, status] of Object.entries(statuses)) {
        const answer = await call(token, target);
        assert.equal(answer.status, status, JSON.stringify(order));
        const body = (await answer.json()) as object;
        if (target === restricted && status === 200)
          assert.equal('address' in body, order.application === 'demo-privileged', JSON.stringify(order));
      }
    }
    for (const order of [
      { application: 'demo-citizen' },
      { citizen: '9912003071', application: 'demo-combined' },
      { citizen: 'x', application: 'demo-citizen' },
      { citizen: '9912003071', person: 'gp', application: 'demo-citizen' },
      { person: 'gp' },
    ])
      await assert.rejects(instance.api('POST', '/tokens', order), JSON.stringify(order));
  });

  test('refuses a revoked JWT access token at once', async () => {
    const platform = {
      callbackUrls: [],
      products: ['personal-demographics-service-application-restricted', 'canary-api'],
      tokenEndpointAuthMethod: 'client_secret_post',
      accessToken: { format: 'jwt', signingAlg: 'PS256' },
    };
    const made = await instance.api<{ platform: { clientId: string; clientSecret: string } }>(
      'POST',
      '/applications',
      { name: 'jwt at the gateway', profile: 'standard', platform },
    );
    const credentials = {
      client_id: made.platform.clientId,
      client_secret: made.platform.clientSecret,
    };
    const { status, body } = await post('/oauth2.1/token', {
      grant_type: 'client_credentials',
      scope,
      ...credentials,
    });
    assert.equal(status, 200, JSON.stringify(body));
    const token = body.access_token ?? '';
    assert.equal(token.split('.').length, 3);
    assert.equal((await call(token)).status, 200);
    // A JWT with a valid signature and other claims was never issued.
    const [header, , signature] = token.split('.');
    assert.equal((await call(`${header}.e30.${signature}`)).status, 401);
    assert.equal((await post('/oauth2.1/revoke', { token, ...credentials })).status, 200);
    const after = await call(token);
    assert.equal(after.status, 401);
    assert.equal(after.headers.get('www-authenticate'), 'Bearer error="invalid_token"');
  });

  test('applies a disabled user and a withdrawn role during the session', async () => {
    const gp = await mint('gp');
    assert.equal((await call(gp)).status, 200);
    await instance.api('PATCH', '/people/656005750108', { disabled: true });
    await instance.api('PUT', '/clock', { advance: 2 });
    assert.equal((await call(gp)).status, 401);
    assert.equal((await call(gp, '/canary-api')).status, 401);

    const nurse = await mint('nurse');
    const { roles } = await instance.api<{ roles: { roleId: string }[] }>('GET', '/people/656005750105');
    const [kept, ...lost] = roles;
    assert.ok(kept && lost[0]);
    const role = { 'nhsd-session-urid': lost[0].roleId };
    assert.equal((await call(nurse, path, role)).status, 200);
    await instance.api('PATCH', '/people/656005750105', { roles: [kept] });
    await instance.api('PUT', '/clock', { advance: 2 });
    assert.equal((await call(nurse, path, role)).status, 400);
    assert.equal((await call(nurse, path, { 'nhsd-session-urid': kept.roleId })).status, 200);
  });
});

test('takes limits of an API for all clients from the configuration', async () => {
  const instance = await startInstance({ apiLimits: '{"canary-api":{"quota":{"limit":2}}}' });
  try {
    const { access_token } = await instance.api<Minted>('POST', '/tokens', {
      person: 'gp',
      application: 'demo-combined',
    });
    const statuses: number[] = [];
    for (let call = 0; call < 3; call++) {
      const headers = { authorization: `Bearer ${access_token}` };
      statuses.push((await fetch(`${instance.urls.api}/canary-api`, { headers })).status);
    }
    assert.deepEqual(statuses, [200, 200, 429]);
  } finally {
    await instance.stop();
  }
  for (const apiLimits of [
    '{"helo-world":{"quota":{"limit":2}}}',
    '{',
    '[]',
    '{"canary-api":{"quota":{"limit":-1}}}',
    '{"x":{"spikeArrest":{"ratelimit":"1"}}}',
  ])
    await assert.rejects(startInstance({ apiLimits }), /--api-limits/, apiLimits);
});

test('opens every /_status with --status-api-key only', async () => {
  const instance = await startInstance({ statusApiKey: 'key-of-the-monitoring-1' });
  try {
    for (const api of ['/oauth2', '/oauth2-mock', ...apis.map(({ basePath }) => basePath)])
      for (const [apikey, status] of [
        ['key-of-the-monitoring-1', 200],
        ['key-of-the-monitoring-2', 401],
        ['', 401],
      ] as const) {
        const answer = await fetch(`${instance.urls.api}${api}/_status`, { headers: { apikey } });
        assert.equal(answer.status, status, `${api} ${apikey}`);
      }
  } finally {
    await instance.stop();
  }
  for (const statusApiKey of ['short', 'with a space in its middle'])
    await assert.rejects(startInstance({ statusApiKey }), /--status-api-key: must be/);
});

test('names and base paths of the protected APIs and of the authorisation service are unique', () => {
  assert.equal(new Set(limitedApis).size, limitedApis.length);
  assert.equal(new Set(apis.map(({ basePath }) => basePath)).size, apis.length);
});
