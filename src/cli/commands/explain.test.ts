import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { json } from '@alongside/kernel/answer';
import { createListener } from '@alongside/kernel/http';
import { silentLog } from '@alongside/kernel/log';
import { recordedOutput } from '../testing/command.ts';
import { explain } from './explain.ts';

const refusal = {
  messageId: 'm-1',
  at: '2026-07-01T12:00:00.000Z',
  ageSeconds: 20,
  service: 'authorisation',
  error: 'authorisation.clientUnknown',
  code: 'invalid_request',
  status: 401,
  description: 'client_id is invalid',
  expected: 'the API key of an application',
  detail: 'no application at /oauth2 has the client id x',
  fix: 'Send the API key.',
  actor: 'developer',
  source: 'RFC 6749 section 4.1.2.1',
  method: 'GET',
  path: '/oauth2/authorize',
  earlier: ['m-0'],
};

const templated = {
  ...refusal,
  messageId: 'm-9',
  description: "No '{name}' here. (Message ID: {messageId})",
};

const found = {
  kind: 'error',
  label: 'The client secret is wrong',
  about: '401 invalid_client',
  href: '/errors/e',
};
const explanation = {
  recognisedAs: { kind: 'words', label: 'words of an error' },
  alternatives: [],
  summary: '1 error of the catalogue and 0 journeys have these words.',
  banner: {
    error: 'e',
    headline: 'The client secret is wrong',
    received: null,
    expected: 'the current secret',
    fix: 'Send the secret.',
    actor: 'developer',
    source: 'RFC 6749 section 5.2',
  },
  checks: [],
  links: [],
};

describe('alongside explain', () => {
  const folder = mkdtempSync(join(tmpdir(), 'explain-'));
  const state = join(folder, 'state.json');
  const listener = createListener(
    [
      {
        methods: ['GET'],
        path: '/api/v1/refusals/:id',
        endpoint: async ({ path }) => {
          const found = [refusal, templated].find(({ messageId }) => path.endsWith(`/${messageId}`));
          return found
            ? json(200, found)
            : json(404, { error: 'unknown_message', error_description: 'No stored refusal has this id.' });
        },
      },
      {
        methods: ['GET'],
        path: '/api/v1/search',
        endpoint: async ({ query }) => {
          if (query.includes('m%2F3')) return json(422, { error: 'not_here', error_description: 'not here' });
          return json(200, { results: query.includes('secret') ? [found] : [] });
        },
      },
      { methods: ['POST'], path: '/api/v1/explain', endpoint: async () => json(200, explanation) },
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
    const values: unknown[] = [];
    const { lines, out: lined } = recordedOutput();
    const out = { ...lined, json: (value: unknown) => void values.push(value) };
    const code = await explain.run({ argv: [...argv, '--state', state], out, commands: async () => [] });
    return { code, lines, values };
  };

  test('fills the message id into the answer, and leaves no name of a placeholder', async () => {
    assert.match((await run('m-9')).lines.join('\n'), /: No '…' here\. \(Message ID: m-9\)$/m);
  });

  test('prints service, time, reason, fix, actor and source', async () => {
    const { code, lines } = await run('m-1');
    assert.equal(code, 0);
    assert.deepEqual(lines, [
      'authorisation.clientUnknown at GET /oauth2/authorize, at 12:00:00 UTC (20 s ago)',
      'Answer      401 invalid_request: client_id is invalid',
      'Reason      no application at /oauth2 has the client id x',
      'Expected    the API key of an application',
      'Fix         Send the API key.',
      'Who acts    the developer of the application',
      'Source      RFC 6749 section 4.1.2.1',
      'Message id  m-1',
      'Earlier     m-0',
    ]);
    assert.deepEqual((await run('m-1', '--json')).values, [refusal]);
  });

  test('finds by words what is no id, and exits with 1 if nothing has them', async () => {
    const found = await run('client secret');
    assert.equal(found.code, 0);
    assert.match(
      found.lines[0] ?? '',
      /^error +The client secret is wrong +401 invalid_client +http.+\/errors\/e$/,
    );
    assert.ok(found.lines.some((line) => /^Fix +Send the secret\.$/.test(line)));
    const nothing = await run('m/2');
    assert.deepEqual([nothing.code, nothing.lines], [1, []]);
  });

  test('reports an unknown id, a missing id and a second one', async () => {
    await assert.rejects(run('m/3'), /not here/);
    await assert.rejects(run(), /TEXT is missing/);
    await assert.rejects(run('m-1', 'm-2'), /too many/);
  });
});
