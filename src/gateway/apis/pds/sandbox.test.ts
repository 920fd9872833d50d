import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import {
  type OutcomeBody,
  pdsBase,
  type RunningGateway,
  requestId,
  startGateway,
} from '../../testing/gateway.ts';
import type { Patient } from './patient.ts';

describe('the sandbox of the PDS', () => {
  const base = `/sandbox${pdsBase}`;
  let gateway: RunningGateway;
  before(async () => {
    gateway = await startGateway({ sandbox: true });
  });
  after(() => gateway.stop());

  const call = (path: string, init: RequestInit = {}) =>
    gateway.call(base + path, { ...init, headers: { 'x-request-id': requestId, ...init.headers } });
  const read = async () => (await (await call('/Patient/9000000009')).json()) as Patient;
  const outcome = async (answer: Response) => {
    const [{ details }] = ((await answer.json()) as OutcomeBody).issue;
    return [answer.status, details.coding[0].code];
  };

  test('serves every operation without a token, role and limit, and mirrors the ids', async () => {
    const answer = await call('/Patient/9000000009', { headers: { 'x-correlation-id': 'mine' } });
    assert.deepEqual(
      [answer.status, answer.headers.get('x-request-id'), answer.headers.get('x-correlation-id')],
      [200, requestId, 'mine'],
    );
    for (const path of [
      '/Patient?family=Smith&gender=female&birthdate=eq2010-10-22',
      '/Patient/9000000009/RelatedPerson',
      '/Coverage?subscriber%3Aidentifier=9000000009',
    ])
      assert.equal((await call(path)).status, 200, path);
    for (let turn = 0; turn < 3; turn++) {
      const post = await call('/Patient', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: '{}',
      });
      assert.deepEqual(await outcome(post), [400, 'MISSING_VALUE']);
    }
  });

  test('keeps changes separate from the PDS, until a reset', async () => {
    const patches = [
      { op: 'test', path: '/name/0/id', value: '123' },
      { op: 'replace', path: '/name/0/family', value: 'Sand' },
    ];
    const answer = await call('/Patient/9000000009', {
      method: 'PATCH',
      headers: { 'content-type': 'application/json-patch+json', 'if-match': 'W/"2"' },
      body: JSON.stringify({ patches }),
    });
    assert.equal(answer.status, 200, await answer.clone().text());
    assert.equal((await read()).name?.[0]?.family, 'Sand');
    const token = await gateway.issue();
    const other = await gateway.call(`${pdsBase}/Patient/9000000009`, { token });
    assert.equal(((await other.json()) as Patient).name?.[0]?.family, 'Smith');
    assert.equal((await call('/_reset', { method: 'POST' })).status, 204);
    assert.equal((await read()).name?.[0]?.family, 'Smith');
  });

  test('is not reset by a page of another origin', async () => {
    const reset = async (headers: Record<string, string>) =>
      (await call('/_reset', { method: 'POST', headers })).status;
    for (const headers of [
      { origin: 'https://evil.example' },
      { origin: 'null' },
      { 'sec-fetch-site': 'cross-site' },
      { 'sec-fetch-site': 'same-site', origin: 'http://127.0.0.1:8400' },
      // A page that has bound its own name to this machine is of the same origin as this server.
      { 'sec-fetch-site': 'same-origin', origin: 'http://evil.example:8401' },
    ])
      assert.equal(await reset(headers as Record<string, string>), 403, JSON.stringify(headers));
    assert.equal(await reset({ origin: 'http://127.0.0.1', 'sec-fetch-site': 'same-origin' }), 204);
    assert.deepEqual(await outcome(await call('/_reset', { method: 'POST', headers: { origin: 'null' } })), [
      403,
      'ACCESS_DENIED',
    ]);
  });

  test('needs an X-Request-ID, and refuses other paths in the published form', async () => {
    const without = await gateway.call(`${base}/Patient/9000000009`);
    assert.deepEqual(await outcome(without), [400, 'MISSING_VALUE']);
    const malformed = await call('/Patient/9000000009', { headers: { 'x-request-id': '1234' } });
    assert.deepEqual(await outcome(malformed), [400, 'INVALID_VALUE']);
    assert.deepEqual(await outcome(await call('/Nothing')), [400, 'UNSUPPORTED_SERVICE']);
    assert.equal((await call('/_ping')).status, 200);
  });

  test('accepts any token, and refuses other texts after checking the request id', async () => {
    const sent = (authorization: string, id = requestId) =>
      call('/Patient/9000000009', { headers: { authorization, 'x-request-id': id } });
    assert.equal((await sent('Bearer anything')).status, 200);
    for (const authorization of ['Bearer', 'anything', 'bearer anything', 'Bearer two words'])
      assert.deepEqual(await outcome(await sent(authorization)), [401, 'ACCESS_DENIED'], authorization);
    assert.deepEqual(await outcome(await sent('Bearer', '1234')), [400, 'INVALID_VALUE']);
  });

  test('is absent by default', async () => {
    const plain = await startGateway();
    try {
      assert.equal((await plain.call(`${base}/Patient/9000000009`)).status, 404);
    } finally {
      await plain.stop();
    }
  });
});
