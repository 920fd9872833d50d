import assert from 'node:assert/strict';
import { once } from 'node:events';
import http from 'node:http';
import { after, before, describe, test } from 'node:test';
import { type RunningGateway, requestId, startGateway } from '../testing/gateway.ts';
import { addDefinition, openDraft } from '../testing/published.ts';
import { startUpstream, type TestUpstream } from '../testing/upstream.ts';

const paths = `  /item/{id}:
    get: {responses: {'200': {description: An item}}}
    post: {requestBody: {content: {application/json: {}, application/octet-stream: {}}}, responses: {'200': {description: Done}}}
  /events:
    get: {responses: {'200': {description: Events, content: {text/event-stream: {}}}}}
  /item/{id}/notes:
    get: {security: [{app-level3: []}], responses: {'200': {description: Notes}}}
  /item/all:
    get: {security: [{app-level3: []}], responses: {'200': {description: All items}}}
  /page:
    get: {responses: {'200': {description: A page, content: {text/html: {}}}}}
`;
const alongside = `x-alongside:
  validate: off
  bodyLimit: 2000000
  sockets: 1
  queue: 1
  timeouts: {connect: 500, headers: 300, idle: 300, queue: 200}
  headers: {x-tenant: 'tenant-1', x-message: '{message.id}'}
  responseHeaders: [x-kept]
  organisation: {header: x-organisation, required: false}
`;

