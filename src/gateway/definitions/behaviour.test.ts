import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { sharePostgres } from '../../../test/testing/postgres.ts';
import type { ApiDraft } from '../protocol.ts';
import { type RunningGateway, requestId, startGateway } from '../testing/gateway.ts';
import { addDefinition, openDraft } from '../testing/published.ts';
import { startUpstream } from '../testing/upstream.ts';
import { ApiDefinitions } from './store.ts';
import { Validation } from './validation.ts';

const restricted = `  /user:
    get: {responses: {'200': {content: {application/json: {example: {for: user}}}}}}
  /strong:
    get: {security: [{nhs-cis2-aal3: []}], responses: {'200': {content: {application/json: {example: {for: strong}}}}}}
`;
const worker = (extra = '', more: Partial<ApiDraft> = {}): ApiDraft => {
  const draft = openDraft(restricted, { mock: true, ...more }, extra);
  const text = (draft.files['spec.yaml'] ?? '')
    .replace('security: []\n', '')
    .replace('{access: []}', '{access: [{grants: {nhs-cis2-aal2: []}}, {grants: {app-level3: []}}]}');
  return { ...draft, files: { 'spec.yaml': text } };
};
const ods = 'nhsd-end-user-organisation-ods';
const scope = (part: string) => `urn:nhsd:apim:${part}:test`;

