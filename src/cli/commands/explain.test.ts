import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { json } from '@alongside/kernel/answer';
import { createListener } from '@alongside/kernel/http';
import { silentLog } from '@alongside/kernel/log';
import { explain } from './explain.ts';

const reason = {
  messageId: 'm-1',
  at: '2026-07-01T12:00:00.000Z',
  service: 'authorisation',
  error: 'authorisation.clientUnknown',
  detail: 'no application at /oauth2 has the client id x',
  path: '/oauth2/authorize',
};

describe('alongside explain', () => {
  const folder = mkdtempSync(join(tmpdir(), 'explain-'));
  const state = join(folder, 'state.json');
  const listener = createListener(
    [
      {
        methods: ['GET'],
        path: '/api/v1/refusals/:id',
        endpoint: async ({ path }) =>
          path.endsWith('/m-1')
            ? json(200, reason)
            : json(404, { error: 'unknown_message', error_description: 'Nothing is kept.' }),
      },
    ],
    { name: 'console', log: silentLog },
  );
  before(async () => {
    const urls = { console: `http://127.0.0.1:${await listener.listen(0)}` };
    writeFileSync(state, JSON.stringify({ urls }));
  });
  after(async () => {
    await listener.close();
    rmSync(folder, { recursive: true });
  });

  const run = async (...argv: string[]) => {
    const lines: string[] = [];
    const values: unknown[] = [];
    const out = {
      line: (text: string) => void lines.push(text),
      json: (value: unknown) => void values.push(value),
      note: () => undefined,
      terminal: false,
    };
    const code = await explain.run({ argv: [...argv, '--state', state], out });
    return { code, lines, values };
  };

  test('says where, when and why', async () => {
    const { code, lines } = await run('m-1');
    assert.equal(code, 0);
    assert.deepEqual(lines, [
      'authorisation.clientUnknown at /oauth2/authorize, 2026-07-01T12:00:00.000Z',
      reason.detail,
    ]);
    assert.deepEqual((await run('m-1', '--json')).values, [reason]);
  });

  test('an unknown id is said so; an id is needed, and one alone', async () => {
    await assert.rejects(run('m/2'), /Nothing is kept/);
    await assert.rejects(run(), /message_id/);
    await assert.rejects(run('m-1', 'm-2'), /too many/);
  });
});
