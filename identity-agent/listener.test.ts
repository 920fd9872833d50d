import assert from 'node:assert/strict';
import http from 'node:http';
import net from 'node:net';
import { describe, type TestContext, test } from 'node:test';
import { type Answer, json, redirect, text } from '@alongside/kernel/answer';
import { catalogue } from '@alongside/kernel/errors';
import { createListener, type Endpoint, type HttpRequest } from '@alongside/kernel/http';
import { silentLog } from '@alongside/kernel/log';
import { anyMethod, route, withoutMethodErrors } from '@alongside/kernel/route';
import { freePort } from '../test/testing/free-port.ts';
import { createAgentListener } from './listener.ts';
import { Servers } from './server-call.ts';

const rest = { actor: 'user', expected: 'yes', fix: 'Try again.', source: 'test' } as const;
const errors = catalogue('test', {
  no: { code: 'no', status: 418, description: 'No.', ...rest },
});
const show = async (request: HttpRequest): Promise<Answer> => {
  const { method, path, query, body, rawHeaders } = request;
  return json(200, { method, path, query, body, hosts: rawHeaders.filter((each) => each === 'Host').length });
};
const fails = (error: Error) => async (): Promise<Answer> => Promise.reject(error);
const format = (thrown: unknown): Answer =>
  text((thrown as { entry?: { status: number } }).entry?.status ?? 500, 'sorry');
const on = (endpoint: Endpoint) => ({ endpoint, errors: format });
const routes = withoutMethodErrors([
  ...route('/', { GET: on(async () => text(200, 'home')) }),
  ...route('/thing/:id', { GET: on(show), POST: on(show) }),
  ...route('/thing/:id/part', { GET: on(async () => redirect('/elsewhere')) }),
  ...route('/refuses', { GET: on(fails(errors.no('because'))) }),
  ...route('/fails', { GET: on(fails(new Error('broken'))) }),
  ...route('/*', anyMethod(on(async ({ path }) => text(404, `nothing at ${path}`)))),
]);
const before = ({ headers }: HttpRequest) => (headers['x-stop'] ? text(403, 'stopped') : undefined);

/** The same routes behind the agent's own listener and the kernel's. */
async function both(t: TestContext) {
  const log = silentLog;
  const recorded: string[] = [];
  const refusals = { record: ({ error }: { error: string }) => void recorded.push(error) };
  const small = createAgentListener(routes, { log, refusals, before });
  const own = await freePort();
  await small.listen(own);
  const large = createListener(routes, { name: 'kernel', log, before });
  const kernel = await large.listen(0);
  t.after(() => Promise.all([small.close(), large.close()]));
  return { own, kernel, recorded };
}

const ask = (port: number, path: string, options: http.RequestOptions = {}, body = '') =>
  new Promise<{ status: number; type: unknown; location: unknown; body: string }>((resolve, reject) => {
    const request = http.request({ port, path, agent: false, ...options }, (answer) => {
      let all = '';
      answer.setEncoding('utf8').on('data', (part: string) => (all += part));
      answer.on('end', () =>
        resolve({
          status: answer.statusCode ?? 0,
          type: answer.headers['content-type'],
          location: answer.headers.location,
          body: all,
        }),
      );
    });
    request.on('error', reject).end(body);
  });