describe('an API by definition', () => {
  let gateway: RunningGateway;
  before(async () => {
    gateway = await startGateway();
    await gateway.products.save({ name: 'test', apis: ['test'], scopes: [], limits: null });
    await gateway.addApplication('nhs', { 'ods-codes': 'A1 B2' }, ['test']);
    await gateway.addStandardApplication('standard', ['test']);
  });
  after(() => gateway.stop());

  const token = (granted: string, applicationId = 'nhs', attributes: Record<string, string> = {}) =>
    gateway.issue({
      applicationId,
      scope: granted.split(' ').map(scope).join(' '),
      attributes: {
        'id_token-subject': '656005750107',
        auth_provider: 'nhs-cis2',
        'alongside.role_ids': '555254240100',
        ...attributes,
      },
    });
  const call = async (
    path: string,
    granted: string,
    headers: Record<string, string> = {},
    applicationId = 'nhs',
  ) => gateway.call(`/test${path}`, { token: await token(granted, applicationId), headers });

  test('accepts a higher level for a lower one, and challenges a lower level as in RFC 9470', async () => {
    await addDefinition(gateway, worker());
    for (const [path, granted, status] of [
      ['/user', 'user-nhs-cis2:aal2', 200],
      ['/user', 'user-nhs-id:aal3', 200],
      ['/user', 'app:level3', 200],
      ['/user', 'user-nhs-cis2:aal1', 401],
      ['/strong', 'user-nhs-cis2:aal3', 200],
      ['/strong', 'user-nhs-cis2:aal2', 401],
      ['/strong', 'app:level3', 401],
    ] as const)
      assert.equal((await call(path, granted)).status, status, `${path} ${granted}`);
    const weak = await call('/strong', 'user-nhs-cis2:aal2', {}, 'standard');
    assert.equal(
      weak.headers.get('www-authenticate'),
      'Bearer error="insufficient_user_authentication", acr_values="AAL3_ANY", resource_metadata="http://127.0.0.1/.well-known/oauth-protected-resource/test"',
    );
    assert.equal((await call('/strong', 'user-nhs-cis2:aal2')).headers.get('www-authenticate'), null);
    // A sign-in at a lower level than every grant of the API gives no scope of it.
    const unscoped = async (level: string) =>
      gateway.call('/test/strong', { token: await token('none', 'standard', { auth_level: level }) });
    assert.match(
      String((await unscoped('aal1')).headers.get('www-authenticate')),
      /"insufficient_user_authentication", acr_values="AAL2_OR_AAL3_ANY"/,
    );
    assert.doesNotMatch(String((await unscoped('aal2')).headers.get('www-authenticate')), /insufficient/);
    const none = await gateway.call('/test/user');
    assert.equal(
      none.headers.get('www-authenticate'),
      'Bearer resource_metadata="http://127.0.0.1/.well-known/oauth-protected-resource/test"',
    );
  });

  test('finds the operation whose texts around a parameter are those of the call', async () => {
    const answers = (what: string) =>
      `get: {responses: {'200': {content: {application/json: {example: {for: ${what}}}}}}}`;
    const paths = ['{id}', 'report-{id}', 'report-{id}.pdf', '{other}'].map(
      (part) => `  /item/{item}/${part}: {${answers(`'${part}'`)}}\n`,
    );
    await addDefinition(gateway, openDraft(paths.join(''), { mock: true }));
    const found = async (path: string) => {
      const answer = await gateway.call(`/test/item/${path}`);
      return answer.status === 200 ? ((await answer.json()) as { for: string }).for : answer.status;
    };
    assert.equal(await found('1/report-2.pdf'), 'report-{id}.pdf');
    assert.equal(await found('1/report-2'), 'report-{id}');
    assert.equal(await found('1/other'), '{id}');
    await addDefinition(gateway, openDraft(paths[1] ?? '', { mock: true }));
    assert.equal(await found('1/other'), 401);
  });

  test('is not refused for the empty identity header of a call without a user', async () => {
    const parameter = "parameters: [{in: header, name: NHSD-Session-UUID, schema: {pattern: '^[0-9]+$'}}]";
    const draft = worker('x-alongside: {validate: enforce}\n');
    const text = (draft.files['spec.yaml'] ?? '')
      .replace('    get: {responses', () => `    get: {${parameter}, responses`)
      .replace('x-nhsd-apim: {access', 'x-nhsd-apim: {target-identity: [{name: cis2-uuid}], access');
    assert.ok(text.includes('pattern') && text.includes('cis2-uuid'));
    await addDefinition(gateway, { ...draft, files: { 'spec.yaml': text } });
    assert.equal((await call('/user', 'app:level3')).status, 200);
    assert.equal((await call('/user', 'user-nhs-id:aal3')).status, 200);
  });

  test('has the limits of the configuration before its own', async () => {
    const quota = { enabled: true, limit: 1, interval: 1, timeunit: 'minute' } as const;
    const limited = await startGateway({ apiLimits: { test: { quota }, none: { quota } } });
    try {
      await limited.products.save({ name: 'test', apis: ['test'], scopes: [], limits: null });
      await limited.addApplication('nhs', {}, ['test']);
      await addDefinition(limited, worker());
      const as = await limited.issue({ applicationId: 'nhs', scope: scope('app:level3'), uid: null });
      const statuses: number[] = [];
      for (let at = 0; at < 2; at++) statuses.push((await limited.call('/test/user', { token: as })).status);
      assert.deepEqual(statuses, [200, 429]);
    } finally {
      await limited.stop();
    }
  });

  test('has metadata as a protected resource, as every API has', async () => {
    await addDefinition(gateway, worker());
    for (const path of ['/test', '/personal-demographics/FHIR/R4', '/hello-world', '/canary-api']) {
      const answer = await gateway.call(`/.well-known/oauth-protected-resource${path}`);
      assert.equal(answer.status, 200, path);
      const metadata = (await answer.json()) as Record<string, unknown>;
      assert.equal(metadata.resource, `http://127.0.0.1${path}`);
      assert.deepEqual(metadata.authorization_servers, ['http://127.0.0.1/oauth2.1']);
      // Those that clients of every profile may use.
      assert.deepEqual(metadata.dpop_signing_alg_values_supported, ['ES256', 'EdDSA', 'PS256']);
    }
    assert.equal((await gateway.call('/.well-known/oauth-protected-resource/test/user')).status, 404);
    assert.equal((await gateway.call('/.well-known/oauth-protected-resource/none')).status, 404);
  });

  test('lets the listed pages read responses, and responds to preflights with its methods and headers', async () => {
    await addDefinition(
      gateway,
      worker("x-alongside: {cors: {origins: ['https://app.example'], headers: [x-own], exposed: [ETag]}}\n"),
    );
    const own = await call('/user', 'app:level3', { origin: 'https://app.example' });
    assert.equal(own.headers.get('access-control-allow-origin'), 'https://app.example');
    assert.match(own.headers.get('access-control-expose-headers') ?? '', /etag/);
    const other = await call('/user', 'app:level3', { origin: 'https://other.example' });
    assert.equal(other.headers.get('access-control-allow-origin'), null);
    assert.equal(other.headers.get('vary'), 'Origin');
    const preflight = await gateway.call('/test/user', {
      method: 'OPTIONS',
      headers: { origin: 'https://app.example', 'access-control-request-method': 'GET' },
    });
    assert.equal(preflight.headers.get('access-control-allow-methods'), 'GET');
    assert.match(preflight.headers.get('access-control-allow-headers') ?? '', /x-own/);
  });

  test('applies assurance, organisation and operations of x-alongside', async () => {
    const cases: [string, string, Record<string, string>, number, string?][] = [
      ['assurance: {ial: 3}', 'user-nhs-cis2:aal3', {}, 401],
      ['organisation: {}', 'app:level3', {}, 400],
      ['organisation: {allow: ods-codes}', 'app:level3', { 'nhsd-end-user-organisation-ods': 'B2' }, 200],
      ['organisation: {allow: ods-codes}', 'app:level3', { 'nhsd-end-user-organisation-ods': 'C3' }, 403],
      ["operations: {application-restricted: ['GET /strong']}", 'app:level3', {}, 403],
      ['requestId: required', 'app:level3', {}, 400],
      ['requestId: required', 'app:level3', { 'x-request-id': requestId }, 200],
    ];
    for (const [setting, granted, headers, status] of cases) {
      await addDefinition(gateway, worker(`x-alongside: {${setting}}\n`));
      assert.equal((await call('/user', granted, headers)).status, status, setting);
    }
  });

  test('applies organisation of x-alongside to a call with an API key', async () => {
    const draft = worker('x-alongside: {organisation: {allow: ods-codes}}\n');
    const text = (draft.files['spec.yaml'] ?? '').replace('{nhs-cis2-aal3: []}', '{app-level0: []}');
    await addDefinition(gateway, { ...draft, files: { 'spec.yaml': text } });
    const keyed = async (organisation?: string) => {
      const headers = { apikey: 'key-of-nhs', ...(organisation && { [ods]: organisation }) };
      return (await gateway.call('/test/strong', { headers })).status;
    };
    assert.deepEqual([await keyed('B2'), await keyed('C3'), await keyed()], [200, 403, 400]);
  });

  for (const [family, type, sign] of [
    ['apigee', 'application/json', /"faultstring":"Invalid access token"/],
    [
      'spine',
      'application/json',
      /R4\/CodeSystem\/Spine-ErrorOrWarningCode","version":"1","code":"ACCESS_DENIED"/,
    ],
    ['spine-stu3', 'application/fhir+json', /nhs\.uk\/CodeSystem\/Spine-ErrorOrWarningCode/],
    ['nhsd-api', 'application/fhir+json', /"code":"login".*NHSD-API-ErrorOrWarningCode/],
    ['http-codes', 'application/fhir+json', /"code":"expired".*SEND_UNAUTHORIZED/],
    ['problem', 'application/problem+json', /"title":"Unauthorized","status":401/],
    ['message', 'application/json', /^\{"message":"Missing Authorization header"\}$/],
  ] as const)
    test(`answers errors in the format ${family}`, async () => {
      await addDefinition(gateway, worker('', { errors: family }));
      const answer = await gateway.call('/test/user');
      assert.deepEqual([answer.status, answer.headers.get('content-type')], [401, type]);
      assert.match(await answer.text(), sign);
    });

  test('limits all clients together, and each application by its product', async () => {
    const draft = worker();
    const text =
      draft.files['spec.yaml']?.replace(
        '{access:',
        '{ratelimiting: {proxy: {limit: 2, timeunit: minute}}, access:',
      ) ?? '';
    await addDefinition(gateway, { ...draft, files: { 'spec.yaml': text } });
    gateway.clock.advance(60);
    const statuses: number[] = [];
    for (let at = 0; at < 3; at++) statuses.push((await call('/user', 'app:level3')).status);
    assert.deepEqual(statuses, [200, 200, 429]);
  });

  test('injects its faults by operation, application and turn', async () => {
    const faults = "{operation: 'GET /user', application: nhs, status: 503, retryAfter: 5, every: 2}";
    await addDefinition(gateway, worker(`x-alongside: {faults: [${faults}]}\n`));
    const first = await call('/user', 'app:level3');
    const second = await call('/user', 'app:level3');
    assert.deepEqual([first.status, second.status, second.headers.get('retry-after')], [200, 503, '5']);
    assert.equal((await call('/user', 'app:level3', {}, 'standard')).status, 200);
    await addDefinition(gateway, worker('x-alongside: {faults: [{drop: true}]}\n'));
    await assert.rejects(async () => (await call('/user', 'app:level3')).text());
  });
});

