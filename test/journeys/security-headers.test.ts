import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { IncomingHttpHeaders } from 'node:http';
import { request } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { after, before, describe, test } from 'node:test';
import { startInstance, type TestInstance } from '../testing/instance.ts';

// The public addresses of the platform and of CIS2 belong to a TLS proxy; the others are on loopback.
const https = {
  urlApi: 'https://api.example.test',
  urlApis: 'https://apis.example.test',
  urlCis2: 'https://cis2.example.test',
};
const names = ['console', 'api', 'apis', 'cis2', 'identityAgent', 'cis', 'sample'] as const;
type Name = (typeof names)[number];

let instance: TestInstance;
before(async () => {
  instance = await startInstance({ ...https, logLevel: 'silent' });
});
after(() => instance.stop());

const listenerOf = (name: Name) =>
  instance.listeners.find(
    ({ server }) => (server.address() as AddressInfo).port === instance.state.ports[name],
  );

interface Sent {
  method?: string;
  headers?: Record<string, string>;
  body?: string;
}

/** Sends a request to the listener itself; closes an event stream after its headers. */
async function ask(name: Name, path: string, { method = 'GET', headers = {}, body = '' }: Sent = {}) {
  const port = instance.state.ports[name];
  const sent = request({ port, host: '127.0.0.1', path, method, headers, agent: false });
  sent.end(body);
  const [answer] = await once(sent, 'response');
  // A refused body is not read to its end.
  sent.on('error', () => undefined);
  if (String(answer.headers['content-type']).startsWith('text/event-stream')) answer.destroy();
  else await text(answer);
  return { status: Number(answer.statusCode), headers: answer.headers as IncomingHttpHeaders };
}

/** Returns the missing headers of a response. */
function missing(name: Name, headers: IncomingHttpHeaders): string[] {
  const policy = String(headers['content-security-policy']);
  const isPage = String(headers['content-type']).startsWith('text/html');
  const isPublic = name === 'api' || name === 'apis' || name === 'cis2';
  const rules: Record<string, boolean> = {
    'x-content-type-options': headers['x-content-type-options'] === 'nosniff',
    'referrer-policy': /^(no-referrer|same-origin)$/.test(String(headers['referrer-policy'])),
    'frame-ancestors': /frame-ancestors 'none'/.test(policy),
    'default-src': /default-src 'none'/.test(policy),
    'cache-control': headers['cache-control'] !== undefined,
    'cross-origin-opener-policy':
      !isPage || /^same-origin/.test(String(headers['cross-origin-opener-policy'])),
    'strict-transport-security':
      headers['strict-transport-security'] === (isPublic ? 'max-age=31536000; includeSubDomains' : undefined),
  };
  return Object.keys(rules).filter((rule) => !rules[rule]);
}

const pathOf = (template: string): string =>
  template
    .split('/')
    .map((part) => (part === '*' || part.startsWith(':') ? 'x' : part))
    .join('/');

describe('security headers', () => {
  for (const name of names) {
    test(`are sent by every route and method of ${name}, also for refusals`, async () => {
      const routes = listenerOf(name)?.routes ?? [];
      assert.ok(routes.length > 3, `${name} has routes`);
      const calls = routes.flatMap(({ methods, path }) => methods.map((method) => ({ method, path })));
      const problems: string[] = [];
      for (const { method, path } of calls) {
        // A body that no endpoint accepts, so that nothing is changed.
        const body = method === 'GET' || method === 'HEAD' ? '' : 'x';
        // Node frames the body of a DELETE only if its length is given.
        const headers: Record<string, string> =
          body === '' ? {} : { 'content-type': 'text/plain', 'content-length': '1' };
        const answer = await ask(name, pathOf(path), { method, body, headers });
        const found = missing(name, answer.headers);
        if (found.length > 0) problems.push(`${method} ${path} (${answer.status}): ${found.join(', ')}`);
      }
      assert.deepEqual(problems, []);
    });

    const early: readonly (readonly [string, string, Sent])[] = [
      ['an unknown path', '/nothing/here', {}],
      ['an unknown method', '/', { method: 'PROPFIND' }],
      ['a damaged address', '/%zz', {}],
      ['a foreign Host', '/', { headers: { host: 'evil.test' } }],
      ['a body that is too large', '/', { method: 'POST', body: 'x'.repeat(5_000_000) }],
    ];
    for (const [what, path, sent] of early)
      test(`are sent for ${what} by ${name}`, async () => {
        const { headers, status } = await ask(name, path, sent);
        assert.ok(status < 500, String(status));
        assert.deepEqual(missing(name, headers), []);
      });

    test(`are sent for bytes that are not a request by ${name}`, async () => {
      const socket = connect(instance.state.ports[name], '127.0.0.1');
      socket.end('no request\r\n\r\n');
      const [head = ''] = (await text(socket)).split('\r\n\r\n');
      const lines = head.split('\r\n').slice(1);
      const headers = Object.fromEntries(
        lines.map((line) => [
          line.slice(0, line.indexOf(':')).toLowerCase(),
          line.slice(line.indexOf(':') + 2),
        ]),
      );
      assert.deepEqual(missing(name, headers), []);
    });
  }

  test('forbid caching of responses with secrets', async () => {
    const answers = [
      await ask('api', '/oauth2/token', { method: 'POST' }),
      await ask('cis2', '/realms/Cis2-mock-x/protocol/openid-connect/token', { method: 'POST' }),
      await ask('console', '/api/v1/applications'),
      await ask('api', '/personal-demographics/FHIR/R4/Patient/9000000009'),
    ];
    for (const { headers } of answers) assert.equal(headers['cache-control'], 'no-store');
  });
});

test('an unknown address of the sample is a page in a browser only', async () => {
  const types: (string | undefined)[] = [];
  for (const accept of ['text/html', '*/*']) {
    const { status, headers } = await ask('sample', '/nothing/here', { headers: { accept } });
    assert.equal(status, 404);
    types.push(headers['content-type']);
  }
  assert.deepEqual(types, ['text/html; charset=utf-8', 'application/json']);
});

describe('HEAD', () => {
  test('returns the status of GET at pages and documents (RFC 9110 section 9.3.2)', async () => {
    const signIn = await ask('sample', '/');
    assert.equal(signIn.status, 200);
    const addresses: [Name, string][] = [
      ['sample', '/'],
      ['sample', '/role'],
      ['sample', '/assets/style.css'],
      ['console', '/'],
      ['console', '/journeys'],
      ['console', '/applications/unknown'],
      ['console', '/assets/console.css'],
      ['cis2', '/schemas/id-token.json'],
      ['cis', '/jwks'],
      ['api', '/.well-known/oauth-protected-resource/hello-world'],
    ];
    for (const [name, path] of addresses) {
      const got = await ask(name, path);
      const { status, headers } = await ask(name, path, { method: 'HEAD' });
      assert.notEqual(got.status, 405, path);
      assert.deepEqual([status, headers['content-type']], [got.status, got.headers['content-type']], path);
    }
  });

  test('gets 405 where GET changes something', async () => {
    for (const path of ['/sign-in/combined', '/separate/callback', '/hello']) {
      const { status, headers } = await ask('sample', path, { method: 'HEAD' });
      assert.deepEqual([status, headers.allow], [405, 'GET'], path);
    }
  });
});
