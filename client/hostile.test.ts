import assert from 'node:assert/strict';
import { createServer, type Socket } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { SignJWT } from 'jose';
import { createApplicationRestricted } from './application-restricted.ts';
import { createCis2 } from './cis2.ts';
import { createCombined } from './combined.ts';
import { platformAt } from './config.ts';
import { ClientError } from './errors.ts';
import { createExchange } from './exchange.ts';
import { createFapi2 } from './fapi2.ts';
import { helloWorld } from './hello-world.ts';
import type { Abortable, Fetch } from './http.ts';
import { publicKeySet } from './keys.ts';
import { createLogoutReceiver, memoryReplayStore } from './logout.ts';
import { createNative } from './native.ts';
import { createPageSignIn } from './page/index.ts';
import { createPds } from './pds.ts';
import { privateKeyOf, rsaKey } from './testing/keys.ts';
import { TokenSet } from './tokens.ts';

// For any response of a server, a call ends in time with an error of the library or a usable result.

const head = (status: string, headers: Record<string, string | number>) =>
  `HTTP/1.1 ${status}\r\n${Object.entries({ connection: 'close', ...headers })
    .map(([name, value]) => `${name}: ${value}\r\n`)
    .join('')}\r\n`;

const json = (value: unknown, status = '200 OK', headers = {}) => {
  const body = typeof value === 'string' ? value : JSON.stringify(value);
  const length = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
  return `${head(status, { ...length, ...headers })}${body}`;
};

const deep = (levels: number) => `${'['.repeat(levels)}${']'.repeat(levels)}`;

