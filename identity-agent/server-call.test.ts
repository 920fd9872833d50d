import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type TestContext, test } from 'node:test';
import { ServerCallError, Servers } from './server-call.ts';

/** Starts a server that echoes, and one in this process. */
async function start(t: TestContext) {
  const server = createServer((request, response) => {
    response.end(JSON.stringify({ over: 'socket', path: request.url }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const asked: unknown[] = [];
  const here = {
    origin: 'http://cis2.example.test:8402',
    ask: async (...call: unknown[]) => {
      asked.push(call);
      return { status: 409, body: '{"error":"already_used"}' };
    },
  };
  const servers = new Servers(here);
  t.after(() => {
    servers.close();
    server.close();
  });
  return { servers, asked, away: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

test('calls the server of this process without a socket', async (t) => {
  const { servers, asked } = await start(t);
  const url = 'http://cis2.example.test:8402/agent/exchange';
  const answer = await servers.call({ method: 'POST', url, json: { proof: 'x' } });
  assert.deepEqual(answer, { status: 409, body: { error: 'already_used' } });
  const headers = { accept: 'application/json', 'content-type': 'application/json' };
  assert.deepEqual(asked, [['/agent/exchange', { method: 'POST', headers, body: '{"proof":"x"}' }]]);
});

test('connects to every other origin, even one that begins with the same text', async (t) => {
  const { servers, asked, away } = await start(t);
  const { status, body } = await servers.call({ method: 'GET', url: `${away}/keys` });
  assert.deepEqual({ status, body }, { status: 200, body: { over: 'socket', path: '/keys' } });
  const longer = 'http://cis2.example.test:84021/keys';
  await assert.rejects(servers.call({ method: 'GET', url: longer, milliseconds: 500 }), ServerCallError);
  assert.deepEqual(asked, []);
});
