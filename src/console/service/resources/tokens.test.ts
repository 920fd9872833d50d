import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { json } from '@alongside/kernel/answer';
import { createListener, type HttpRequest } from '@alongside/kernel/http';
import { silentLog } from '@alongside/kernel/log';
import { startConsole, startTime, type TestConsole } from '../../testing/console.ts';

let console_: TestConsole;

before(async () => {
  console_ = await startConsole();
});
after(() => console_.close());

describe('/tokens/inspect', () => {
  const record = {
    applicationId: 'demo-combined',
    clientId: 'c',
    uid: '656005750108',
    sid: null,
    scope: 'a b',
    attributes: { auth_type: 'user', auth_level: 'aal3', auth_user_id: '656005750108', id_token: 'sealed' },
    issuedAt: startTime,
    expiresAt: startTime + 1,
  };
  const store = (token: string, kind: 'access' | 'refresh', issuer: string) => {
    const stored = { ...record, kind, issuer, family: token };
    const made = { ...stored, token, ...console_.tokens.placeOf(token) };
    return console_.database.batch(console_.tokens.issueStatements(stored, [made]));
  };

  test('returns scope and attributes without sealed ones', async () => {
    await store('token-1', 'access', 'http://api.test/oauth2');
    assert.deepEqual((await console_.api('POST', '/tokens/inspect', { token: 'token-1' })).body, {
      scope: 'a b',
      attributes: { auth_type: 'user', auth_level: 'aal3', auth_user_id: '656005750108' },
    });
  });

  test('refuses refresh tokens, tokens of CIS2 and unknown tokens', async () => {
    await store('token-2', 'refresh', 'http://api.test/oauth2');
    await store('token-3', 'access', 'http://cis2.test/issuer');
    for (const token of ['token-2', 'token-3', 'token-4']) {
      const answer = await console_.api('POST', '/tokens/inspect', { token });
      assert.deepEqual([answer.status, answer.body.error], [404, 'unknown_token']);
      assert.doesNotMatch(answer.text, new RegExp(token));
    }
    assert.equal((await console_.api('POST', '/tokens/inspect', { token: '' })).status, 400);
  });
});

describe('/tokens', () => {
  const seen: HttpRequest[] = [];
  let next = { status: 200, body: {} as Record<string, unknown> };
  const listener = createListener(
    [
      { methods: ['POST'], path: '/authorisation/tokens', endpoint: async (request) => answer(request) },
      {
        methods: ['GET'],
        path: '/directory/people',
        endpoint: async ({ query }) =>
          json(200, { people: query === 'persona=gp' ? [{ uid: '656005750108' }] : [], next: null }),
      },
    ],
    { name: 'neighbours', log: silentLog },
  );
  const answer = (request: HttpRequest) => {
    seen.push(request);
    return json(next.status, next.body);
  };
  let beside: TestConsole;
  const send = (method: string, path: string, body?: unknown) =>
    beside.send(`/api/v1${path}`, { method, json: body });

  before(async () => {
    const url = `http://127.0.0.1:${await listener.listen(0)}`;
    beside = await startConsole({ authorisation: { url, secret: 'shared' }, cis: { url, secret: 'other' } });
  });
  after(async () => {
    await beside.close();
    await listener.close();
  });

  test('sends the uid to the platform and relays its response', async () => {
    next = { status: 200, body: { access_token: 'token', token_type: 'Bearer', expires_in: '599' } };
    for (const person of ['gp', '656005750108']) {
      const { status, body } = await send('POST', '/tokens', { person, application: 'demo-combined' });
      assert.deepEqual([status, body], [200, next.body]);
      const order = seen.at(-1);
      assert.deepEqual(JSON.parse(order?.body ?? ''), {
        person: '656005750108',
        application: 'demo-combined',
      });
      assert.equal(order?.headers.authorization, 'Bearer shared');
    }
    const base = { person: 'gp', application: 'demo-combined', base: '/oauth2-mock' };
    await send('POST', '/tokens', base);
    assert.equal(JSON.parse(seen.at(-1)?.body ?? '').base, '/oauth2-mock');
  });

  test('refuses an unknown persona and an invalid body without calling the platform', async () => {
    const before = seen.length;
    const bad = [
      { person: 'nobody', application: 'a' },
      { person: 'gp' },
      { person: 'gp', application: 'a', x: 1 },
    ];
    const statuses = [];
    for (const body of bad) statuses.push((await send('POST', '/tokens', body)).status);
    assert.deepEqual(statuses, [404, 400, 400]);
    assert.equal(seen.length, before);
  });

  test('relays refusals of the platform and reports its failures', async () => {
    const order = { person: 'gp', application: 'demo-combined' };
    const cases: [number, string, number, string][] = [
      [401, 'unauthorized_client', 401, 'unauthorized_client'],
      [422, 'person_disabled', 422, 'person_disabled'],
      [503, 'directory_unreachable', 503, 'directory_unreachable'],
      [401, 'service_unknown', 502, 'platform_refused'],
      [500, 'server_error', 503, 'platform_unreachable'],
    ];
    for (const [status, error, relayed, said] of cases) {
      next = { status, body: { error } };
      const answered = await send('POST', '/tokens', order);
      assert.deepEqual([answered.status, answered.body.error], [relayed, said]);
    }
    const alone = await console_.api('POST', '/tokens', { person: '656005750108', application: 'a' });
    assert.deepEqual([alone.status, alone.body.error], [503, 'platform_unreachable']);
  });
});

describe('/refusals', () => {
  test('finds the newest refusal by message id, X-Request-ID and X-Correlation-ID', async () => {
    const ids = { 'x-request-id': 'request-1', 'x-correlation-id': 'token-0123456789abcdefghij' };
    const first = await console_.api('GET', '/people/unknown-1', undefined, ids);
    const second = await console_.api('POST', '/tokens', { token: 'hidden-value' }, ids);
    console_.base.advance(20);
    const id = String(second.headers['x-message-id']);
    for (const asked of [id, ...Object.values(ids)]) {
      const { status, body } = await console_.api('GET', `/refusals/${asked}`);
      assert.equal(status, 200);
      assert.deepEqual(
        [body.messageId, body.error, body.ageSeconds, body.status, body.method, body.path],
        [id, 'console.requestInvalid', 20, 400, 'POST', '/api/v1/tokens'],
      );
      assert.doesNotMatch(JSON.stringify(body), /hidden-value|0123456789/);
      if (asked !== id) assert.deepEqual(body.earlier, [first.headers['x-message-id']]);
    }
  });

  test('answers 404 to an unknown or malformed id', async () => {
    for (const id of ['m-1', 'a%2Fb', '%20', 'x'.repeat(300)]) {
      const { status, body } = await console_.api('GET', `/refusals/${id}`);
      assert.deepEqual([status, body.error], [404, 'unknown_message'], id);
    }
  });
});