describe('an upstream behind the gateway', () => {
  let gateway: RunningGateway;
  let upstream: TestUpstream;
  let open: http.ServerResponse[] = [];
  let closed = 0;

  before(async () => {
    upstream = await startUpstream((request, response) => {
      response.on('close', () => (closed += 1));
      const { url = '' } = request;
      if (url.startsWith('/events')) {
        response.writeHead(200, { 'content-type': 'text/event-stream' });
        response.flushHeaders();
        open.push(response);
        return;
      }
      const about = url.split('/')[2]?.split('?')[0];
      if (about === 'hang') return;
      if (about === 'error')
        return void response.writeHead(500, { 'content-type': 'text/html' }).end('<h1>Stack</h1>');
      if (about === 'late') return void response.writeHead(504).end();
      if (about === 'html' || url === '/page')
        return void response.writeHead(200, { 'content-type': 'text/html' }).end('<h1>Hello</h1>');
      if (about === 'lie') {
        response.writeHead(200, { 'content-type': 'application/json', 'content-length': '100' });
        return void response.write('{', () => response.destroy());
      }
      if (about === 'trickle') {
        response.writeHead(200, { 'content-type': 'application/json' });
        const send = () => {
          if (response.destroyed) return;
          gateway.clock.advance(7);
          response.write('[', () => setImmediate(send));
        };
        return send();
      }
      if (about === 'upgrade')
        return void request.socket.end(
          'HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n',
        );
      if (about === 'status-999')
        return void request.socket.end('HTTP/1.1 999 Odd\r\nContent-Length: 0\r\n\r\n');
      if (about === 'nothing') return void response.writeHead(204, { 'content-length': '7' }).end();
      if (about === 'not-http') return void request.socket.end('garbage\r\n\r\n');
      if (about === 'silent') {
        response.writeHead(200, { 'content-type': 'application/octet-stream' });
        return void response.write(Buffer.alloc(10));
      }
      if (about === 'redirect')
        return void response.writeHead(302, { location: `${upstream.url}/item/2` }).end();
      if (about === 'big') {
        response.writeHead(200, { 'content-type': 'application/octet-stream' });
        for (let part = 0; part < 40; part++) response.write(Buffer.alloc(65_536, part));
        return void response.end();
      }
      let size = 0;
      request.on('data', (part: Buffer) => (size += part.length));
      request.on('end', () => {
        const body = JSON.stringify({ size, url, headers: request.headers });
        response.writeHead(200, {
          'content-type': 'application/json',
          'set-cookie': 'session=1',
          server: 'secret/1.0',
          connection: 'x-hop, keep-alive',
          'x-hop': 'one hop',
          'nhsd-identity-uuid': 'leak',
          'x-tenant': 'leak',
          'access-control-allow-origin': '*',
          'x-kept': 'yes',
        });
        response.end(body);
      });
    });
    gateway = await startGateway();
    await addDefinition(gateway, openDraft(paths, { upstream: upstream.url }, alongside));
  });
  after(async () => {
    await gateway.stop();
    await upstream.stop();
  });

  const call = (path: string, init: RequestInit = {}) => gateway.call(`/test${path}`, init);

  test('gets the request without credentials, identity and hop-by-hop headers of the client', async () => {
    const answer = await call('/item/1?a=%20b&c', {
      headers: {
        authorization: 'Bearer token',
        cookie: 'a=1',
        'nhsd-identity-uuid': 'forged',
        'x-tenant': 'forged',
        'x-forwarded-for': '1.2.3.4',
        'x-own': 'mine',
        'x-organisation': 'A1',
        x_organisation: 'unchecked',
      },
    });
    assert.equal(answer.status, 200);
    const { url, headers } = (await answer.json()) as { url: string; headers: Record<string, string> };
    assert.equal(url, '/item/1?a=%20b&c');
    for (const name of ['authorization', 'cookie', 'nhsd-identity-uuid', 'x-forwarded-for', 'x_organisation'])
      assert.equal(headers[name], undefined, name);
    assert.equal(headers['x-own'], 'mine');
    assert.equal(headers['x-organisation'], 'A1');
    assert.equal(headers.host, new URL(upstream.url).host);
    assert.match(headers.traceparent ?? '', /^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/);
  });

  test('shows clients only its own response headers', async () => {
    const { headers } = await call('/item/1');
    for (const name of [
      'set-cookie',
      'server',
      'x-hop',
      'nhsd-identity-uuid',
      'x-tenant',
      'access-control-allow-origin',
    ])
      assert.equal(headers.get(name), null, name);
    assert.equal(headers.get('x-kept'), 'yes');
  });

  test('may not announce the length of a response without content (RFC 9110 section 8.6)', async () => {
    const { status, headers } = await call('/item/nothing');
    assert.equal(status, 204);
    assert.equal(headers.get('content-length'), null);
  });

  test('is not followed elsewhere, and its own address becomes that of the API', async () => {
    const answer = await call('/item/redirect', { redirect: 'manual' });
    assert.equal(answer.status, 302);
    assert.equal(answer.headers.get('location'), 'http://127.0.0.1/test/item/2');
  });

  /** Calls a path that fetch would resolve itself. */
  const statusOf = async (id: string) => {
    const request = http.get({ port: gateway.port, path: `/test/item/${id}` });
    const [answer] = (await once(request, 'response')) as [http.IncomingMessage];
    answer.resume();
    return answer.statusCode;
  };

  test('gets no call that it may resolve to another path, however often it decodes it', async () => {
    const before = upstream.requests.length;
    for (const id of [
      ...[
        '..',
        '.',
        '%2e%2E',
        '..%2fadmin',
        'a%2F..%2f..',
        '..%5Cadmin',
        '..;',
        '..%3Bx',
        'a%00',
        'a\\notes',
      ],
      ...[
        '%252e%252e%252f',
        '%252e%252e%252fadmin',
        '..%09%2f',
        '..%09',
        'a%0a',
        'a%255c..',
        '%25252e%25252e',
      ],
      ...['a%2f.b', 'a.%252fb', '%2525252525252e'],
    ])
      assert.equal(await statusOf(id), 400, id);
    assert.equal(upstream.requests.length, before);
    for (const id of ['a%2Fb', '..a', 'a..', '...', 'a;b', '100%25'])
      assert.equal(await statusOf(id), 200, id);
    const refused = gateway.lines.findLast(
      ({ message, fields }) => message === 'call' && fields.status === 400,
    );
    assert.equal(refused?.fields.decision, 'gateway.ambiguousPath');
  });

  test('gets no open call that it may read as one of a restricted operation', async () => {
    // WSGI servers and others decode slashes, servlets remove parameters, Express and ASP.NET ignore case and final slashes.
    const read = [
      'a%2Fnotes',
      'a%2fnote%73',
      'a%5Cnotes',
      'a\\notes',
      'a;b%2Fnotes;c',
      'all;a',
      'all%3Ba',
      'ALL',
      'Al%4c',
      'all/',
      '/all',
    ];
    for (const id of read) assert.notEqual(await statusOf(id), 200, id);
    for (const id of ['a%2Fnote', 'all-', 'a;notes', 'all%252F']) assert.equal(await statusOf(id), 200, id);
  });

  // biome-ignore format: a table reads best one row a line
  const failures: [string, number, string][] = [
    ['hang', 504, 'gateway.backEndTimeout'],
    ['late', 504, 'gateway.backEndTimeout'],
    ['error', 500, 'gateway.unexpected'],
    ['html', 502, 'gateway.unexpected'],
    ['lie', 502, 'gateway.unexpected'],
    ['not-http', 502, 'gateway.unexpected'],
    ['upgrade', 502, 'gateway.unexpected'],
    ['status-999', 502, 'gateway.unexpected'],
  ];
  for (const [id, status, rule] of failures)
    test(`becomes an error of the gateway when its response is ${id}`, async () => {
      const answer = await call(`/item/${id}`);
      assert.equal(answer.status, status);
      const text = await answer.text();
      assert.match(text, /"fault"/);
      assert.match(text, /Message ID/);
      assert.doesNotMatch(text, /Stack|Hello|h1/);
      const line = gateway.lines.findLast(({ message }) => message === 'call');
      assert.equal(line?.fields.decision, rule);
    });

  test('becomes an error of the gateway when its JSON takes longer than the limit, although it is never idle', async () => {
    const answer = await call('/item/trickle');
    assert.equal(answer.status, 504);
    const line = gateway.lines.findLast(({ message }) => message === 'call');
    assert.equal(line?.fields.decision, 'gateway.backEndTimeout');
    assert.match(String(line?.fields.detail), /no whole answer within 60000 ms/);
  });

  test('may return HTML where the definition allows it', async () => {
    const answer = await call('/page');
    assert.deepEqual([answer.status, await answer.text()], [200, '<h1>Hello</h1>']);
  });

  test('ends the response when it falls silent', async () => {
    const answer = await call('/item/silent');
    assert.equal(answer.status, 200);
    await assert.rejects(answer.arrayBuffer());
  });

  test('streams large bodies both ways', async () => {
    const answer = await call('/item/big');
    assert.equal((await answer.arrayBuffer()).byteLength, 40 * 65_536);
    const body = Buffer.alloc(1_500_000, 7);
    const sent = await call('/item/1', {
      method: 'POST',
      body,
      headers: { 'content-type': 'application/octet-stream' },
    });
    assert.equal(((await sent.json()) as { size: number }).size, body.length);
  });

  test('gets no body above the limit, whether its length is known or not', async () => {
    const headers = { 'content-type': 'application/octet-stream' };
    const body = Buffer.alloc(2_000_001);
    const known = await call('/item/1', { method: 'POST', body, headers });
    assert.equal(known.status, 413);
    async function* chunks() {
      for (let sent = 0; sent < 40; sent++) yield Buffer.alloc(65_536);
    }
    const init = {
      method: 'POST',
      body: chunks(),
      duplex: 'half',
      headers,
    } as unknown as RequestInit;
    const answer = await call('/item/1', init);
    assert.equal(answer.status, 413, JSON.stringify(gateway.lines.at(-1)));
  });

  test('sends events on at once, and is closed when the client has gone', async () => {
    open = [];
    const before = closed;
    const stop = new AbortController();
    const answer = await call('/events', { signal: stop.signal });
    assert.equal(answer.headers.get('content-type'), 'text/event-stream');
    const reader = answer.body?.getReader();
    open[0]?.write('data: 1\n\n');
    assert.equal(Buffer.from((await reader?.read())?.value ?? []).toString(), 'data: 1\n\n');
    const gone = once(open[0] as http.ServerResponse, 'close');
    stop.abort();
    await gone;
    assert.ok(closed > before);
  });

  test('refuses a call that waits too long for a connection, and more calls than may wait', async () => {
    open = [];
    const stop = new AbortController();
    const first = await call('/events', { signal: stop.signal });
    assert.equal(first.status, 200);
    // One connection is open, and one call may wait for it: of three, one waits until its limit and two are refused at once.
    const details = await Promise.all(
      Array.from({ length: 3 }, async () => {
        const answer = await call('/item/1', { method: 'POST', body: '{}' });
        assert.deepEqual([answer.status, answer.headers.get('retry-after')], [503, '1']);
        const id = answer.headers.get('x-message-id');
        const line = gateway.lines.findLast(({ message, fields }) => message === 'call' && fields.id === id);
        assert.equal(line?.fields.decision, 'gateway.backEndBusy');
        return String(line?.fields.detail);
      }),
    );
    assert.deepEqual(details.sort(), [
      '2 calls are open',
      '2 calls are open',
      'no free connection within 200 ms',
    ]);
    stop.abort();
    // Nobody waits any more, so the next call gets the connection.
    const gone = once(open[0] as http.ServerResponse, 'close');
    await gone;
    assert.equal((await call('/item/1')).status, 200);
  });

  test('gets an aborted request when the client disconnects before the response', async () => {
    const before = closed;
    await assert.rejects(call('/item/hang', { signal: AbortSignal.timeout(100) }));
    for (let turn = 0; turn < 100 && closed === before; turn++)
      await new Promise((resolve) => setImmediate(resolve));
    assert.ok(upstream.requests.some(({ url }) => url === '/item/hang'));
  });
});

