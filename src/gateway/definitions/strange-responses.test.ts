import assert from 'node:assert/strict';
import { once } from 'node:events';
import http from 'node:http';
import { after, before, describe, test } from 'node:test';
import { pdsBase, type RunningGateway, startGateway } from '../testing/gateway.ts';
import { addDefinition, openDraft } from '../testing/published.ts';
import { startUpstream, type TestUpstream } from '../testing/upstream.ts';
import { readDefinition } from './read.ts';
import { isAddable, passedHeaders } from './response-headers.ts';

const policy = /^sandbox; default-src 'none'/;

/** Headers with which a back end reaches beyond its response, and one of its own address. */
const reaching = {
  'Access-Control-Allow-Origin': '*',
  'Clear-Site-Data': '"*"',
  'Content-Security-Policy': "script-src 'unsafe-inline' *",
  'Content-Security-Policy-Report-Only': "default-src 'none'",
  'Cross-Origin-Opener-Policy': 'unsafe-none',
  NEL: '{}',
  'Origin-Agent-Cluster': '?0',
  Refresh: '0; url=https://attacker.example',
  'Report-To': '{}',
  'Reporting-Endpoints': 'a="https://attacker.example"',
  'Service-Worker-Allowed': '/',
  'Set-Cookie': 'a=1',
  'Speculation-Rules': '"/rules.json"',
  'Strict-Transport-Security': 'max-age=31536000',
  'WWW-Authenticate': 'Basic realm="http://10.0.0.7/internal"',
  'X-Accel-Redirect': '/etc/passwd',
  'X-Content-Type-Options': 'sniff',
  'X-Undescribed': 'internal',
};
const usual = {
  ETag: 'W/"1"',
  Link: '<https://example.org/2>; rel="next"',
  'Last-Modified': 'Tue, 01 Dec 2026 12:00:00 GMT',
  'Cache-Control': 'private, max-age=60',
  Vary: 'Accept',
  'Content-Language': 'en-GB',
  'Content-Disposition': 'attachment; filename="a.pdf"',
  'Retry-After': '5',
  Deprecation: '@1790812800',
  Sunset: 'Thu, 31 Dec 2026 23:59:59 GMT',
  'RateLimit-Remaining': '7',
  'X-RateLimit-Remaining': '7',
  'X-Request-ID': 'c1ab3fba-6bae-4ba4-b257-5a87c44d4a91',
  'X-Correlation-ID': '1',
  'X-Progress': '50%',
};
const own = { 'X-Described': 'in the definition', 'X-Named': 'in x-alongside' };

const paths = `  /picture:
    get: {responses: {'200': {description: A picture, headers: {X-Described: {schema: {type: string}}, Set-Cookie: {schema: {type: string}}}}}}
  /stream:
    get: {responses: {'200': {description: Parts}}}
  /refused:
    get: {responses: {'200': {description: Nothing}}}
  /broken:
    get: {responses: {'200': {description: Nothing}}}
  /restricted:
    get: {security: [{app-level3: []}], responses: {'200': {description: Nothing}}}
  /example:
    get: {responses: {'200': {description: A page, content: {image/svg+xml: {example: '<svg/>'}}}}}
`;
const guarded = `openapi: 3.0.3
info: {title: Guarded, version: 1.0.0}
x-nhsd-apim: {access: [{title: Applications, grants: {app-level3: []}}]}
paths: {/refused: {get: {responses: {'200': {description: Nothing}}}}}
`;
const alongside = `x-alongside:
  validate: off
  responseHeaders: [X-Named]
`;