describe('createAgentListener', () => {
  test("responds like the kernel's listener", async (t) => {
    const { own, kernel } = await both(t);
    const post = { method: 'POST', headers: { 'content-type': 'application/x-www-form-urlencoded' } };
    const cases: [string, http.RequestOptions?, string?][] = [
      ['/'],
      ['/?a=b'],
      ['/thing/1?x=%2F&y'],
      ['/thing/a%2Fb'],
      ['/thing/1', post, 'a=b&c=%20'],
      ['/thing/1', { method: 'PUT' }],
      ['/thing/1/part'],
      ['/thing/1/part/more'],
      ['/Thing/1'],
      ['/nowhere'],
      ['/nowhere', { method: 'OPTIONS' }],
      ['/%zz'],
      ['/thing/%E0%A4%A'],
      ['/thing/1?x=%'],
      ['/refuses'],
      ['/fails'],
      ['/', { headers: { 'x-stop': '1' } }],
    ];
    for (const [path, options, body] of cases)
      assert.deepEqual(await ask(own, path, options, body), await ask(kernel, path, options, body), path);
  });

  test('refuses an address with malformed percent-encoding', async (t) => {
    const { own } = await both(t);
    for (const path of ['/%zz', '/thing/%', '/thing/1?x=%FF']) {
      const { status, body } = await ask(own, path);
      assert.deepEqual([status, body], [400, 'sorry'], path);
    }
  });

  test('refuses a long body, a long header and invalid bytes, and keeps serving', async (t) => {
    const { own, recorded } = await both(t);
    const long = await ask(own, '/thing/1', { method: 'POST' }, 'a'.repeat(20_000));
    assert.equal(long.status, 413);
    assert.deepEqual(recorded, ['kernel.bodyTooLarge']);
    const header = await ask(own, '/', { headers: { 'x-long': 'a'.repeat(20_000) } });
    assert.equal(header.status, 431);
    const answer = await new Promise<string>((resolve) => {
      const socket = net.connect(own, '127.0.0.1', () => socket.write('RUBBISH\r\n\r\n'));
      let all = '';
      socket.on('data', (part) => (all += part));
      socket.on('close', () => resolve(all));
    });
    assert.match(answer, /^HTTP\/1\.1 400 /);
    const cut = net.connect(own, '127.0.0.1', () => {
      cut.write('POST /thing/1 HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc');
      cut.destroy();
    });
    assert.equal((await ask(own, '/')).body, 'home');
  });

  test('ends a connection with many requests that wait for the one before them', async (t) => {
    let begun = 0;
    const slow = route('/slow', {
      GET: on(() => {
        begun += 1;
        return new Promise(() => undefined);
      }),
    });
    const agent = createAgentListener(slow, { log: silentLog, before: () => undefined });
    const port = await freePort();
    await agent.listen(port);
    t.after(() => agent.close());
    await new Promise<void>((resolve) => {
      const socket = net.connect(port, '127.0.0.1', () =>
        socket.write('GET /slow HTTP/1.1\r\nHost: x\r\n\r\n'.repeat(200)),
      );
      socket.on('close', () => resolve()).on('error', () => undefined);
    });
    assert.equal(begun, 1);
  });

  test('reports a port in use in one sentence', async (t) => {
    const { own } = await both(t);
    const second = createAgentListener([], { log: silentLog, before });
    await assert.rejects(second.listen(own), /is in use, so the Identity Agent cannot start/);
  });
});

test('calls to servers during a request have a trace with its id, and others have none', async (t) => {
  const servers = new Servers();
  const port = await freePort();
  const echo = http.createServer((request, response) => {
    response.end(JSON.stringify({ traceparent: request.headers.traceparent ?? null }));
  });
  await new Promise<void>((resolve) => echo.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(echo.address() as net.AddressInfo).port}/`;
  const call = () => servers.call({ method: 'GET', url });
  const agent = createAgentListener(
    route('/', { GET: on(async () => json(200, [(await call()).body, (await call()).body])) }),
    { log: silentLog, before: () => undefined },
  );
  await agent.listen(port);
  t.after(() => Promise.all([agent.close(), echo.close(), servers.close()]));
  const response = await fetch(`http://127.0.0.1:${port}/`);
  const traces = (await response.json()) as { traceparent: string }[];
  const id = response.headers.get('x-message-id')?.replaceAll('-', '');
  for (const { traceparent } of traces) assert.match(traceparent, new RegExp(`^00-${id}-[\\da-f]{16}-01$`));
  assert.deepEqual((await call()).body, { traceparent: null });
});
