import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { startConsole, type TestConsole } from '../testing/console.ts';

describe('an unknown address of the console', () => {
  let console_: TestConsole;
  before(async () => {
    console_ = await startConsole();
  });
  after(() => console_.close());

  const browser = { accept: 'text/html,application/xhtml+xml', 'sec-fetch-dest': 'document' };

  test('is a page with the navigation and the nearest page in a browser', async () => {
    for (const [path, meant] of [
      ['/aplications', '/applications'],
      ['/applications/demo/edit', '/applications/demo'],
      ['/Journeys', '/journeys'],
      ['/faults/', '/faults'],
    ] as const) {
      const { status, headers, text } = await console_.send(path, { headers: browser });
      assert.equal(status, 404, path);
      assert.match(String(headers['content-type']), /^text\/html/);
      assert.match(text, /<nav class="column"/);
      assert.ok(text.includes(`Did you mean <a href="${meant}">`), path);
    }
  });

  test('links to a search for its last word, but suggests no page without a near one', async () => {
    const { text } = await console_.send('/settings%3Cb%3E', { headers: { accept: 'text/html' } });
    assert.match(text, /href="\/search\?q=settings%3Cb%3E"/);
    assert.doesNotMatch(text, /Did you mean|<b>/);
  });

  test('is the plain JSON error for other clients and below /api', async () => {
    for (const [path, headers] of [
      ['/aplications', {}],
      ['/aplications', { accept: 'text/html', 'sec-fetch-dest': 'empty' }],
      ['/api/v1/nothing', browser],
      ['/api', browser],
    ] as const) {
      const answer = await console_.send(path, { headers });
      assert.equal(answer.status, 404);
      assert.deepEqual(JSON.parse(answer.text), {
        error: 'not_found',
        error_description: 'There is nothing at this address.',
      });
    }
    assert.equal((await console_.send('/aplications', { method: 'POST' })).status, 404);
  });
});
