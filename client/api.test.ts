import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { ApiSettings } from './api.ts';
import { createApi } from './api.ts';
import { ClientError, OAuthError } from './errors.ts';
import { keepFresh } from './fresh.ts';
import { testClock } from './testing/clock.ts';
import type { PlatformAnswer, TestPlatform } from './testing/platform.ts';
import { startPlatform } from './testing/platform.ts';
import { TokenSet } from './tokens.ts';

const ID = '60E0B220-8136-4CA5-AE46-1D97EF59D068';
const refused: PlatformAnswer = { status: 401, body: { fault: {} } };
const tokenSet = (accessToken: string) =>
  new TokenSet({ accessToken, expiresAt: Date.now() + 600_000, refreshToken: `refresh-${accessToken}` });

function api(platform: TestPlatform, over: Partial<ApiSettings> = {}) {
  const baseUrl = `${platform.origin}/orders/v1`;
  return createApi({ baseUrl, token: async () => 'token', wait: async () => undefined, ...over });
}

describe('createApi', () => {
  test('adds the token, the role and the ids, and returns the response as it is', async (t) => {
    const platform = await startPlatform({ status: 422, body: { no: 1 }, headers: { 'x-own': 'yes' } });
    t.after(platform.close);
    const call = api(platform, { sessionUrid: '555254240100', odsCode: 'A9A5A' });
    const request = {
      method: 'POST',
      headers: { 'Content-Type': 'text/plain' },
      body: 'text',
      requestId: ID,
    };
    const response = await call.fetch('/orders?status=new', request);
    assert.deepEqual([response.status, response.headers.get('x-own')], [422, 'yes']);
    assert.deepEqual(await response.json(), { no: 1 });
    const [sent] = platform.calls;
    assert.deepEqual(
      [sent?.method, sent?.path, sent?.body],
      ['POST', '/orders/v1/orders?status=new', 'text'],
    );
    assert.equal(sent?.headers.authorization, 'Bearer token');
    assert.equal(sent?.headers['x-request-id'], ID);
    assert.equal(sent?.headers['content-type'], 'text/plain');
    assert.equal(sent?.headers['nhsd-session-urid'], '555254240100');
    assert.equal(sent?.headers['nhsd-end-user-organisation-ods'], 'A9A5A');
  });

  test('returns a response without a body, and bytes unchanged', async (t) => {
    const platform = await startPlatform({ status: 204, body: '' }, { body: 'caf\u00e9' });
    t.after(platform.close);
    const call = api(platform);
    assert.equal((await call.fetch('/orders')).body, null);
    const bytes = new Uint8Array(await (await call.fetch('/orders')).arrayBuffer());
    assert.deepEqual([...bytes.slice(-2)], [0xc3, 0xa9]);
  });

  const elsewhere = [
    'orders',
    '/../v2/orders',
    '/%2e%2e/v2',
    '//evil.example/',
    '/x#y',
    '\\evil',
    '@evil.example/',
  ];
  for (const path of elsewhere) {
    test(`does not send the token to ${path}`, async (t) => {
      const platform = await startPlatform();
      t.after(platform.close);
      const outcome = await api(platform)
        .fetch(path)
        .catch((error: ClientError) => error.code);
      const stayed = platform.calls.every((sent) => sent.path.startsWith('/orders/v1/'));
      assert.ok(outcome === 'settings_invalid' || stayed, `${path}: ${outcome}`);
    });
  }

  test('explains that a token set was passed', () => {
    const settings = { baseUrl: 'https://api.example', token: tokenSet('a') as never };
    assert.throws(() => createApi(settings), { code: 'settings_invalid', received: 'a TokenSet' });
  });

  test('waits for Retry-After in either form, and otherwise longer each time', async (t) => {
    const clock = testClock();
    const date = new Date(Math.floor(clock.now() / 1000) * 1000 + 4000).toUTCString();
    const platform = await startPlatform(
      { status: 429, headers: { 'retry-after': '2' } },
      { status: 503, headers: { 'retry-after': date } },
      {},
    );
    t.after(platform.close);
    const waits: number[] = [];
    const wait = async (milliseconds: number) => void waits.push(milliseconds);
    assert.equal((await api(platform, { clock, wait }).fetch('/orders')).status, 200);
    assert.equal(waits[0], 2000);
    assert.ok([3000, 4000].includes(waits[1] ?? 0), `waited ${waits[1]}`);
    platform.answers.splice(0, 1, { status: 503 });
    waits.length = 0;
    assert.equal((await api(platform, { wait }).fetch('/orders')).status, 503);
    assert.equal(waits.length, 2);
    assert.ok((waits[0] ?? 0) >= 125 && (waits[0] ?? 0) <= 250, `waited ${waits[0]}`);
    assert.ok((waits[1] ?? 0) >= 250 && (waits[1] ?? 0) <= 500, `waited ${waits[1]}`);
  });

  test('does not wait longer than its limit', async (t) => {
    const platform = await startPlatform({ status: 503, headers: { 'retry-after': '11' } });
    t.after(platform.close);
    assert.equal((await api(platform).fetch('/orders')).status, 503);
    assert.equal(platform.calls.length, 1);
  });

  const lost: [string, PlatformAnswer, Partial<ApiSettings>, string, number][] = [
    ['a read after a lost connection', { drop: true }, {}, 'GET', 3],
    ['a write of an API that knows repeats', { drop: true }, { repeatsWrites: true }, 'POST', 3],
    ['no other write after a lost connection', { drop: true }, {}, 'POST', 1],
    ['no other write after 503', { status: 503 }, {}, 'PATCH', 1],
    ['a write after 429', { status: 429 }, {}, 'POST', 3],
    ['nothing if told so', { status: 503 }, { retry: { attempts: 1 } }, 'GET', 1],
    ['nothing after 500', { status: 500 }, {}, 'GET', 1],
  ];
  for (const [what, answer, over, method, calls] of lost) {
    test(`repeats ${what}`, async (t) => {
      const platform = await startPlatform(answer);
      t.after(platform.close);
      const call = api(platform, over).fetch('/orders', { method, body: method === 'GET' ? undefined : 'x' });
      if (answer.drop) await assert.rejects(call, { code: 'network' });
      else assert.equal((await call).status, answer.status);
      assert.equal(platform.calls.length, calls);
      assert.equal(new Set(platform.calls.map(({ headers }) => headers['x-request-id'])).size, 1);
    });
  }

  test('stops when the caller aborts, while waiting for a token, a response or the retry', async (t) => {
    const platform = await startPlatform({ status: 503 });
    t.after(platform.close);
    const stopping = (stop: () => void) => async () => {
      stop();
      return new Promise<never>(() => undefined);
    };
    const cases: ((stop: () => void) => Partial<ApiSettings>)[] = [
      (stop) => ({ token: stopping(stop) }),
      (stop) => ({ wait: stopping(stop) }),
      (stop) => ({ fetch: (url, init) => fetch(url, init).finally(stop) }),
    ];
    for (const over of cases) {
      const controller = new AbortController();
      const call = api(
        platform,
        over(() => controller.abort()),
      ).fetch('/x', { signal: controller.signal });
      await assert.rejects(call, { code: 'aborted' });
    }
  });

  test('the pause of a retry ends with the signal', async (t) => {
    const platform = await startPlatform({ status: 503, headers: { 'retry-after': '9' } });
    t.after(platform.close);
    const controller = new AbortController();
    const seen: typeof fetch = async (...args) => {
      const response = await fetch(...args);
      setImmediate(() => controller.abort());
      return response;
    };
    const call = api(platform, { wait: undefined, fetch: seen as ApiSettings['fetch'] });
    await assert.rejects(call.fetch('/orders', { signal: controller.signal }), { code: 'aborted' });
  });
});

