import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { RateLimits } from '../oauth/products.ts';
import { loadApis } from './apis/registry.ts';
import { gatewayOf } from './dependencies.ts';
import { limitCall } from './rules/rate-limits.ts';
import { type OutcomeBody, pdsBase, type RunningGateway, scopes, startGateway } from './testing/gateway.ts';

const guide =
  'Please see: https://digital.nhs.uk/developer/guides-and-documentation/reference-guide#rate-limits for more details.';
const spike = (ratelimit: string, enabled = true): RateLimits => ({
  quota: { enabled: false, limit: 0, interval: 1, timeunit: 'minute' },
  spikeArrest: { enabled, ratelimit },
});
const quota = (limit: number, interval = 1, timeunit = 'minute'): RateLimits => ({
  quota: { enabled: true, limit, interval, timeunit },
});

describe('the limits of a product', () => {
  let gateway: RunningGateway;
  before(async () => {
    gateway = await startGateway();
  });
  after(() => gateway.stop());

  const limited = async (id: string, limits: RateLimits | null, apis = ['personal-demographics']) => {
    await gateway.products.save({ name: `product-${id}`, apis, scopes: [scopes.user], limits });
    await gateway.addApplication(id, {}, [`product-${id}`]);
    const token = await gateway.issue({ applicationId: id });
    return (path = `${pdsBase}/Patient/9000000033`, method = 'GET') => gateway.call(path, { token, method });
  };

  const refusal = async (answer: Response) => {
    assert.equal(answer.status, 429);
    assert.equal(answer.headers.get('retry-after'), null);
    const [issue] = ((await answer.json()) as OutcomeBody).issue;
    const { code, display } = issue.details.coding[0];
    assert.deepEqual([issue.code, code, display], ['value', 'TOO_MANY_REQUESTS', 'Too many requests']);
    return issue.diagnostics;
  };

  test('quota: allow a number of calls in a window, then return 429 until the next', async () => {
    const call = await limited('counted', quota(3, 2));
    for (const status of [200, 200, 200, 429, 429]) assert.equal((await call()).status, status);
    assert.equal(
      await refusal(await call()),
      `Your application, The counted application, has exceeded its quota of 3 requests every 2 minute(s) and is being rate limited. ${guide}`,
    );
    gateway.clock.advance(120);
    assert.equal((await call()).status, 200);
  });

  test('spike arrest: are smoothed without saving up calls', async () => {
    const call = await limited('smoothed', spike('2ps'));
    assert.equal((await call()).status, 200);
    assert.equal(
      await refusal(await call()),
      `Your application, The smoothed application, has created a spike in traffic and is being rate limited. Please reduce the frequency of your requests. ${guide}`,
    );
    gateway.clock.advance(60);
    for (const status of [200, 429]) assert.equal((await call()).status, status);
  });

  test('check the quota before spike arrest', async () => {
    const call = await limited('both', { ...quota(1), spikeArrest: { enabled: true, ratelimit: '1ps' } });
    await call();
    assert.match((await refusal(await call())) ?? '', /quota of 1 requests/);
  });

  test('do not apply if switched off or null', async () => {
    const off = await limited('off', spike('1pm', false));
    const none = await limited('none', null);
    for (const call of [off, none]) for (let at = 0; at < 5; at++) assert.equal((await call()).status, 200);
  });

  test('are the published 300 a minute by default', async () => {
    const call = await limited('silent', {});
    await gateway.database.run({
      text: "UPDATE counter SET count = 299 WHERE name = 'quota:personal-demographics:silent'",
      values: [],
    });
    await call();
    await gateway.database.run({
      text: "UPDATE counter SET count = 299 WHERE name = 'quota:personal-demographics:silent'",
      values: [],
    });
    assert.equal((await call()).status, 200);
    assert.match((await refusal(await call())) ?? '', /quota of 300 requests every 1 minute\(s\)/);
  });

  test('count each application separately', async () => {
    const first = await limited('first', quota(1));
    const second = await limited('second', quota(1));
    for (const call of [first, second])
      assert.deepEqual([(await call()).status, (await call()).status], [200, 429]);
  });

  test('precede path, id and mode', async () => {
    const call = await limited('order', quota(0));
    await refusal(await call(`${pdsBase}/HelloWorld`));
    await refusal(await call(`${pdsBase}/Coverage`));
  });

  test('allow three creations of patients at once and none more in that second, before the mode is checked', async () => {
    const token = await gateway.issue({ scope: scopes.application });
    const post = () => gateway.call(`${pdsBase}/Patient`, { token, method: 'POST' });
    const first = await Promise.all([post(), post(), post()]);
    assert.deepEqual(
      first.map(({ status }) => status),
      [403, 403, 403],
    );
    const tooMany = 'There have been too many Create Patient requests. Please try again later.';
    assert.equal(await refusal(await post()), tooMany);
    gateway.clock.advance(0.999);
    assert.equal(await refusal(await post()), tooMany);
    gateway.clock.advance(0.001);
    assert.equal((await post()).status, 403);
  });

  test('do not name anyone for limits of the API itself', async () => {
    const [pds] = await loadApis(gateway.dependencies);
    assert.ok(pds);
    const api = { ...pds, limits: quota(0) };
    const rules = gatewayOf(gateway.dependencies);
    const owner = await rules.registered.of('none');
    assert.ok(owner);
    const arrival = {
      gateway: rules,
      request: {} as never,
      api,
      verb: 'GET',
      path: '/',
      query: '',
      client: new Map(),
      trace: {},
    };
    const call = { ...arrival, application: owner.application, access: owner.access(api) };
    await assert.rejects(async () => limitCall(call, true), {
      message: 'This API is currently receiving a high volume of requests and is being rate limited.',
    });
  });

  test("return the shared flow's error for an API without its own errors", async () => {
    await gateway.products.save({ name: 'canary-once', apis: ['canary-api'], scopes: [], limits: quota(0) });
    await gateway.addApplication('plain', {}, ['canary-once']);
    const answer = await gateway.call('/canary-api', {
      token: await gateway.issue({ applicationId: 'plain' }),
    });
    assert.equal(answer.status, 429);
    assert.deepEqual(await answer.json(), {
      message:
        'Your application, The plain application, has exceeded its quota of 0 requests every 1 minute(s) and is being rate limited.',
      policy: 'quota',
    });
  });
});