test('a chunked body is never a request of its own to the upstream, with any method', async () => {
  const gateway = await startGateway();
  const upstream = await startUpstream(async (request, response) => {
    let body = '';
    for await (const part of request) body += part;
    response.end(body);
  });
  const methods = ['post', 'put', 'patch', 'delete', 'options'];
  const operations = methods.map((method) => `    ${method}: {responses: {'200': {description: Done}}}\n`);
  const draft = openDraft(
    `  /item/{id}:\n${operations.join('')}`,
    { upstream: upstream.url },
    'x-alongside: {validate: off}\n',
  );
  try {
    await addDefinition(gateway, draft);
    const inner = 'GET /admin HTTP/1.1\r\nHost: x\r\n\r\n';
    for (const method of methods) {
      const request = http.request({
        port: gateway.port,
        path: '/test/item/1',
        method,
        headers: { 'transfer-encoding': 'chunked', 'content-type': 'application/octet-stream' },
      });
      request.end(inner);
      const [answer] = (await once(request, 'response')) as [http.IncomingMessage];
      let body = '';
      for await (const part of answer) body += part;
      assert.equal(body, inner, method);
    }
    assert.deepEqual(
      upstream.requests.map(({ method }) => method.toLowerCase()),
      methods,
    );
  } finally {
    await gateway.stop();
    await upstream.stop();
  }
});