/** Text that a server writes before it closes the connection; a function keeps it open. */
const answers: Record<string, string | Buffer | ((socket: Socket) => void)> = {
  nothing: '',
  'a broken status line': 'HTTP/1.1 two hundred\r\n\r\n',
  'another protocol': 'SSH-2.0-OpenSSH_9.2\r\n',
  'a status of three digits that is none': json('{}', '999 Strange'),
  'a header with a space in its name': json('{}', '200 OK', { 'bad header': 'x' }),
  'an empty body': json(''),
  HTML: `${head('200 OK', { 'content-type': 'text/html' })}<html>Sign in to the guest network</html>`,
  null: json('null'),
  'a list': json([]),
  'a number': json('7'),
  'half a JSON object': json('{"access_token":"a'),
  'two JSON objects': json('{}{}'),
  'a prototype': json('{"__proto__":{"access_token":"a","sub":"x"},"constructor":1}'),
  'deep nesting': json(deep(100_000)),
  'bytes that are no UTF-8': Buffer.concat([
    Buffer.from(head('200 OK', { 'content-length': 3 })),
    Buffer.from([0xff, 0xfe, 0xfd]),
  ]),
  'lone surrogates': json('{"access_token":"\\ud800","sub":"\\udfff","keys":"\\ud800"}'),
  'wrong types': json({
    access_token: 1,
    token_type: {},
    expires_in: [],
    sub: {},
    keys: {},
    issuer: 7,
    message: 7,
    resourceType: [],
  }),
  'an infinite lifetime': json('{"access_token":"a","token_type":"Bearer","expires_in":1e999}'),
  'a negative lifetime': json({ access_token: 'a', token_type: 'Bearer', expires_in: -1 }),
  'a huge lifetime': json({ access_token: 'a', token_type: 'Bearer', expires_in: '99999999999999999999' }),
  'an empty token': json({ access_token: '', token_type: 'Bearer', expires_in: 600 }),
  'a token with line ends': json({ access_token: 'a\r\nx: y', token_type: 'Bearer', expires_in: 600 }),
  'a MAC token': json({ access_token: 'a', token_type: 'mac', expires_in: 600 }),
  'a long body': json('x'.repeat(3_000_000)),
  'a bomb of gzip': Buffer.concat([
    Buffer.from(head('200 OK', { 'content-type': 'application/json', 'content-encoding': 'gzip' })),
    gzipSync(Buffer.alloc(64_000_000, 0x20)),
  ]),
  'less than its length': `${head('200 OK', { 'content-length': 500 })}{}`,
  'a broken chunk': `${head('200 OK', { 'transfer-encoding': 'chunked' })}zz\r\n{}\r\n`,
  'a redirect': json('', '302 Found', { location: 'http://127.0.0.1:1/elsewhere' }),
  'a redirect to itself': json('', '307 Temporary Redirect', { location: '/' }),
  'no content': head('204 No Content', {}),
  'an error with a list': json([], '400 Bad Request'),
  'an error with other types': json(
    { error: { a: 1 }, error_description: 7, message_id: [] },
    '400 Bad Request',
  ),
  'an error with control characters': json(
    { error: '\u001b[31m\n', error_description: '\u0000' },
    '401 Unauthorized',
  ),
  'an error of the gateway': json({ fault: { faultstring: 'x', detail: null } }, '401 Unauthorized'),
  'a teapot': json('', '418 I am a teapot'),
  'an endless error': json('x'.repeat(3_000_000), '500 Internal Server Error'),
  'a broken outcome': json({ resourceType: 'OperationOutcome', issue: [null, 7] }, '400 Bad Request'),
  'a patient without a number': json({ resourceType: 'Patient', id: 7 }),
  'nothing but claims of the right names': json({
    issuer: { toString: 1, valueOf: 1 },
    iss: {},
    aud: {},
    sub: 'x',
    keys: [{ kty: 'RSA', kid: 'k', n: 7 }],
    access_token: 'a',
    token_type: 'Bearer',
    expires_in: 600,
    id_token: 'a.b.c',
    request_uri: '\u0000',
  }),
  'deep nesting in every member': json(
    `{${[
      'issuer',
      'iss',
      'keys',
      'sub',
      'access_token',
      'id_token',
      'error',
      'issue',
      'entry',
      'name',
      'message',
      'fault',
    ]
      .map((name) => `"${name}":${deep(20_000)}`)
      .join()},"resourceType":"Patient"}`,
  ),
  'a bundle of nothing': json({ resourceType: 'Bundle', entry: [null, {}, { resource: null }] }),
  'a JWT of nothing': json('a.b.c', '200 OK', { 'content-type': 'application/jwt' }),
  'headers without end': `${head('200 OK', { x: 'y'.repeat(300_000) })}{}`,
  'a nonce with every answer': json('{"error":"use_dpop_nonce"}', '401 Unauthorized', { 'dpop-nonce': 'n' }),
  'another protocol after an upgrade': head('101 Switching Protocols', {
    upgrade: 'x',
    connection: 'upgrade',
  }),
  'hints before the answer': `${'HTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\n'.repeat(1_000)}${json('{}')}`,
  'no answer at all': (socket) => socket.pause(),
  'headers that never end': (socket) => socket.write('HTTP/1.1 200 OK\r\nx: y\r\n'),
  'a body that never ends': (socket) => {
    socket.write(head('200 OK', { 'transfer-encoding': 'chunked' }));
    const timer = setInterval(() => socket.write('1\r\n \r\n'), 20);
    socket.once('close', () => clearInterval(timer));
  },
};

