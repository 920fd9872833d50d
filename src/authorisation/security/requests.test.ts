import assert from 'node:assert/strict';
import { request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { secretOf } from '../testing/applications.ts';
import { authorizeRequest, codeOf, codeRequest, throughBrowser } from '../testing/journeys.ts';
import type { Platform } from '../testing/platform.ts';
import { type StandardClient, startStandardClient } from '../testing/standard.ts';

let client: StandardClient;
let platform: Platform;
before(async () => {
  client = await startStandardClient();
  platform = client.platform;
});
after(() => platform.close());

const form = 'application/x-www-form-urlencoded';
const post = (path: string, body: string, headers: Record<string, string> = {}) =>
  platform.call(path, { method: 'POST', body, headers: { 'content-type': form, ...headers } });
/** A request with headers that fetch would not send. */
const raw = (path: string, headers: Record<string, string>): Promise<number> =>
  new Promise((resolve, reject) => {
    const sent = httpRequest({ host: '127.0.0.1', port: platform.port, path, headers }, (answer) => {
      answer.resume();
      answer.on('end', () => resolve(answer.statusCode ?? 0));
    });
    sent.on('error', (error: NodeJS.ErrnoException) =>
      error.code === 'ECONNRESET' ? resolve(431) : reject(error),
    );
    sent.end();
  });

/** Returns the response to these bytes. */
const octets = (sent: string): Promise<string> =>
  new Promise((resolve, reject) => {
    let answer = '';
    const socket = connect(platform.port, '127.0.0.1', () => socket.write(sent));
    socket.on('data', (part) => {
      answer += part.toString();
    });
    socket.on('close', () => resolve(answer));
    socket.on('error', reject);
  });
const kept = async (messageId: string, error: string) =>
  assert.equal((await platform.refusals.find(messageId))?.error, error);

const endpoints = [
  '/oauth2/token',
  '/oauth2/backchannel_logout',
  '/oauth2.1/token',
  '/oauth2.1/par',
  '/oauth2.1/revoke',
  '/oauth2.1/introspect',
];

describe('the early limits', () => {
  for (const path of endpoints) {
    test(`refuse a body of 10 MB at ${path}`, async () => {
      const answer = await post(path, `token=${'x'.repeat(10_000_000)}`).catch(() => undefined);
      // Either an answer, or the connection was closed while the rest was still being sent.
      if (answer) assert.equal(answer.status, 413);
    });
    test(`refuse ten thousand parameters at ${path}`, async () => {
      const many = Array.from({ length: 10_000 }, (_, n) => `p${n}=1`).join('&');
      assert.ok(many.length > 65_536);
      assert.equal((await post(path, many)).status, 413);
      assert.equal((await post(path, Array.from({ length: 10_000 }, () => 'a=').join('&'))).status, 400);
    });
    test(`refuse 101 parameters at ${path}`, async () => {
      const { status, body } = await post(path, Array.from({ length: 101 }, (_, n) => `p${n}=1`).join('&'));
      assert.deepEqual([status, body.error], [400, 'invalid_request']);
    });
  }
  test('refuse ten thousand parameters in a query', async () => {
    const many = Array.from({ length: 2_500 }, (_, n) => `a${n}=`).join('&');
    for (const path of ['/oauth2', '/oauth2.1'])
      assert.ok([400, 431].includes(await raw(`${path}/authorize?${many}`, {})));
  });
  test('refuse a header block of more than 16 KiB', async () => {
    assert.equal(await raw('/oauth2/_ping', { 'x-large': 'x'.repeat(17_000) }), 431);
  });
  test('CVE-2024-24814: ignore a cookie that claims ten thousand parts', async () => {
    const { status, location } = await platform.get('/oauth2.1/authorize', client.requestOf('web'));
    assert.equal(status, 302);
    const state = location?.searchParams.get('state') ?? '';
    const parts = Array.from({ length: 1_500 }, (_, n) => `c${n}=1`).join('; ');
    const answer = await platform.get('/oauth2.1/callback', { state, code: 'x' }, { cookie: parts });
    assert.equal(answer.status, 400);
  });
  test('refuse input quickly on which regular expressions may take long: scope, redirect_uri, Authorization, message id', async () => {
    const long = `${'a'.repeat(4_000)}\u0001`;
    const scope = await platform.get(
      '/oauth2.1/authorize',
      client.requestOf('web', { scope: 'a '.repeat(2_000) }),
    );
    assert.equal(scope.location?.searchParams.get('error'), 'invalid_scope');
    assert.equal(
      (await platform.get('/oauth2/authorize', authorizeRequest('combined', { redirect_uri: long }))).status,
      400,
    );
    const bearer = await platform.get(
      '/oauth2/userinfo',
      {},
      { authorization: `Bearer ${'='.repeat(8_000)}` },
    );
    assert.equal(bearer.status, 401);
  });
  test('refuse a JWT of a megabyte, and one of deeply nested lists', async () => {
    const nested = Buffer.from(`{"a":${'['.repeat(9_000)}${']'.repeat(9_000)}}`).toString('base64url');
    for (const jwt of [`${'a'.repeat(40_000)}.e30.AA`, `e30.${nested}.AA`]) {
      const body = `grant_type=client_credentials&client_assertion_type=urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Ajwt-bearer&client_assertion=${jwt}`;
      for (const path of ['/oauth2', '/oauth2.1']) {
        const { status } = await post(`${path}/token`, body);
        assert.ok(status === 400 || status === 401, `${status}`);
      }
    }
  });
});

describe('the message id of an early refusal', () => {
  for (const [path, catalogue, words] of [
    ['/oauth2/token', 'authorisation', 'request is too large'],
    ['/oauth2.1/token', 'authorisation.standard', 'The request is too large.'],
  ] as const)
    test(`finds a body that is too large at ${path}`, async () => {
      const { status, body } = await post(path, `a=${'x'.repeat(70_000)}`);
      const { message_id: id, ...rest } = body;
      assert.deepEqual(
        { status, ...rest },
        { status: 413, error: 'invalid_request', error_description: words },
      );
      await kept(id, `${catalogue}.bodyTooLarge`);
    });
  for (const [name, sent, status, description, error] of [
    [
      'headers',
      `GET / HTTP/1.1\r\nx: ${'x'.repeat(17_000)}\r\n\r\n`,
      431,
      'headers are too large',
      'headersTooLarge',
    ],
    ['no request', 'HELLO\r\n\r\n', 400, 'request is malformed', 'requestMalformed'],
    [
      'two lengths',
      'POST /oauth2/token HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab',
      400,
      'request is malformed',
      'requestMalformed',
    ],
  ] as const)
    test(`finds malformed bytes: ${name}`, async () => {
      const [head = '', text = ''] = (await octets(sent)).split('\r\n\r\n');
      assert.match(head, new RegExp(`^HTTP/1.1 ${status} `));
      assert.match(head, /^content-type: application\/json$/m);
      const { message_id: id, ...rest } = JSON.parse(text);
      assert.deepEqual(rest, { error: 'invalid_request', error_description: description });
      await kept(id, `authorisation.${error}`);
    });
});

describe('malformed requests', () => {
  // biome-ignore format: a table, one row a line
  const rows: [string, string][] = [
    ['broken percent-encoding', 'grant_type=%zz'],
    ['half an octet of UTF-8', 'grant_type=%c3'],
    ['a NUL', 'grant_type=client_credentials%00'],
    ['a NUL in a name', 'grant%00_type=client_credentials'],
  ];
  for (const [name, body] of rows)
    for (const path of ['/oauth2/token', '/oauth2.1/token'])
      test(`${name} at ${path} returns 400`, async () => assert.equal((await post(path, body)).status, 400));
  test('RFC 6749 section 3.1: a repeated parameter is refused at every endpoint', async () => {
    for (const path of [
      '/oauth2/token',
      '/oauth2.1/token',
      '/oauth2.1/par',
      '/oauth2.1/revoke',
      '/oauth2.1/introspect',
    ]) {
      const twice = `grant_type=authorization_code&client_id=key-of-web&client_id=key-of-web&client_secret=${secretOf('web')}`;
      const { status, body } = await post(path, twice);
      assert.deepEqual([status, body.error], [400, 'invalid_request'], path);
    }
    for (const path of ['/oauth2', '/oauth2.1']) {
      const query = new URLSearchParams(authorizeRequest());
      const answer = await platform.call(`${path}/authorize?${query}&client_id=key-of-combined`);
      assert.deepEqual([answer.status, answer.body.error], [400, 'invalid_request']);
    }
  });
  test('names of the object prototype are parameters like others', async () => {
    for (const name of ['__proto__', 'constructor', 'toString', 'hasOwnProperty']) {
      const { status, body } = await post('/oauth2/token', `${name}=x&grant_type=${name}`);
      assert.deepEqual([status, body.error], [400, 'unsupported_grant_type']);
    }
  });
});

describe('flow downgrade', () => {
  for (const type of ['token', 'id_token', 'code token', 'code id_token', 'none', 'CODE'])
    test(`CVE-2026-7571, RFC 9700 section 2.1.2: response_type ${type} gives nothing`, async () => {
      for (const [path, query] of [
        ['/oauth2', authorizeRequest('combined', { response_type: type })],
        ['/oauth2.1', client.requestOf('web', { response_type: type })],
      ] as const) {
        const { location } = await platform.get(`${path}/authorize`, query);
        assert.equal(location?.searchParams.get('error'), 'unsupported_response_type');
        assert.equal(location?.hash, '');
      }
    });
  test('RFC 9700 section 2.4: the password grant does not exist', async () => {
    const asked = {
      grant_type: 'password',
      username: 'x',
      password: 'y',
      client_id: 'key-of-web',
      client_secret: secretOf('web'),
    };
    assert.equal((await platform.post('/oauth2/token', asked)).body.error, 'unsupported_grant_type');
    assert.equal((await platform.post('/oauth2.1/token', asked)).body.error, 'unsupported_grant_type');
  });
  for (const grant of ['device_code', 'jwt-bearer', 'saml2-bearer', 'ciba'])
    test(`CVE-2024-38371, CVE-2025-64521, CVE-2026-123542: the grant ${grant} does not exist`, async () => {
      const grantType = `urn:ietf:params:oauth:grant-type:${grant}`;
      const asked = { grant_type: grantType, client_id: 'key-of-web', client_secret: secretOf('web') };
      for (const path of ['/oauth2', '/oauth2.1'])
        assert.equal((await platform.post(`${path}/token`, asked)).body.error, 'unsupported_grant_type');
      for (const path of ['/oauth2/device', '/oauth2.1/device_authorization', '/oauth2.1/bc-authorize'])
        assert.equal((await platform.post(path, asked)).status, 404);
    });
  test('CVE-2023-6927: response modes with a JWT or a message are refused', async () => {
    for (const mode of ['jwt', 'query.jwt', 'fragment.jwt', 'form_post.jwt', 'web_message']) {
      const { location } = await platform.get(
        '/oauth2.1/authorize',
        client.requestOf('web', { response_mode: mode }),
      );
      assert.equal(location?.searchParams.get('error'), 'invalid_request', mode);
    }
  });
  test('CVE-2026-96446: a request_uri yields one code, also with prompt=none', async () => {
    const pushed = await platform.post('/oauth2.1/par', {
      ...client.requestOf('web', { prompt: 'none' }),
      ...(await client.credentials('web')),
    });
    const query = { client_id: 'key-of-web', request_uri: pushed.body.request_uri };
    const first = await throughBrowser(platform, '/oauth2.1/authorize', query);
    assert.ok(first.location?.searchParams.get('code'));
    const again = await platform.get('/oauth2.1/authorize', { ...query, prompt: 'none' });
    assert.deepEqual([again.status, again.body.error], [400, 'invalid_request_uri']);
  });
});

describe('answers', () => {
  test('RFC 9700 section 4.12: redirects are 302 or 303, never 307; no referrer, no store', async () => {
    const answers = [
      await platform.get('/oauth2/authorize', authorizeRequest()),
      await platform.get('/oauth2.1/authorize', client.requestOf('web')),
      await platform.post('/oauth2.1/authorize', client.requestOf('web')),
      await platform.get('/oauth2/authorize', authorizeRequest('combined', { state: undefined })),
    ];
    assert.deepEqual(
      answers.map(({ status }) => status),
      [302, 302, 303, 302],
    );
    for (const { headers } of answers) {
      assert.equal(headers.get('referrer-policy'), 'no-referrer');
      assert.equal(headers.get('cache-control'), 'no-store');
    }
  });
  test('RFC 6749 section 5.1: token answers are never stored', async () => {
    const answer = await platform.post('/oauth2/token', codeRequest(await codeOf(platform)));
    assert.equal(answer.headers.get('cache-control'), 'no-store');
  });
  test('oidc-provider 489, CVE-2024-21637: pages never show received values', async () => {
    const script = '<script>alert(1)</script>';
    for (const [path, query] of [
      ['/oauth2/authorize', authorizeRequest('combined', { redirect_uri: script, state: script })],
      ['/oauth2.1/authorize', client.requestOf('web', { client_id: script, state: script })],
      ['/oauth2/callback', { state: script, error: script }],
    ] as const) {
      const answer = await platform.get(path, query as Record<string, string>);
      assert.equal(answer.status >= 400, true);
      assert.match(answer.headers.get('content-type') ?? '', /^application\/json/);
      assert.ok(!answer.text.includes('<script'));
    }
  });
  test('state is returned unchanged and cannot inject a header', async () => {
    for (const state of ['a b+c%20', '\'"<>&;', 'ü€', 'x\r\nset-cookie: a=b']) {
      const { location, headers } = await throughBrowser(
        platform,
        '/oauth2/authorize',
        authorizeRequest('combined', { state }),
      );
      assert.equal(location?.searchParams.get('state'), state);
      assert.equal(headers.get('set-cookie'), null);
    }
  });
});
