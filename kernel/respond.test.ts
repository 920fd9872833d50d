import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type Answer, json, noContent, page, redirect, text } from './answer.ts';
import { html } from './html.ts';
import { inProcess } from './in-process.ts';
import { kernelErrors } from './kernel-errors.ts';
import { silentLog } from './log.ts';
import type { RefusalRecord } from './refusals.ts';
import { noteRefusal } from './respond.ts';

/** Answers a request with this answer. Returns the records of it. */
async function recordsOf(answer: Answer): Promise<RefusalRecord[]> {
  const records: RefusalRecord[] = [];
  const ask = inProcess([{ methods: ['GET'], path: '/here', endpoint: async () => answer }], {
    name: 'test',
    log: silentLog,
    refusals: { record: (record) => void records.push(record) },
  });
  const { status } = await ask('/here');
  assert.equal(status, answer.status);
  return records;
}

describe('respond', () => {
  test('records every answer of 400 or more, and every redirect with an error', async () => {
    const answers: [Answer, string, string][] = [
      [json(400, {}).refusing(kernelErrors.requestMalformed('why')), 'kernel.requestMalformed', 'why'],
      [json(403, { error: 'no' }), 'kernel.refused', 'answered 403'],
      [text(502, 'no'), 'kernel.refused', 'answered 502'],
      [page(400, html`Enter it again.`), 'kernel.refused', 'answered 400'],
      [json(401, {}).with({ 'www-authenticate': 'Basic' }), 'kernel.refused', 'answered 401'],
      [
        redirect('https://rp.example/cb?error=access_denied&state=s'),
        'kernel.refused',
        'redirected with error=access_denied',
      ],
      [redirect('https://rp.example/cb#error=x', 303), 'kernel.refused', 'redirected with error=x'],
    ];
    for (const [answer, error, detail] of answers)
      assert.deepEqual(
        (await recordsOf(answer)).map((record) => [record.error, record.status, record.detail]),
        [[error, answer.status, detail]],
      );
  });

  test('links to the page of an error, beside the links of the response, in development alone', () => {
    const request = { id: 'id', method: 'GET', path: '/here', headers: {}, address: '192.0.2.1' } as const;
    const linksOf = (answer: Answer, development: boolean, errorPages?: string) =>
      noteRefusal(answer, request, { log: silentLog, development, errorPages }).headers.link;
    const refused = json(400, {}).refusing(kernelErrors.requestMalformed('why'));
    const own = '<http://c/errors/kernel.requestMalformed>; rel="help"';
    const linked = refused.with({ link: '</next>; rel="next"' });
    assert.equal(linksOf(refused, true, 'http://c/errors/'), own);
    assert.deepEqual(linksOf(linked, true, 'http://c/errors/'), ['</next>; rel="next"', own]);
    assert.equal(linksOf(refused, true), undefined);
    assert.equal(linksOf(refused, false, 'http://c/errors/'), undefined);
    assert.equal(linksOf(json(200, {}), true, 'http://c/errors/'), undefined);
  });

  test('records neither a success nor the report of a state', async () => {
    for (const answer of [
      json(200, { error: 'text' }),
      noContent(),
      redirect('https://rp.example/cb?code=c&state=error%3Dx'),
      json(503, { status: 'not ready' }).reporting(),
      json(503, { status: 'not ready' }).reporting().with({ 'retry-after': '1' }),
    ])
      assert.deepEqual(await recordsOf(answer), []);
  });
});