describe('a hostile server', () => {
  const key = rsaKey('k');
  let answer: (typeof answers)[string] = '';
  /** The beginning of the paths that are hostile; others answer as they should. */
  let hostile = '';
  let goodAnswers: Record<string, unknown> = {};
  let origin = '';
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.once('data', (head) => {
      const path = String(head).split(' ', 2)[1] ?? '';
      const good = path.startsWith(hostile) ? undefined : goodAnswers[path.split('?', 1)[0] ?? ''];
      if (good !== undefined) socket.end(json(good));
      else if (typeof answer === 'function') answer(socket);
      else socket.end(answer);
    });
  });
  before(async () => {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    origin = `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`;
    const endpoints = ['authorization', 'token', 'userinfo', 'revocation', 'pushed_authorization_request'];
    const metadata = {
      issuer: origin,
      jwks_uri: `${origin}/keys`,
      ...Object.fromEntries(endpoints.map((name) => [`${name}_endpoint`, `${origin}/${name}`])),
    };
    goodAnswers = {
      '/.well-known/openid-configuration': metadata,
      '/.well-known/oauth-authorization-server': metadata,
      '/keys': publicKeySet([{ ...key, alg: 'RS256' }]),
    };
  });
  after(() => new Promise((resolve) => server.close(resolve)));

  // The time limit of the library, shortened for servers that hang.
  /** Milliseconds for a response; few for one that never ends. */
  let timeout = 20_000;
  const fetcher: Fetch = (url, init) => {
    const limit = AbortSignal.timeout(timeout);
    return fetch(url, { ...init, signal: init.signal ? AbortSignal.any([init.signal, limit]) : limit });
  };
  const common = { fetch: fetcher, clientId: 'app' };
  const tokens = () =>
    new TokenSet({ accessToken: 'a-token', expiresAt: Date.now() + 1000, refreshToken: 'r-token' });

  const calls: Record<string, (options?: Abortable) => Promise<unknown>> = {
    'combined: finish': (options) => {
      const combined = combinedOf();
      const { url, state } = combined.begin();
      return combined.finish(callbackOf(url), state, options);
    },
    'combined: refresh': (options) => combinedOf().refresh(tokens(), options),
    'combined: userinfo': (options) => combinedOf().userinfo(tokens(), options),
    'separate: begin': (options) => cis2Of().begin(options),
    'separate: finish, at /token': (options) => finishedAtCis2(options),
    'separate: finish, at /keys': (options) => finishedAtCis2(options),
    'separate: userinfo, at /userinfo': (options) =>
      cis2Of().userinfo({ tokens: tokens(), subject: 'x' }, options),
    'separate: sign-out': (options) => cis2Of().signOutUrl(tokens(), options),
    'separate: exchange': (options) => exchangeOf().exchange('i', options),
    'separate: refresh': (options) => exchangeOf().refresh(tokens(), options),
    application: (options) =>
      createApplicationRestricted({ ...common, tokenUrl: `${origin}/token`, key }).obtain(options),
    'FAPI 2.0: begin': (options) => fapi2Of().begin(options),
    'FAPI 2.0: begin, at /pushed': (options) => fapi2Of().begin(options),
    'FAPI 2.0: refresh, at /token': (options) => fapi2Of().refresh(tokens(), options),
    'native: refresh': (options) => nativeOf().refresh(tokens(), options),
    'native: refresh, at /token': (options) => nativeOf().refresh(tokens(), options),
    'native: revoke, at /revocation': (options) => nativeOf().revoke(tokens(), options),
    logout: (options) => logoutOf().verify(logoutToken, options),
    'logout, at /keys': (options) =>
      logoutOf().receive(`logout_token=${logoutToken}`, () => undefined, options),
    'hello world': (options) => helloWorld('a-token', { ...options, baseUrl: origin, fetch: fetcher }),
    'PDS: read': (options) => pdsOf().patient('9000000009', options),
    'PDS: search': (options) => pdsOf().search({ family: 'Smith' }, options),
    'PDS: create': (options) => pdsOf().create({ resourceType: 'Patient' }, options),
    'PDS: update': (options) => pdsOf().update('9000000009', { etag: 'W/"1"', patches: [] }, options),
    'PDS: related': (options) => pdsOf().relatedPersons('9000000009', options),
    'page: begin': async () => pageOf().begin(),
    'page: finish, at /token': async () => {
      const page = pageOf();
      await page.begin();
      return page.finish();
    },
    'PDS: coverage': (options) => pdsOf().coverage('9000000009', options),
  };
  const callbackOf = (url: string) =>
    `?code=c&state=${new URL(url).searchParams.get('state')}&iss=${encodeURIComponent(origin)}`;
  /** Finishes a sign-in with an ID token that only its key set can spoil. */
  const finishedAtCis2 = async (options?: Abortable) => {
    const cis2 = cis2Of();
    const { url, state } = await cis2.begin();
    const idToken = await new SignJWT({ nonce: new URL(url).searchParams.get('nonce') })
      .setProtectedHeader({ alg: 'RS256', kid: 'k' })
      .setIssuer(origin)
      .setAudience('app')
      .setSubject('x')
      .setIssuedAt()
      .setExpirationTime('1m')
      .sign(privateKeyOf(key));
    goodAnswers['/token'] = { access_token: 'a', token_type: 'Bearer', expires_in: 600, id_token: idToken };
    return cis2.finish(callbackOf(url), state, options);
  };
  const logoutToken = `${btoa('{"alg":"RS256","kid":"k"}')}.${btoa('{}')}.AAAA`.replaceAll('=', '');
  /** The sign-in of a page, whose server sends the browser back at once. */
  const pageOf = () => {
    const kept = new Map<string, string>();
    let at = `${origin}/app`;
    return createPageSignIn({
      ...common,
      issuer: origin,
      redirectUri: `${origin}/app`,
      dpop: false,
      page: {
        address: () => at,
        go: (url) => {
          at = `${origin}/app${callbackOf(url)}`;
        },
        rename: () => undefined,
        kept: {
          getItem: (name) => kept.get(name) ?? null,
          setItem: (name, value) => void kept.set(name, value),
          removeItem: (name) => void kept.delete(name),
        },
      },
    });
  };
  const exchangeOf = () => createExchange({ ...common, tokenUrl: `${origin}/token`, key, clientSecret: 's' });
  const nativeOf = () => createNative({ ...common, issuer: origin });
  const logoutOf = () => createLogoutReceiver({ ...common, issuer: origin, replay: memoryReplayStore() });
  const combinedOf = () =>
    createCombined({
      ...common,
      ...platformAt(origin),
      clientSecret: 's',
      redirectUri: 'http://localhost/c',
    });
  const cis2Of = () =>
    createCis2({
      ...common,
      issuer: origin,
      redirectUri: 'http://localhost/c',
      authentication: { method: 'client_secret_post', clientSecret: 's' },
    });
  const fapi2Of = () =>
    createFapi2({
      ...common,
      issuer: origin,
      redirectUri: 'http://localhost/c',
      authentication: { method: 'private_key_jwt', key, alg: 'PS256' },
      dpop: { ...key, alg: 'PS256' },
    });
  const pdsOf = () =>
    createPds({ baseUrl: origin, token: async () => 'a-token', fetch: fetcher, retry: { attempts: 1 } });

  test('a broken gzip ends in time, although Node.js 20 waits for the rest of it', async () => {
    answer = `${head('200 OK', { 'content-encoding': 'gzip' })}not gzip`;
    const call = pdsOf().patient('9000000009', { timeoutMs: 200 });
    await assert.rejects(call, (error: ClientError) => ['timeout', 'network'].includes(error.code));
  });

  for (const [call, make] of Object.entries(calls)) {
    test(`${call}: any response ends in a result or an error of the library`, async () => {
      hostile = call.split('at ')[1] ?? '';
      for (const [what, sent] of Object.entries(answers)) {
        answer = sent;
        timeout = typeof sent === 'function' ? 40 : 20_000;
        const outcome = await make().catch((error: unknown) => error);
        if (!(outcome instanceof Error)) continue;
        assert.ok(outcome instanceof ClientError, `${what}: ${outcome.stack}`);
        const text = `${outcome.message} ${JSON.stringify(outcome)}`;
        assert.doesNotMatch(text, /a-token|r-token/, what);
        assert.ok(!/\p{Cc}/u.test(outcome.message), `${what}: ${JSON.stringify(outcome.message)}`);
        assert.ok(outcome.message.length < 2000, what);
      }
    });

    // A page ends its calls with itself.
    if (make.length === 0) continue;
    test(`${call}: ends with its signal`, async () => {
      hostile = call.split('at ')[1] ?? '';
      const stop = new AbortController();
      answer = () => stop.abort();
      timeout = 20_000;
      await assert.rejects(make({ signal: stop.signal }), { code: 'aborted' });
      await assert.rejects(make({ signal: stop.signal }), { code: 'aborted' });
    });
  }
});
