import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { ManualClock } from '@alongside/kernel/clock';
import { sharePostgres, type TestDatabases } from '../../test/testing/postgres.ts';
import { RateLimiter } from '../oauth/rate-limits.ts';
import type { Database } from '../storage/database.ts';
import { openDatabase } from '../storage/dialects.ts';
import { newHolder } from './testing/binding.ts';
import { type OutcomeBody, pdsBase, type RunningGateway, scopes, startGateway } from './testing/gateway.ts';

describe('ten processes on one PostgreSQL', () => {
  let postgres: TestDatabases;
  let databases: Database[];
  const clock = new ManualClock(Date.UTC(2026, 6, 1, 12));
  before(async () => {
    postgres = await sharePostgres();
    const url = await postgres.create('limits');
    const first = await openDatabase(url, '');
    const others = await Promise.all(Array.from({ length: 9 }, () => openDatabase(url, '')));
    databases = [first, ...others];
  });
  after(async () => {
    await Promise.all(databases.map((database) => database.close()));
    await postgres.stop();
  });

  /** Each process sends its requests one after another, all processes at once. */
  const everywhere = async (
    rounds: number,
    one: (limiter: RateLimiter) => Promise<string | undefined>,
  ): Promise<(string | undefined)[]> => {
    const processes = databases.map(async (database) => {
      const limiter = new RateLimiter(database, clock);
      const outcomes: (string | undefined)[] = [];
      for (let round = 0; round < rounds; round++) outcomes.push(await one(limiter));
      return outcomes;
    });
    return (await Promise.all(processes)).flat();
  };

  test('share one quota', async () => {
    const limits = { quota: { enabled: true, limit: 37, interval: 1, timeunit: 'minute' } };
    const outcomes = await everywhere(10, (limiter) => limiter.exceeded(limits, 'api:app'));
    assert.equal(outcomes.filter((outcome) => outcome === undefined).length, 37);
    assert.equal(outcomes.filter((outcome) => outcome === 'quota').length, 63);
  });

  test('let one call through a spike arrest', async () => {
    const limits = { spikeArrest: { enabled: true, ratelimit: '1ps' } };
    const outcomes = await everywhere(5, (limiter) => limiter.exceeded(limits, 'api:spike'));
    assert.equal(outcomes.filter((outcome) => outcome === undefined).length, 1);
  });
});

describe('gateways on one PostgreSQL', () => {
  let postgres: TestDatabases;
  const gateways: RunningGateway[] = [];
  before(async () => {
    postgres = await sharePostgres();
    const url = await postgres.create('gateways');
    for (let at = 0; at < 3; at++) {
      const limits = { 'hello-world': { quota: { enabled: true, limit: 4, interval: 1, timeunit: 'hour' } } };
      gateways.push(await startGateway({ apiLimits: limits }, url));
    }
  });
  after(async () => {
    for (const gateway of gateways) await gateway.stop();
    await postgres.stop();
  });

  const statuses = (calls: Response[]) => calls.map(({ status }) => status).sort();

  test("share an application's own limits", async () => {
    const [first] = gateways;
    assert.ok(first);
    const ratelimiting = JSON.stringify({
      'personal-demographics': { quota: { limit: 5 } },
      app: { quota: { limit: 2 }, spikeArrest: { enabled: false, ratelimit: '1ps' } },
    });
    await first.addApplication('own', { ratelimiting }, ['pds', 'hello']);
    const token = await first.issue({ applicationId: 'own' });
    const all = (path: string) =>
      Promise.all([...gateways, ...gateways, ...gateways].map((gateway) => gateway.call(path, { token })));
    const patients = await all(`${pdsBase}/Patient/9000000009`);
    assert.deepEqual(statuses(patients), [...Array(5).fill(200), ...Array(4).fill(429)]);
    const refused = patients.find(({ status }) => status === 429);
    assert.ok(refused);
    const [issue] = ((await refused.json()) as OutcomeBody).issue;
    assert.match(
      issue.diagnostics ?? '',
      /^Your application, The own application, has exceeded its quota of 5 requests every 1 minute\(s\)/,
    );
    assert.deepEqual(statuses(await all('/canary-api')), [...Array(2).fill(200), ...Array(7).fill(429)]);
  });

  test('share the limit of an API for all clients together', async () => {
    const scope = 'urn:nhsd:apim:app:level3:hello-world';
    const codes: number[] = [];
    let last: Response | undefined;
    for (const [at, gateway] of gateways.entries()) {
      await gateway.addApplication(`client-${at}`, {}, ['hello']);
      const token = await gateway.issue({ applicationId: `client-${at}`, scope });
      for (let call = 0; call < 2; call++) {
        last = await gateway.call('/hello-world/hello/application', { token });
        codes.push(last.status);
      }
    }
    assert.deepEqual(codes, [200, 200, 200, 200, 429, 429]);
    assert.deepEqual(await last?.json(), {
      message: 'This API is currently receiving a high volume of requests and is being rate limited.',
      policy: 'quota',
    });
  });

  test('prefer the attribute `ratelimiting` to a product, and ignore a malformed one', async () => {
    const [gateway] = gateways;
    assert.ok(gateway);
    const limits = { quota: { enabled: true, limit: 1, interval: 1, timeunit: 'minute' } };
    await gateway.products.save({
      name: 'tight',
      apis: ['personal-demographics'],
      scopes: [scopes.user],
      limits,
    });
    const codesOf = async (id: string, ratelimiting: string) => {
      await gateway.addApplication(id, { ratelimiting }, ['tight']);
      const token = await gateway.issue({ applicationId: id });
      const codes: number[] = [];
      for (let call = 0; call < 3; call++)
        codes.push((await gateway.call(`${pdsBase}/Patient/9000000009`, { token })).status);
      return codes;
    };
    assert.deepEqual(await codesOf('wide', '{"app":{"quota":{"enabled":false}}}'), [200, 200, 200]);
    assert.deepEqual(await codesOf('other', '{"hello-world":{"quota":{"enabled":false}}}'), [200, 429, 429]);
    for (const [at, text] of [
      '{',
      '[]',
      '{"app":{"quota":{"limit":"9"}}}',
      '{"app":{"spikeArrest":{"ratelimit":"fast"}}}',
    ].entries())
      assert.deepEqual(await codesOf(`malformed-${at}`, text), [200, 429, 429], text);
  });

  test('accept a proof once in all of them', async () => {
    const [gateway] = gateways;
    assert.ok(gateway);
    await gateway.addStandardApplication('holder', ['pds']);
    const holder = await newHolder();
    const attributes = { 'alongside.role_ids': '555254240100', cnf: JSON.stringify({ jkt: holder.jkt }) };
    const token = await gateway.issue({ applicationId: 'holder', attributes });
    for (let round = 0; round < 5; round++) {
      const headers: Record<string, string> = {
        authorization: `DPoP ${token}`,
        dpop: await holder.proof(gateway, token),
      };
      const calls: Response[] = await Promise.all(
        [...gateways, ...gateways, ...gateways].map((one) =>
          one.call(`${pdsBase}/Patient/9000000009`, { headers }),
        ),
      );
      assert.deepEqual(statuses(calls), [200, ...Array(8).fill(401)]);
    }
  });
});