describe('createApi with fresh tokens', () => {
  test('renews once after 401, also for concurrent calls', async (t) => {
    const platform = await startPlatform(refused, refused, {});
    t.after(platform.close);
    let renewals = 0;
    const token = keepFresh(tokenSet('old'), async () => {
      renewals += 1;
      return tokenSet('new');
    });
    const { fetch } = api(platform, { token });
    const responses = await Promise.all([fetch('/a'), fetch('/b')]);
    assert.deepEqual(
      responses.map(({ status }) => status),
      [200, 200],
    );
    assert.equal(renewals, 1);
    const sent = platform.calls.map(({ headers }) => headers.authorization);
    assert.deepEqual(sent.sort(), ['Bearer new', 'Bearer new', 'Bearer old', 'Bearer old']);
    assert.equal(new Set(platform.calls.map(({ headers }) => headers['x-request-id'])).size, 2);
  });

  test('asks for a sign-in if the renewed token is refused as well', async (t) => {
    const platform = await startPlatform(refused);
    t.after(platform.close);
    const token = keepFresh(tokenSet('old'), async () => tokenSet('new'));
    await assert.rejects(api(platform, { token }).fetch('/a'), { code: 'sign_in_required' });
    assert.equal(platform.calls.length, 2);
  });

  test('asks for a sign-in if the session is over, and then sends nothing more', async (t) => {
    const platform = await startPlatform(refused);
    t.after(platform.close);
    const token = keepFresh(tokenSet('old'), async () => {
      throw new OAuthError({ error: 'invalid_grant', status: 401 });
    });
    const { fetch } = api(platform, { token });
    await assert.rejects(fetch('/a'), { code: 'sign_in_required' });
    await assert.rejects(fetch('/a'), { code: 'sign_in_required' });
    assert.equal(platform.calls.length, 2);
  });

  test('returns the second 401 of an application, because no user can sign in', async (t) => {
    const platform = await startPlatform(refused);
    t.after(platform.close);
    let count = 0;
    const next = async () => `token-${(count += 1)}`;
    const token = { owner: 'application', freshToken: next, replace: next } as const;
    assert.equal((await api(platform, { token }).fetch('/a')).status, 401);
    assert.equal(platform.calls.length, 2);
  });

  test('an error of the renewal is not hidden, and the old token is not used again', async (t) => {
    const platform = await startPlatform(refused);
    t.after(platform.close);
    const token = keepFresh(tokenSet('old'), async () => {
      throw new ClientError('network', 'The token endpoint could not be reached.');
    });
    await assert.rejects(api(platform, { token }).fetch('/a'), { code: 'network' });
    assert.equal(platform.calls.length, 1);
  });
});