describe('the responses of an API by definition', () => {
  let gateway: RunningGateway;
  let upstream: TestUpstream;
  before(async () => {
    upstream = await startUpstream((request, response) => {
      const status = { '/refused': 401, '/restricted': 401, '/broken': 500 }[request.url ?? ''] ?? 200;
      const type = { 'Content-Type': 'image/svg+xml' };
      response.writeHead(status, { ...type, ...reaching, ...usual, ...own });
      if (request.url === '/stream') response.write('<svg>');
      response.end('</svg>');
    });
    gateway = await startGateway({ sandbox: true });
    await addDefinition(
      gateway,
      openDraft(paths, { upstream: upstream.url, name: 'forwarded', basePath: '/forwarded' }, alongside),
    );
    await addDefinition(
      gateway,
      openDraft(paths, { mock: true, name: 'mocked', basePath: '/mocked' }, alongside),
    );
  });
  after(async () => {
    await gateway.stop();
    await upstream.stop();
  });

  test('have the policy of the gateway, which gives them an origin of their own without scripts', async () => {
    for (const [path, status] of [
      ['/forwarded/picture', 200],
      ['/forwarded/stream', 200],
      ['/forwarded/refused', 401],
      ['/forwarded/broken', 500],
      ['/forwarded/restricted', 401],
      ['/forwarded/nothing', 401],
      ['/forwarded/_ping', 200],
      ['/mocked/example', 200],
    ] as const) {
      const answer = await gateway.call(path);
      assert.equal(answer.status, status, path);
      assert.match(answer.headers.get('content-security-policy') ?? '', policy, path);
      assert.equal(answer.headers.get('x-content-type-options'), 'nosniff', path);
      assert.doesNotMatch(answer.headers.get('content-security-policy') ?? '', /script-src/, path);
    }
  });

  test('have no header of the back end that a browser or proxy obeys beyond the response', async () => {
    for (const path of ['/forwarded/picture', '/forwarded/stream', '/forwarded/refused'])
      for (const [name, value] of Object.entries(reaching))
        assert.notEqual((await gateway.call(path)).headers.get(name), value, `${path} ${name}`);
  });

  test('have the usual headers of REST and FHIR, and those that the definition describes or names', async () => {
    const { headers } = await gateway.call('/forwarded/picture');
    for (const [name, value] of Object.entries({ ...usual, ...own }))
      assert.equal(headers.get(name), value, name);
  });

  test('name the metadata of the API instead of the challenge of the back end', async () => {
    const scope = 'urn:nhsd:apim:app:level3:guarded';
    await addDefinition(gateway, {
      entry: 'guarded.yaml',
      files: { 'guarded.yaml': guarded },
      name: 'guarded',
      basePath: '/guarded',
      upstream: upstream.url,
    });
    await gateway.products.save({ name: 'guarded', apis: ['guarded'], scopes: [scope], limits: null });
    await gateway.addStandardApplication('modern', ['guarded']);
    const token = await gateway.issue({ applicationId: 'modern', scope, attributes: {}, uid: null });
    const { status, headers } = await gateway.call('/guarded/refused', { token });
    assert.equal(status, 401);
    assert.equal(upstream.requests.at(-1)?.url, '/refused', 'the back end refused it');
    assert.equal(
      headers.get('www-authenticate'),
      'Bearer resource_metadata="http://127.0.0.1/.well-known/oauth-protected-resource/guarded"',
    );
  });
});

describe('x-alongside.responseHeaders', () => {
  test('refuses a header that affects more than its response, and names it', async () => {
    for (const name of ['Set-Cookie', 'service_worker_allowed', 'Access-Control-Allow-Origin'])
      await assert.rejects(
        readDefinition(openDraft(paths, { mock: true, settings: { responseHeaders: [name] } })),
        /responseHeaders.*cannot be passed on: it affects more than its response/,
        name,
      );
  });
});

describe('the script of a service worker', () => {
  let gateway: RunningGateway;
  let upstream: TestUpstream;
  before(async () => {
    upstream = await startUpstream((_, response) =>
      response.writeHead(200, { 'content-type': 'text/javascript' }).end(''),
    );
    gateway = await startGateway({ sandbox: true, cors: true });
    await addDefinition(gateway, openDraft(paths, { upstream: upstream.url }, alongside));
  });
  after(async () => {
    await gateway.stop();
    await upstream.stop();
  });

  /** Sends headers that fetch sets itself. */
  const statusOf = async (path: string, headers: http.OutgoingHttpHeaders) => {
    const [answer] = (await once(http.get({ port: gateway.port, path, headers }), 'response')) as [
      http.IncomingMessage,
    ];
    answer.resume();
    return answer.statusCode;
  };

  test('is refused at every API, before its token and its path', async () => {
    const token = await gateway.issue();
    for (const path of [
      '/test/picture',
      '/test/_ping',
      '/test/nothing',
      `${pdsBase}/Patient/9000000009`,
      `${pdsBase}/_ping`,
      `/sandbox${pdsBase}/Patient/9000000009`,
      '/hello-world/hello/world',
      '/canary-api',
    ])
      for (const headers of [
        { 'service-worker': 'script' },
        { 'sec-fetch-dest': 'serviceworker' },
        { 'service-worker': 'script', authorization: `Bearer ${token}` },
      ])
        assert.equal(await statusOf(path, headers), 403, `${path} ${Object.keys(headers)}`);
    assert.equal(upstream.requests.length, 0);
  });

  test('is the only destination that is refused', async () => {
    for (const destination of ['document', 'empty', 'script', 'worker', 'image'])
      assert.equal(await statusOf('/test/picture', { 'sec-fetch-dest': destination }), 200, destination);
  });
});

describe('passedHeaders', () => {
  test('adds no reserved name, in any spelling, even if a definition names it', () => {
    for (const name of Object.keys(reaching).filter((one) => one !== 'X-Undescribed')) {
      const lower = name.toLowerCase();
      for (const spelling of [lower, lower.replaceAll('-', '_'), lower.replaceAll('-', '.')]) {
        assert.equal(isAddable(spelling), false, spelling);
        assert.deepEqual(passedHeaders({ [spelling]: 'x' }, new Set([spelling])), {}, spelling);
      }
    }
  });

  test('passes an unknown name only if the definition names it', () => {
    assert.deepEqual(passedHeaders({ 'x-a': '1', 'x-b': '2' }, new Set(['x-a'])), { 'x-a': '1' });
  });
});
