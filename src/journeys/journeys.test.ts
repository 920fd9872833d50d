import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { startJourneys, type TestJourneys } from './testing/journeys.ts';
import { everyWording } from './words.ts';

const caller = { application: 'demo-combined', client: 'key', user: '656005750108' };
const signIn = [
  {
    service: 'api',
    route: '/oauth2/authorize',
    status: 302,
    location: 'http://cis2.test/authorize?state=1',
    caller,
    event: { name: 'authorisation.to-cis2' },
  },
  {
    service: 'cis2',
    route: '/authorize',
    status: 302,
    location: 'http://api.test/oauth2/callback?code=1',
    caller: { client: 'platform' },
  },
  { service: 'api', route: '/oauth2/callback', status: 302, location: 'http://app.test/?code=2', caller },
] as const;

describe('StoredJourneys', () => {
  let desk: TestJourneys;
  before(async () => {
    desk = await startJourneys();
  });
  after(() => desk.database.close());

  test('show each redirect as one message from its sender to its receiver', async () => {
    const id = desk.record(signIn);
    const journey = await desk.journeys.find(id);
    assert.deepEqual(
      journey?.messages.map(({ number, from, to, words }) => [number, from, to, words]),
      [
        [1, 'application', 'authorisation', 'Asks for access to an API'],
        [2, 'authorisation', 'cis2', 'Sends the person to sign in'],
        [3, 'cis2', 'authorisation', 'Knows the person; returns a code'],
        [4, 'authorisation', 'application', 'Returns a code'],
      ],
    );
    assert.deepEqual(
      journey?.messages.map(({ events }) => events.map(({ name }) => name)),
      [[], [], [], []],
    );
    assert.equal(journey?.outcome, 'waiting');
    assert.equal(journey?.waitingFor, 'the application');
  });

  test('show a redirect that did not arrive within ten seconds as lost', async () => {
    const id = desk.record(signIn.slice(0, 1));
    assert.equal((await desk.journeys.find(id))?.messages.length, 1);
    desk.clock.advance(11);
    const lost = (await desk.journeys.find(id))?.messages[1];
    assert.deepEqual([lost?.from, lost?.to, lost?.outcome], ['authorisation', 'cis2', 'lost']);
  });

  test('call a waiting journey abandoned after five minutes of the clock', async () => {
    const id = desk.record(signIn.slice(0, 1));
    assert.equal((await desk.journeys.find(id))?.outcome, 'waiting');
    desk.clock.advance(301);
    assert.equal((await desk.journeys.find(id))?.outcome, 'abandoned');
    const { journeys } = await desk.journeys.list({ outcome: 'abandoned' });
    assert.ok(journeys.some((journey) => journey.id === id));
  });

  test('list pages of fifty, newest first', async () => {
    for (let count = 0; count < 60; count++) {
      desk.clock.advance(1);
      desk.record([{ service: 'api', route: '/oauth2/userinfo', caller: { application: 'paged' } }]);
    }
    const first = await desk.journeys.list({ application: 'paged' });
    const second = await desk.journeys.list({ application: 'paged', after: first.next ?? '' });
    assert.deepEqual([first.journeys.length, second.journeys.length, second.next], [50, 10, null]);
    const started = [...first.journeys, ...second.journeys].map(({ startedAt }) => startedAt);
    assert.deepEqual(started, started.toSorted().reverse());
  });

  test('keep so many failed requests of one network in ten minutes, and those of others', async () => {
    const refuse = (address: string) =>
      desk.record([{ service: 'api', route: '/oauth2/token', status: 503, address }]);
    const kept = async (ids: readonly string[]) =>
      (await Promise.all(ids.map((id) => desk.journeys.find(id)))).filter(Boolean).length;
    desk.clock.advance(600);
    const flood = Array.from({ length: 30 }, (_, last) => refuse(`2001:db8::${last}`));
    assert.equal(await kept(flood), 20);
    assert.equal(await kept([refuse('2001:db8:0:1::1')]), 1);
    desk.clock.advance(600);
    assert.equal(await kept([refuse('2001:db8::1')]), 1);
  });

  test('find a journey by the beginning of a name and by the id of a message', async () => {
    const id = desk.record(signIn);
    const [message] = (await desk.journeys.find(id))?.messages ?? [];
    for (const q of ['quill', 'Dr Har', 'combined', message?.id ?? '', id])
      assert.ok(
        (await desk.journeys.list({ q })).journeys.some((journey) => journey.id === id),
        q,
      );
    assert.deepEqual((await desk.journeys.list({ q: 'uillf' })).journeys, []);
    assert.equal((await desk.journeys.message(message?.id ?? ''))?.words, 'Asks for access to an API');
  });
});

test('words of messages begin with a verb in the third person and have at most 32 characters', () => {
  for (const { words, name } of everyWording()) {
    assert.ok(words.length <= 32, `${name}: ${words}`);
    assert.match(words, /^[A-Z][a-z]+s\b/, name);
  }
});
