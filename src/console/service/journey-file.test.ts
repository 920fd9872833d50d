import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { bothDialects } from '../../../test/testing/dialects.ts';
import type { Journey } from '../../journeys/model.ts';
import { openDatabase } from '../../storage/dialects.ts';
import { startConsole, type TestConsole } from '../testing/console.ts';
import { goodJourney, journeyOf, longJourney, refusedJourney } from '../web/pages/journey/testing/journey.ts';

const fileOf = (journey: object, more: object = {}) => ({
  alongsideJourney: 1,
  program: '1.0.0',
  journey,
  ...more,
});

for (const [name, create] of bothDialects())
  describe(`a journey from a file on ${name}`, () => {
    let console_: TestConsole;
    before(async () => {
      console_ = await startConsole({ database: await openDatabase(await create(), '') });
    });
    after(() => console_.close());

    const open = (file: object) => console_.api('POST', '/journeys/open', file);
    async function opened(journey: Journey): Promise<string> {
      const { status, body } = await open(fileOf(journey));
      assert.equal(status, 201, JSON.stringify(body));
      return (body as { id: string }).id;
    }

    test('is shown under an id of its own, in no list, and exports as the same file', async () => {
      const journey = refusedJourney();
      const id = await opened(journey);
      assert.notEqual(id, journey.id);
      const own = (value: Journey) => ({
        ...value,
        id,
        links: [],
        messages: value.messages.map((message) => ({ ...message, journey: id })),
      });
      assert.deepEqual((await console_.api('GET', `/journeys/${id}`)).body, own(journey));
      const exported = await console_.api('GET', `/journeys/${id}/export?format=file`);
      assert.deepEqual((exported.body as { journey: Journey }).journey, own(journey));
      assert.deepEqual(
        ((await console_.api('GET', '/journeys')).body as { journeys: unknown[] }).journeys,
        [],
      );
    });

    test('says that it is from a file, and offers nothing that acts on its values', async () => {
      const journey = refusedJourney();
      const id = await opened(journey);
      const { text } = await console_.send(`/journeys/${id}?step=${journey.failedStep}&tab=request`);
      assert.match(text, /id="from-file"/);
      assert.doesNotMatch(text, /Run again|Copy as curl|id="remedies"|\/build\?/);
    });

    test('shows markup, scripts and control characters of its sender as text', async () => {
      const hostile = '"><img src=x onerror=alert(1)>\u202e';
      const id = await opened(
        journeyOf(
          [
            {
              from: 'application',
              to: 'api:<s>',
              words: hostile,
              route: hostile,
              outcome: 'refused',
              application: { id: '../../api/v1/reset', name: hostile },
              person: { uid: 'javascript:alert(1)', name: hostile },
              refusal: {
                error: hostile,
                field: hostile,
                headline: hostile,
                received: hostile,
                expected: hostile,
                fix: hostile,
                actor: 'developer',
                source: 'https://x.test/"onmouseover="alert(1)',
              },
            },
          ],
          { failedStep: 1, outcome: 'refused', headline: hostile },
        ),
      );
      for (const tab of ['reason', 'request', 'event']) {
        const { text, status } = await console_.send(`/journeys/${id}?step=1&tab=${tab}`);
        assert.equal(status, 200);
        assert.doesNotMatch(text, /<img|<s>|href="javascript:|"onmouseover="|href="[^"]*\.\.\//);
      }
    });

    const [message, other] = goodJourney().messages;
    const long = longJourney(5_000);
    const deep = (depth: number): object => (depth === 0 ? {} : { a: deep(depth - 1) });
    const refused: readonly [name: string, file: object, problem: RegExp][] = [
      ['another format', { log: { entries: [] } }, /alongsideJourney/],
      ['a newer format', fileOf(goodJourney(), { alongsideJourney: 2 }), /must be 1: this version/],
      ['an unknown member', fileOf({ ...goodJourney(), script: 'x' }), /script/],
      [
        'a party that does not exist',
        fileOf({ ...goodJourney(), messages: [{ ...message, to: 'nobody' }] }),
        /has a party that is none: nobody/,
      ],
      [
        'the same message twice',
        fileOf({ ...goodJourney(), messages: [message, message] }),
        /the same message twice/,
      ],
      [
        'messages inside each other',
        fileOf({
          ...goodJourney(),
          messages: [
            { ...message, parent: other?.id },
            { ...other, parent: message?.id },
          ],
        }),
        /inside each other/,
      ],
      [
        'a chain of calls, each inside the one before',
        fileOf({
          ...long,
          messages: long.messages.map((one, index) => ({
            ...one,
            parent: long.messages[index - 1]?.id ?? null,
          })),
        }),
        /more than 50 deep/,
      ],
      ['too many messages', fileOf(longJourney(5_001)), /at most 5000 messages/],
      ['deep nesting', fileOf({ ...goodJourney(), level: deep(20) }), /nested too deeply/],
      ['an outcome that does not exist', fileOf({ ...goodJourney(), outcome: 'won' }), /outcome/],
    ];
    for (const [name, file, problem] of refused)
      test(`is refused: ${name}`, async () => {
        const { status, body } = await open(file);
        assert.equal(status, 400);
        assert.match(JSON.stringify(body), problem);
      });

    test('is kept for a day, and twenty at most', async () => {
      const first = await opened(goodJourney());
      let status = 201;
      let count = 0;
      for (; status === 201 && count < 30; count++) ({ status } = await open(fileOf(goodJourney())));
      assert.equal(status, 429);
      assert.ok(count <= 20, `${count} more`);
      await console_.base.advance(86_400_000);
      assert.equal((await console_.api('GET', `/journeys/${first}`)).status, 404);
      await opened(goodJourney());
    });
  });