test('an upstream that refuses connections, or has a link-local address, is reported by its own rule', async () => {
  const gateway = await startGateway();
  try {
    const gone = await startUpstream(() => undefined);
    await gone.stop();
    await addDefinition(gateway, openDraft(paths, { upstream: gone.url }, 'x-alongside: {validate: off}\n'));
    assert.equal((await gateway.call('/test/item/1')).status, 503);
    assert.equal(
      gateway.lines.findLast(({ message }) => message === 'call')?.fields.decision,
      'gateway.backEndUnreachable',
    );
    for (const upstream of ['http://169.254.169.254', 'http://[fe80::1]', 'http://[::ffff:169.254.1.1]']) {
      await addDefinition(gateway, openDraft(paths, { upstream }, 'x-alongside: {validate: off}\n'));
      const answer = await gateway.call('/test/item/1', { headers: { 'x-request-id': requestId } });
      assert.equal(answer.status, 502, upstream);
    }
  } finally {
    await gateway.stop();
  }
});

test('a kept connection that the upstream has closed is replaced once for a GET, never for a POST', async () => {
  const gateway = await startGateway();
  let count = 0;
  const upstream = await startUpstream((request, response) => {
    count += 1;
    // Closes the kept connection as soon as a second request uses it.
    if (count === 2) return void request.socket.destroy();
    response.end('ok');
  });
  try {
    await addDefinition(
      gateway,
      openDraft(paths, { upstream: upstream.url }, 'x-alongside: {validate: off}\n'),
    );
    assert.equal((await gateway.call('/test/item/1')).status, 200);
    assert.equal((await gateway.call('/test/item/1')).status, 200);
    assert.equal(count, 3);
    count = 1;
    assert.equal((await gateway.call('/test/item/1', { method: 'POST', body: '{}' })).status, 502);
    assert.equal(count, 2);
  } finally {
    await gateway.stop();
    await upstream.stop();
  }
});