describe('validation against a definition', () => {
  let gateway: RunningGateway;
  before(async () => {
    gateway = await startGateway();
  });
  after(() => gateway.stop());

  const paths = `  /item/{id}:
    post:
      parameters:
        - {in: path, name: id, required: true, schema: {type: integer}}
        - {in: query, name: kind, required: true, schema: {type: string, enum: [a, b]}}
        - {in: query, name: tag, schema: {type: array, items: {type: string, minLength: 1}}}
        - {in: query, name: any, schema: {anyOf: [{const: '1'}, {const: '2'}]}}
        - {in: query, name: count, schema: {$ref: '#/x-count'}}
      requestBody: {required: true, content: {application/json: {schema: {type: object, required: [name], additionalProperties: false, properties: {name: {type: string, nullable: true}, at: {type: string, format: date-time}}}}, application/x-www-form-urlencoded: {schema: {type: object}}}}
      responses: {'200': {description: ok, content: {application/json: {example: {ok: true}}}}}
x-count: {type: integer}
`;
  const send = (path: string, body: string | undefined, type = 'application/json') =>
    gateway.call(`/test${path}`, {
      method: 'POST',
      ...(body === undefined ? {} : { body, headers: { 'content-type': type } }),
    });

  // biome-ignore format: a table reads best one row a line
  const cases: [string, string | undefined, number, RegExp?, string?][] = [
    ['/item/1?kind=a', '{"name": "x"}', 200],
    ['/item/1?kind=a', '{"name": null}', 200],
    ['/item/x?kind=a', '{"name": "x"}', 400, /path parameter id must be integer/],
    ['/item/1', '{"name": "x"}', 400, /query parameter kind is missing/],
    ['/item/1?kind=c', '{"name": "x"}', 400, /must be equal to one of the allowed values: a, b/],
    ['/item/1?kind=a&tag=x&tag=y&any=1&any=2&count=3', '{"name": "x"}', 200],
    ['/item/1?kind=a&kind=b', '{"name": "x"}', 400, /query parameter kind occurs 2 times; the definition describes one value/],
    ['/item/1?kind=a&count=3&count=4', '{"name": "x"}', 400, /query parameter count occurs 2 times/],
    ['/item/1?kind=a&any=1&any=0', '{"name": "x"}', 400, /query parameter any must/],
    ['/item/1?kind=a&other=%zz', '{"name": "x"}', 400, /percent-encoding of the query is damaged/],
    ['/item/1?kind=a&tag=x&tag=', '{"name": "x"}', 400, /must NOT have fewer than 1/],
    [`/item/1?kind=a&${'any=1&'.repeat(21)}`, '{"name": "x"}', 400, /query parameter any has more than 20 values/],
    ['/item/1?kind=a', '{"name": "x", "n\\u0061me": "y"}', 400, /the member \/name occurs twice/],
    ['/item/1?kind=a', `${'['.repeat(100_000)}${']'.repeat(100_000)}`, 400, /nested more than 200 deep/],
    ['/item/1?kind=a', '{"name": "x"}', 400, /the charset of the body is utf-7/, 'application/json; charset="utf-7"'],
    ['/item/1?kind=a', '{"name": "x"}', 200, undefined, 'Application/JSON;charset=UTF-8'],
    ['/item/1?kind=a', 'name=x&name=y', 200, undefined, 'application/x-www-form-urlencoded'],
    ['/item/1?kind=a', '{}', 400, /name is missing/],
    ['/item/1?kind=a', '{"name": "x", "more": 1}', 400, /additional properties \(more\)/],
    ['/item/1?kind=a', '{"name": "x", "at": "today"}', 400, /at must match format/],
    ['/item/1?kind=a', '{"name":', 400, /the body is not JSON/],
    ['/item/1?kind=a', undefined, 400, /the body is missing/],
    ['/item/1?kind=a', 'name=x', 400, /content type .* is not one of application\/json/, 'text/plain'],
  ];
  test('refuses an invalid request before the back end where it is enforced', async () => {
    await addDefinition(gateway, openDraft(paths, { mock: true, validate: 'enforce', errors: 'message' }));
    for (const [path, body, status, message, type] of cases) {
      const answer = await send(path, body, type);
      const text = await answer.text();
      assert.equal(answer.status, status, `${path} ${body} ${text}`);
      if (message) assert.match(text, message);
    }
  });

  test('compiles one schema for all media types of a caller', async () => {
    const { check } = Validation.prototype;
    const schemas = new Set<string>();
    Validation.prototype.check = function (key, ...others) {
      schemas.add(key);
      return check.call(this, key, ...others);
    };
    try {
      const any = paths.replaceAll('content: {application/json:', "content: {'*/*':");
      await addDefinition(gateway, openDraft(any, { mock: true, validate: 'enforce' }));
      for (const type of ['application/json', 'Application/JSON ;a=1', 'application/a+json', 'text/b'])
        assert.equal((await send('/item/1?kind=a', '{"name": "x"}', type)).status, 200, type);
    } finally {
      Validation.prototype.check = check;
    }
    assert.equal([...schemas].filter((key) => key.includes(' body ')).length, 1, [...schemas].join('\n'));
  });

  test('only reports it by default, in the log and to developers', async () => {
    await addDefinition(gateway, openDraft(paths, { mock: true }));
    const answer = await send('/item/x?kind=a', '{"name": "x"}');
    assert.equal(answer.status, 200);
    assert.match(answer.headers.get('x-definition-warning') ?? '', /path parameter id must be integer/);
    assert.ok(gateway.lines.some(({ message }) => message === 'a call does not conform to its definition'));
    await addDefinition(gateway, openDraft(paths, { mock: true, validate: 'off' }));
    assert.equal((await send('/item/x', '{')).headers.get('x-definition-warning'), null);
  });

  test('forwards the bytes that it checked, or none, where it is enforced', async () => {
    const upstream = await startUpstream((_, response) => response.end('{}'));
    const post = async (body: string | Uint8Array<ArrayBuffer>, headers: Record<string, string>) => {
      const answer = await gateway.call('/test/item/1?kind=a', { method: 'POST', body, headers });
      return `${answer.status} ${await answer.text()}`;
    };
    const json = { 'content-type': 'application/json' };
    try {
      await addDefinition(
        gateway,
        openDraft(paths, { upstream: upstream.url, validate: 'enforce', errors: 'message' }),
      );
      assert.match(await post('{"name": 1, "name": "x"}', json), /^400 .*the member \/name occurs twice/);
      assert.match(await post(Buffer.from('{"name": "\xff"}', 'latin1'), json), /^400 .*not UTF-8/);
      const coded = { ...json, 'content-encoding': 'deflate' };
      assert.match(await post('{"name": "x"}', coded), /^400 .*the content coding deflate/);
      assert.equal(upstream.requests.length, 0);
      assert.match(await post('{"name": "x"}', { 'content-type': 'Application/JSON' }), /^200/);
      assert.match(await post('a=1', { 'content-type': 'application/x-www-form-urlencoded' }), /^200/);
      assert.equal(upstream.requests.length, 2);
      await addDefinition(gateway, openDraft(paths, { upstream: upstream.url }));
      const warned = await send('/item/1?kind=a', '{"name": "y", "name": "x"}');
      assert.match(warned.headers.get('x-definition-warning') ?? '', /the member \/name occurs twice/);
    } finally {
      await upstream.stop();
    }
  });

  test('stops an endless pattern, refuses the request if enforced, and serves the next one', async () => {
    const slow = paths.replace('type: string, nullable: true', () => "type: string, pattern: '^(a+)+$'");
    await addDefinition(gateway, openDraft(slow, { mock: true, validate: 'enforce', errors: 'message' }));
    assert.equal((await send('/item/1?kind=a', '{"name": "a"}')).status, 200);
    const answer = await send('/item/1?kind=a', JSON.stringify({ name: `${'a'.repeat(60)}!` }));
    assert.equal(answer.status, 400);
    assert.match(await answer.text(), /could not be checked in time/);
    assert.equal((await send('/item/1?kind=a', '{"name": "a"}')).status, 200);
  });

  test('checks responses of an upstream without changing them, and records them for the mock', async () => {
    const spec = `  /item/{id}:\n    get: {responses: {'200': {content: {application/json: {schema: {type: object, required: [name]}}}}}}\n`;
    const upstream = await startUpstream(({ url }, response) => {
      response.writeHead(url === '/item/9' ? 404 : 200, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ url }));
    });
    try {
      await addDefinition(gateway, openDraft(spec, { upstream: upstream.url, record: true }));
      const answer = await gateway.call('/test/item/1?q=2', { headers: { authorization: 'Bearer secret' } });
      assert.deepEqual(await answer.json(), { url: '/item/1?q=2' });
      assert.match(answer.headers.get('x-definition-warning') ?? '', /response: name is missing/);
      const unknown = await gateway.call('/test/item/9');
      assert.match(
        unknown.headers.get('x-definition-warning') ?? '',
        /the status 404 is not in the definition/,
      );
    } finally {
      await upstream.stop();
    }
    const kept = JSON.stringify(await new ApiDefinitions(gateway.database).examples('test'));
    assert.doesNotMatch(kept, /secret/);
    await addDefinition(gateway, openDraft(spec, { mock: true }));
    const replayed = await gateway.call('/test/item/1?q=2');
    assert.deepEqual(await replayed.json(), { url: '/item/1?q=2' });
    assert.equal((await gateway.call('/test/item/9')).status, 404);
    assert.equal((await gateway.call('/test/item/5')).status, 501);
    // The same file is added again, between two calls, with another back end.
    for (const [options, status] of [
      [{ upstream: upstream.url }, 503],
      [{ mock: true }, 501],
    ] as const) {
      await new ApiDefinitions(gateway.database).remove('test');
      await addDefinition(gateway, openDraft(spec, options));
      assert.equal((await gateway.call('/test/item/5')).status, status);
    }
  });
});

