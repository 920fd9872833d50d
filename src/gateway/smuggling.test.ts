import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { pdsBase, type RunningGateway, startGateway } from './testing/gateway.ts';

describe('request smuggling', () => {
  let gateway: RunningGateway;
  before(async () => {
    gateway = await startGateway();
  });
  after(() => gateway.stop());

  /** Sends raw bytes and returns the status line; empty if the connection was closed. */
  const send = (text: string): Promise<string> =>
    new Promise((resolve, reject) => {
      const socket = connect(gateway.port, '127.0.0.1', () => socket.end(text));
      let heard = '';
      socket.on('data', (part) => {
        heard += part.toString('latin1');
      });
      socket.on('error', reject);
      socket.on('close', () => resolve(heard.split('\r\n')[0] ?? ''));
    });

  const request = (lines: readonly string[], body = '') =>
    send(
      [`GET ${pdsBase}/Patient/9000000009 HTTP/1.1`, 'Host: a', 'Connection: close', ...lines, '', body].join(
        '\r\n',
      ),
    );

  test("refuses an oversized body in the API's format, with an id for the reason", async () => {
    for (const [path, text] of [
      [`${pdsBase}/Patient/9000000009`, 'OperationOutcome'],
      ['/hello-world/hello/user', 'protocol.http.TooBigBody'],
    ] as const) {
      const answer = await gateway.call(path, {
        method: 'PATCH',
        body: 'x'.repeat(1_000_000),
        headers: { 'content-type': 'application/json-patch+json' },
      });
      assert.equal(answer.status, 413);
      assert.ok((await answer.text()).includes(text));
      const kept = await gateway.refusals.find(answer.headers.get('x-message-id') ?? '');
      assert.equal(kept?.error, 'gateway.bodyTooLarge');
    }
  });

  test('refuses two Authorization headers, even if one is valid', async () => {
    const good = `Authorization: Bearer ${await gateway.issue()}`;
    for (const lines of [
      [good, 'Authorization: Bearer x'],
      ['authorization: Bearer x', good],
      [good, good],
    ])
      assert.match(await request(lines), /^HTTP\/1\.1 400 /);
  });

  test('removes Authorization if Connection names it', async () => {
    const good = `Authorization: Bearer ${await gateway.issue()}`;
    assert.match(await request([good, 'Connection: authorization']), /^HTTP\/1\.1 401 /);
  });

  test('refuses two lengths, a length with chunks, a folded or malformed header with 4xx', async () => {
    for (const lines of [
      ['Content-Length: 0', 'Content-Length: 5'],
      ['Content-Length: 5', 'Transfer-Encoding: chunked'],
      ['X-A: b', ' folded'],
      ['X A: b'],
      ['X-A\0: b'],
    ])
      assert.match(await request(lines), /^HTTP\/1\.1 4\d\d /, lines.join('|'));
  });
});
