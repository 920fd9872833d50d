import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { sql } from '../../../storage/database.ts';
import { startConsole, type TestConsole } from '../../testing/console.ts';

const hour = 3_600_000;

describe('refusals by cause', () => {
  let console_: TestConsole;
  before(async () => {
    console_ = await startConsole();
    const now = console_.clock.now();
    const refuse = (id: string, ago: number, words: string, application: string) =>
      console_.database.batch([
        sql(
          `INSERT INTO journey (id, started_at, ended_at, pattern, outcome, decided_at, headline, application, messages, wrong_pins, faults, clock_moved)
           VALUES (?, ?, ?, 0, 'refused', 0, 'Refused', ?, 1, 0, '', 0)`,
          id,
          now - ago,
          now - ago,
          application,
        ),
        sql(
          'INSERT INTO message (id, journey, at, size, refusal) VALUES (?, ?, ?, 0, ?)',
          `m-${id}`,
          id,
          now - ago,
          words,
        ),
      ]);
    const unknown = ' console.refusalunknown not_found 404 get /x ';
    await refuse('j1', 0, unknown, 'demo-combined');
    await refuse('j2', 0, unknown, 'demo-combined');
    await refuse('j3', 3 * hour, ' 503 get /y ', 'demo-separate');
    await refuse('j4', 48 * hour, ' old.<b>cause get /y ', 'demo-separate');
  });
  after(() => console_.close());

  const causesAt = async (query: string) => {
    const { status, body } = await console_.api('GET', `/refusals/causes${query}`);
    const causes = (body.causes ?? []) as { cause: string; count: number }[];
    return status === 200 ? causes.map(({ cause, count }) => `${cause} ${count}`) : status;
  };

  for (const [query, expected] of [
    ['', ['console.refusalUnknown 2', '503 1']],
    ['?period=hour', ['console.refusalUnknown 2']],
    ['?period=week', ['console.refusalUnknown 2', '503 1', 'old.<b>cause 1']],
    ['?application=demo-separate', ['503 1']],
    ['?application=nobody', []],
    [`?application=${'a'.repeat(200)}`, []],
    [`?application=${'a'.repeat(201)}`, 400],
    ['?application=', 400],
    ['?period=year', 400],
    ['?period=constructor', 400],
    ['?other=1', 400],
  ] as const)
    test(`of the API, with ${query.slice(0, 40) || 'no filter'} (${query.length}), are ${expected}`, async () => {
      assert.deepEqual(await causesAt(query), expected);
    });

  for (const path of ['/', '/health']) {
    test(`on ${path} lead to their journeys, and say their figures as text`, async () => {
      const { text } = await console_.send(path);
      assert.match(text, /<h2 id="h-causes">Refusals by cause<\/h2>/);
      assert.match(text, /<a href="\/journeys\?q=console\.refusalUnknown&amp;period=day"><bdi>/);
      assert.match(text, /<a href="\/journeys\?q=503&amp;period=day"><bdi>Failed with 503<\/bdi><\/a>/);
      assert.match(text, /role="img" aria-label="\d\d:\d\d: 2"/);
      assert.match(text, /aria-label="\d\d:\d\d: 1, \d\d:\d\d: 2"/, 'all of them');
      assert.doesNotMatch(text, /old\./);
    });

    test(`on ${path} are filtered by application and period, and the links keep both`, async () => {
      const { text } = await console_.send(`${path}?refused=demo-separate&period=week`);
      assert.match(text, /<option value="demo-separate" selected>/);
      assert.match(text, /\/journeys\?q=503&amp;period=week&amp;application=demo-separate"/);
      assert.match(text, /aria-label="2026-\d\d-\d\d \d\d:\d\d: 1, 2026-/);
      assert.doesNotMatch(text, /console\.refusalUnknown/);
      assert.match(text, /old\.&lt;b&gt;cause/);
    });

    test(`on ${path} take the last day for an unknown period, and cut an application`, async () => {
      const long = await console_.send(`${path}?refused=${'a'.repeat(5_000)}&period=constructor`);
      assert.equal(long.status, 200);
      assert.match(long.text, /Nothing was refused/);
      assert.ok(!long.text.includes('a'.repeat(201)) || path === '/', 'is cut');
      assert.match((await console_.send(`${path}?period=year`)).text, /Failed with 503/);
    });
  }

  test('stay small with a bar in each place, and say where the count begins if there are too many', async () => {
    const { journeys } = console_.journeys;
    const counted = Array.from({ length: 28 * 9 }, (_, index) => ({
      bucket: index % 28,
      cause: `old.cause${index % 9}`,
      count: 10_000 + index,
    }));
    const full = await startConsole({
      journeys: {
        list: (filter) => journeys.list(filter),
        find: (id) => journeys.find(id),
        message: (id) => journeys.message(id),
        errorsSince: (from) => journeys.errorsSince(from),
        refusalCounts: async () => ({
          from: Date.parse('2026-03-01T00:00:00Z'),
          width: 6 * hour,
          buckets: 28,
          uncounted: Date.parse('2026-03-01T01:02:03Z'),
          counted,
        }),
      },
    });
    try {
      const { text } = await full.send('/fragments/causes?period=week');
      assert.match(text, /4 other causes/);
      assert.match(
        text,
        /those until <time datetime="2026-03-01T01:02:03.000Z">2026-03-01 01:02 UTC<\/time>/,
      );
      assert.ok(text.length < 15_000, `${text.length} characters`);
    } finally {
      await full.close();
    }
  });

  test('are a part that is drawn again alone, with its filters', async () => {
    const { status, text } = await console_.send('/fragments/causes?refused=demo-separate');
    assert.equal(status, 200);
    assert.match(text, /^<div id="part-causes" data-part="causes"/);
    assert.match(text, /Failed with 503/);
    assert.doesNotMatch(text, /refusalUnknown/);
  });
});
