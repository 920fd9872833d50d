import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { startConsole, type TestConsole } from '../../testing/console.ts';

let console_: TestConsole;

before(async () => {
  console_ = await startConsole();
});
after(() => console_.close());

describe('/keys', () => {
  type Key = { service: string; kid: string; state: string; signsFrom: string };
  const keysOf = async (service: string) =>
    ((await console_.api('GET', '/keys')).body.keys as Key[]).filter((key) => key.service === service);

  test('lists keys without their private parts', async () => {
    await console_.keys.cis2.ensure('RS256');
    const { text } = await console_.api('GET', '/keys');
    assert.match(text, /"service":"cis2".*"state":"signing"/);
    assert.doesNotMatch(text, /PRIVATE|"d":/);
  });

  test('rotates keys at once', async () => {
    const [before_] = await keysOf('cis2');
    const { status, body } = await console_.api('POST', '/keys/cis2/rotate', { now: true });
    assert.equal(status, 200);
    const states = (body.keys as Key[]).map(({ kid, state }) => [kid === before_?.kid, state]);
    assert.deepEqual(states.sort(), [
      [false, 'signing'],
      [true, 'verifying'],
    ]);
  });

  test('rotates keys by the schedule', async () => {
    await console_.keys.authorisation.ensure('RS512');
    await console_.api('POST', '/keys/authorisation/rotate');
    assert.deepEqual((await keysOf('authorisation')).map(({ state }) => state).sort(), [
      'announced',
      'signing',
    ]);
    assert.equal((await console_.api('POST', '/keys/authorisation/rotate', { when: 'now' })).status, 400);
  });

  test('creates the first key of a service that has none before it rotates', async () => {
    const { body } = await console_.api('POST', '/keys/cis/rotate', { now: true });
    assert.deepEqual((body.keys as Key[]).map(({ state }) => state).sort(), ['signing', 'verifying']);
  });

  test('answers 404 to an unknown service', async () => {
    assert.equal((await console_.api('POST', '/keys/gateway/rotate', {})).status, 404);
    assert.equal((await console_.api('POST', '/keys/__proto__/rotate', {})).status, 404);
  });
});

describe('/audit', () => {
  test('records every change under its number', async () => {
    const all = (await console_.api('GET', '/audit')).body.records as {
      seq: number;
      action: string;
      previous: string;
      hash: string;
    }[];
    assert.ok(all.some(({ action }) => action === 'keys.rotated'));
    const last = all.at(-1)?.seq ?? 0;
    assert.deepEqual((await console_.api('GET', `/audit?since=${last}`)).body, { records: [], next: null });
    assert.deepEqual((await console_.api('GET', `/audit?since=${last - 1}`)).body, {
      records: all.slice(-1),
      next: null,
    });
    assert.equal((await console_.audit.verify()).problem, undefined);
  });
});