for (const dialect of ['SQLite', 'PostgreSQL'] as const)
  test(`a definition holds in every process, and calls in progress finish, on ${dialect}`, {
    timeout: 60_000,
  }, async () => {
    const folder = mkdtempSync(join(tmpdir(), 'alongside-definitions-'));
    const postgres = dialect === 'PostgreSQL' ? await sharePostgres() : undefined;
    const setting = postgres ? await postgres.create('definitions') : `sqlite:${join(folder, 'a.db')}`;
    const one = await startGateway({}, setting);
    const other = await startGateway({}, setting);
    let release = () => undefined as void;
    const upstream = await startUpstream((_, response) => {
      release = () => void response.end('done');
    });
    /** PostgreSQL announces a change to other processes within a second. */
    const becomes = async (status: number) => {
      while ((await other.call('/test/a')).status !== status) await nextTurn();
    };
    try {
      await becomes(404);
      const paths =
        "  /a:\n    get: {responses: {'200': {content: {application/json: {example: {a: 1}}}}}}\n";
      await addDefinition(one, openDraft(paths, { upstream: upstream.url, validate: 'off' }));
      const running = one.call('/test/a');
      while (upstream.requests.length === 0) await nextTurn();
      await addDefinition(one, openDraft(paths, { mock: true }));
      assert.equal((await one.call('/test/a')).status, 200);
      await becomes(200);
      release();
      assert.equal(await (await running).text(), 'done');
      await new ApiDefinitions(one.database).remove('test');
      assert.equal((await one.call('/test/a')).status, 404);
      await becomes(404);
    } finally {
      await upstream.stop();
      await one.stop();
      await other.stop();
      await postgres?.stop();
      rmSync(folder, { recursive: true });
    }
  });
