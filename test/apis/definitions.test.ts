import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { createLocalJWKSet, decodeJwt, jwtVerify } from 'jose';
import { invoke, invokeJson, main, runProcess } from '../../src/cli/testing/command.ts';
import { startUpstream } from '../../src/gateway/testing/upstream.ts';
import { seededClients } from '../../src/seed/applications.ts';
import { startInstance, type TestInstance } from '../testing/instance.ts';
import { Navigator } from '../testing/navigate.ts';

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const published = (path: string) => here(`testing/published/${path}`);

let instance: TestInstance;
let selected: string[];
const folder = mkdtempSync(join(tmpdir(), 'alongside-apis-'));
before(async () => {
  instance = await startInstance();
  selected = ['--state', instance.state.stateFile];
  await instance.signInAtDesk('gp');
});
after(async () => {
  await instance.stop();
  rmSync(folder, { recursive: true });
});

const run = (...argv: string[]) => invoke([...argv, ...selected]);

/** Signs in with the card in the reader and returns the access token of `demo-combined`. */
async function tokenOfCard(): Promise<string> {
  const { clientId, clientSecret } = seededClients.combined;
  const callback = `${instance.urls.sample}/combined/callback`;
  const query = new URLSearchParams({
    client_id: clientId,
    redirect_uri: callback,
    response_type: 'code',
    state: 'state-1',
  });
  const { address } = await new Navigator().go(`${instance.urls.api}/oauth2/authorize?${query}`, callback);
  const code = new URL(address).searchParams.get('code');
  assert.ok(code, address);
  const answer = await fetch(`${instance.urls.api}/oauth2/token`, {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'authorization_code',
      code,
      redirect_uri: callback,
      client_id: clientId,
      client_secret: clientSecret,
    }),
  });
  assert.equal(answer.status, 200);
  return ((await answer.json()) as { access_token: string }).access_token;
}

describe('the published definitions, end to end', () => {
  before(async () => {
    const add = (file: string, ...more: string[]) =>
      run('api', 'add', published(file), '--mock', '--application', 'demo-combined', ...more);
    await add(
      'hello-world/hello-world.yaml',
      '--name',
      'hello-definition',
      '--base-path',
      '/hello-definition',
    );
    await add('clinical-prescription-tracker/eps-clinical-prescription-tracker-api.yaml');
    await add(
      'healthcare-worker/healthcare-worker-api.yaml',
      '--name',
      'healthcare-worker-api',
      '--base-path',
      '/healthcare-worker',
    );
    await add('custom-prescription-status-update/eps-custom-prescription-status-update-api.yaml');
  });

  const call = (path: string, headers: Record<string, string>, init: RequestInit = {}) =>
    fetch(instance.urls.apis + path, {
      ...init,
      headers: { 'content-type': 'application/json', ...headers },
    });

  test('answer a user who signed in with a card, each by its access modes', async () => {
    const authorization = `Bearer ${await tokenOfCard()}`;
    const hello = await call('/hello-definition/hello/user', { authorization });
    assert.deepEqual([hello.status, await hello.json()], [200, { message: 'Hello user!' }]);
    const [journey] = (await instance.api<{ journeys: { id: string }[] }>('GET', '/journeys')).journeys;
    const { messages } = await instance.api<{ messages: { to: string; route: string }[] }>(
      'GET',
      `/journeys/${journey?.id}`,
    );
    const routes = messages.filter(({ to }) => to === 'api:hello-definition').map(({ route }) => route);
    assert.deepEqual(routes, ['/hello-definition/hello/user']);
    assert.equal((await call('/hello-definition/hello/application', { authorization })).status, 401);
    assert.equal(
      (await call('/clinical-prescription-tracker/RequestGroup?nhsNumber=9000000009', { authorization }))
        .status,
      501,
    );
    assert.equal((await call('/healthcare-worker/Worker?identifier=1', { authorization })).status, 401);
    assert.equal(
      (
        await call(
          '/custom-prescription-status-update/format-1',
          { authorization },
          { method: 'POST', body: '{}' },
        )
      ).status,
      401,
    );
  });

  test('respond to an application with its API key, and with an application-restricted token', async () => {
    const apikey = seededClients.combined.clientId;
    const hello = await call('/hello-definition/hello/application', { apikey });
    assert.deepEqual(await hello.json(), { message: 'Hello application!' });
    const update = await call(
      '/custom-prescription-status-update/format-1',
      { apikey, 'api-key': 'x' },
      { method: 'POST', body: '{}' },
    );
    assert.equal(update.status, 200);
    assert.equal(((await update.json()) as { type: string }).type, 'transaction-response');
    const { access_token } = await instance.api<{ access_token: string }>('POST', '/tokens', {
      person: 'gp',
      application: 'demo-combined',
    });
    assert.equal(
      (await call('/healthcare-worker/Worker?identifier=1', { authorization: `Bearer ${access_token}` }))
        .status,
      401,
    );
  });

  test('give the tracker as an upstream the user and the role', async () => {
    const upstream = await startUpstream(({ headers }, response) => {
      response.writeHead(200, { 'content-type': 'application/fhir+json' });
      response.end(JSON.stringify(headers));
    });
    try {
      await run(
        'api',
        'edit',
        'clinical-prescription-tracker',
        '--upstream',
        upstream.url,
        '--secret',
        'clinical-tracker-mtls-1=unused',
      );
      const answer = await call('/clinical-prescription-tracker/RequestGroup?nhsNumber=9000000009', {
        authorization: `Bearer ${await tokenOfCard()}`,
        'nhsd-identity-uuid': 'forged',
        'nhsd-organization-uuid': 'A1',
      });
      assert.equal(answer.status, 200);
      const sent = (await answer.json()) as Record<string, string>;
      assert.equal(sent['nhsd-identity-uuid'], '656005750108');
      assert.equal(sent['nhsd-organization-uuid'], 'A1');
      assert.match(sent['nhsd-session-urid'] ?? '', /^\d+$/);
    } finally {
      await upstream.stop();
    }
  });

  test('send the ID token, what is known of a citizen, and templates of an extension file', async () => {
    const upstream = await startUpstream(({ headers }, response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(JSON.stringify(headers));
    });
    const spec = join(folder, 'plain.yaml');
    const extension = join(folder, 'extension.yaml');
    writeFileSync(
      spec,
      "openapi: 3.0.3\nservers: [{url: /plain}]\npaths: {/a: {get: {responses: {'200': {description: x}}}}}\n",
    );
    writeFileSync(
      extension,
      `x-nhsd-apim:
  access: [{title: Users, grants: {nhs-cis2-aal3: [], nhs-login-p9: []}}]
  target-identity:
    - {name: id-token}
    - {name: cis2-acr, header: x-acr}
    - {name: nhs-login-nhs-number}
    - {name: nhs-login-identity-proofing-level, header: x-proofing}
x-alongside:
  headers:
    x-caller: '{application.name} as {token.id_token-subject} with {scope}'
    x-message: '{message.id}'
    x-nothing: '{attribute.none}{token.id_token}{unknown}'
`,
    );
    const applications = ['--application', 'demo-combined', '--application', 'demo-citizen'];
    await run('api', 'add', spec, '--upstream', upstream.url, '--extension', extension, ...applications);
    const sentFor = async (authorization: string) => {
      const forged = {
        'nhsd-id-token': 'x',
        'x-caller': 'x',
        'nhsd-nhslogin-nhs-number': 'x',
        'x-proofing': 'x',
      };
      const answer = await call('/plain/a', { authorization, ...forged });
      assert.equal(answer.status, 200);
      return (await answer.json()) as Record<string, string>;
    };
    try {
      const worker = await sentFor(`Bearer ${await tokenOfCard()}`);
      assert.equal(decodeJwt(worker['nhsd-id-token'] ?? '').sub, '656005750108');
      const order = { person: '656005750108', application: 'demo-combined' };
      const minted = await instance.api<{ access_token: string }>('POST', '/tokens', order);
      const sent = (await sentFor(`Bearer ${minted.access_token}`))['nhsd-id-token'] ?? '';
      const { keys } = (await (await fetch(`${instance.urls.cis2Issuer}/connect/jwk_uri`)).json()) as never;
      const { payload } = await jwtVerify(sent, createLocalJWKSet({ keys }));
      const { iss, sub, aud, sid } = decodeJwt(worker['nhsd-id-token'] ?? '');
      assert.deepEqual([payload.iss, payload.sub, payload.aud], [iss, sub, aud]);
      assert.deepEqual(
        Object.keys(payload).sort(),
        Object.keys(decodeJwt(worker['nhsd-id-token'] ?? '')).sort(),
      );
      assert.notEqual(payload.sid, sid);
      assert.equal(worker['x-acr'], 'AAL3_ANY');
      assert.equal(worker['x-nothing'], undefined);
      assert.match(
        worker['x-caller'] ?? '',
        /^demo-combined as 656005750108 with .*urn:nhsd:apim:user-nhs-cis2:aal3:plain/,
      );
      assert.match(worker['x-message'] ?? '', /^[0-9a-f-]{36}$/);
      const { access_token: token } = await instance.api('POST', '/tokens', {
        citizen: '9900000285',
        application: 'demo-citizen',
      });
      const citizen = await sentFor(`Bearer ${token}`);
      assert.deepEqual([citizen['nhsd-nhslogin-nhs-number'], citizen['x-proofing']], ['9900000285', 'P9']);
      assert.deepEqual(
        [worker['nhsd-nhslogin-nhs-number'], worker['x-proofing'], citizen['x-acr']],
        ['', '', ''],
      );
    } finally {
      await run('api', 'remove', 'plain');
      await upstream.stop();
    }
  });

  test('are called again by their applications once they are added again', async () => {
    const file = join(folder, 'kept.yaml');
    writeFileSync(
      file,
      "openapi: 3.0.3\nservers: [{url: /kept}]\nx-nhsd-apim: {access: [{grants: {app-level0: []}}]}\npaths:\n  /a:\n    get: {responses: {'200': {content: {application/json: {example: {a: 1}}}}}}\n",
    );
    const called = async () => (await call('/kept/a', { apikey: seededClients.combined.clientId })).status;
    await run('api', 'add', file, '--mock', '--application', 'demo-combined');
    assert.equal(await called(), 200);
    await run('api', 'remove', 'kept');
    assert.equal(await called(), 404);
    await run('api', 'add', file, '--mock');
    assert.equal(await called(), 200);
    await run('api', 'remove', 'kept');
  });

  test('survive an export and an import', async () => {
    const set = join(folder, 'set-up');
    await run('export', set, '--no-cards');
    assert.match(readFileSync(join(set, 'apis', 'hello-definition.yaml'), 'utf8'), /openapi: 3\.0\.3/);
    const before = await instance.api('GET', '/apis');
    await run('api', 'remove', 'hello-definition');
    assert.equal((await call('/hello-definition/hello/world', {})).status, 404);
    await run('import', set, '--no-cards');
    assert.deepEqual(await instance.api('GET', '/apis'), before);
    assert.equal(
      (await call('/hello-definition/hello/world', { apikey: seededClients.combined.clientId })).status,
      200,
    );
    await run('export', join(folder, 'again'), '--no-cards');
    assert.equal(
      readFileSync(join(folder, 'again', 'apis', 'hello-definition.yaml'), 'utf8'),
      readFileSync(join(set, 'apis', 'hello-definition.yaml'), 'utf8'),
    );
  });
});

describe('alongside api', () => {
  test('refuses names and base paths in use, and files that lead elsewhere, in one sentence', async () => {
    const file = published('hello-world/hello-world.yaml');
    for (const [more, message] of [
      [[], /hello-world\.yaml:\d+:\d+: The base path \/hello-world is in use by hello-world/],
      [['--base-path', '/oauth2/x'], /belongs to the platform/],
      [['--base-path', '/personal-demographics'], /in use by personal-demographics/],
      [['--base-path', '/free', '--name', 'hello-world'], /The name hello-world belongs to the platform/],
      [['--base-path', 'free'], /"basePath" must be a path/],
      [
        ['--base-path', '/free', '--upstream', 'ftp://x'],
        /either|"upstream" must be an http or https address/,
      ],
      [['--base-path', '/free', '--errors', 'nonsense'], /"errors" must be one of apigee/],
      [['--base-path', '/free', '--set', 'eror=1'], /x-alongside has no member "eror"/],
    ] as [string[], RegExp][])
      await assert.rejects(run('api', 'add', file, '--mock', ...more), message, more.join(' '));
    await assert.rejects(
      run('api', 'add', file, '--upstream', 'http://169.254.169.254/'),
      /"upstream" must not be a link-local address/,
    );
    for (const words of [['add', '--mock'], ['check']])
      await assert.rejects(
        run('api', ...words, join(folder, 'none.yaml')),
        /none\.yaml cannot be read: it does not exist\.$/,
      );
    const outside = join(folder, 'outside.yaml');
    writeFileSync(
      outside,
      "openapi: 3.0.3\nservers: [{url: /outside}]\npaths:\n  /a:\n    $ref: '../x.yaml'\n",
    );
    await assert.rejects(
      run('api', 'check', outside),
      /^OperatorError: outside\.yaml:5:5: .*leads out of the folder/,
    );
  });

  test('refuses a plain OpenAPI file with exit code 1 and both ways out, and opens it with --open', async () => {
    const file = join(folder, 'open.yaml');
    writeFileSync(
      file,
      "openapi: 3.0.3\nservers: [{url: /opened}]\npaths:\n  /a:\n    get: {responses: {'200': {content: {application/json: {example: {a: 1}}}}}}\n",
    );
    const upstream = ['--upstream', 'http://localhost:9'];
    for (const words of [
      ['add', ...upstream, ...selected],
      ['check', ...upstream],
    ]) {
      const { code, err } = await runProcess(['api', ...words, file]);
      assert.equal(code, 1, err);
      assert.match(err, /open\.yaml:5:10: GET \/a has neither security nor access.*--extension FILE.*--open/);
    }
    const refused = await instance.call('POST', '/apis', {
      text: readFileSync(file, 'utf8'),
      upstream: '',
      open: '',
    });
    assert.deepEqual([refused.status, refused.body.line], [400, 5]);
    assert.match(String(refused.body.problem), /"open": true/);
    await run('api', 'add', file, '--mock', '--open');
    assert.equal((await fetch(`${instance.urls.apis}/opened/a`)).status, 200);
    assert.match((await run('api', 'list')).lines.join('\n'), /opened .*1 operation, 1 open to anyone/);
    assert.match(await (await fetch(`${instance.urls.console}/apis`)).text(), /1 open to anyone/);
    await assert.rejects(
      instance.api('PATCH', '/apis/opened', { open: false }),
      /neither security nor access/,
    );
    await run('api', 'remove', 'opened');
  });

  test('refuses names of files that lead out of a folder on any system', async () => {
    const text =
      'openapi: 3.0.3\nservers: [{url: /named}]\nsecurity: []\npaths: {/a: {get: {responses: {}}}}\n';
    const add = (name: string, entry = name) =>
      instance.call('POST', '/apis', { entry, files: { [name]: text }, mock: true });
    for (const name of [
      '../a.yaml',
      'a/../../b.yaml',
      'a/..',
      '..',
      '.',
      './a.yaml',
      'a//b.yaml',
      'a/',
      '/etc/a.yaml',
      '\\a.yaml',
      'a\\..\\b.yaml',
      'C:a.yaml',
      'c:/a.yaml',
      'a\n.yaml',
      'a\u2028.yaml',
    ]) {
      const { status, body } = await add(name);
      assert.equal(status, 400, JSON.stringify(name));
      assert.match(JSON.stringify(body), /must be a path below the folder/, JSON.stringify(name));
    }
    for (const [name, entry] of [['a.yaml', '../a.yaml'], ['a\0.yaml']] as const)
      assert.equal((await add(name, entry)).status, 400);
    assert.equal((await add('a..b/..c/.d/e.yaml')).status, 201);
    await instance.api('DELETE', '/apis/named');
  });

  test('checks a definition without an instance, also its examples', async () => {
    const file = join(folder, 'checked.yaml');
    const schema = 'schema: {type: object, required: [name]}';
    writeFileSync(
      file,
      `openapi: 3.0.3\nservers: [{url: /checked}]\nx-nhsd-apim: {}\nsecurity: []\npaths:\n  /a:\n    get: {responses: {'200': {content: {application/json: {${schema}, example: {a: 1}}}}}}\n`,
    );
    const { lines, notes } = await invoke(['api', 'check', file]);
    assert.ok(lines.some((line) => /operations +GET \/a: open/.test(line)));
    assert.ok(
      notes.includes('Warning: The example "example" of GET /a, 200, does not conform: name is missing.'),
    );
    const update = published(
      'custom-prescription-status-update/eps-custom-prescription-status-update-api.yaml',
    );
    const ofUpdates = await invoke(['api', 'check', update]);
    assert.equal(ofUpdates.notes.filter((note) => note.includes('does not conform')).length, 0);
  });

  test('lists, shows, edits and removes an API', async () => {
    const file = join(folder, 'small.yaml');
    writeFileSync(
      file,
      "openapi: 3.0.3\nservers: [{url: /small}]\nsecurity: []\nx-nhsd-apim: {}\npaths:\n  /a:\n    get: {responses: {'200': {content: {application/json: {example: {a: 1}}}}}}\n",
    );
    await run('api', 'add', file, '--mock');
    const listed = await invokeJson<{ apis: { name: string; backEnd: string }[] }>([
      'api',
      'list',
      ...selected,
    ]);
    assert.equal(listed.apis.find(({ name }) => name === 'small')?.backEnd, 'mock');
    assert.equal(listed.apis[0]?.backEnd, 'in process');
    assert.equal((await fetch(`${instance.urls.apis}/small/a`)).status, 200);
    await run('api', 'edit', 'small', '--set', 'faults=[{"status": 418}]');
    assert.equal((await fetch(`${instance.urls.apis}/small/a`)).status, 418);
    await run('api', 'edit', 'small', '--set', 'faults=null', '--base-path', '/smaller');
    assert.equal((await fetch(`${instance.urls.apis}/small/a`)).status, 404);
    assert.equal((await fetch(`${instance.urls.apis}/smaller/a`)).status, 200);
    assert.deepEqual(
      (await run('api', 'export', 'small')).lines,
      readFileSync(file, 'utf8').trimEnd().split('\n'),
    );
    const address = `${instance.urls.apis}/smaller`;
    for (const words of [['list'], ['show', 'small']])
      assert.ok((await run('api', ...words)).lines.join('\n').includes(address), words.join(' '));
    await assert.rejects(run('api', 'remove', 'smal'), /There is no API "smal"\. Did you mean small\?/);
    await assert.rejects(
      run('api', 'edit', 'small', '--application', 'demo-combind'),
      /Did you mean demo-combined\?/,
    );
    await run('api', 'remove', 'small');
    await assert.rejects(
      run('api', 'show', 'small'),
      /There is no API "small"\..* alongside api list names them/,
    );
    assert.equal((await fetch(`${instance.urls.apis}/smaller/a`)).status, 404);
  });

  test('shows an operation that no access mode permits', async () => {
    const file = join(folder, 'own-scheme.yaml');
    writeFileSync(
      file,
      'openapi: 3.0.3\nservers: [{url: /own}]\nsecurity: [{Own: []}]\ncomponents: {securitySchemes: {Own: {type: http, scheme: bearer}}}\npaths: {/a: {get: {responses: {}}}}\n',
    );
    const { lines, notes } = await invoke(['api', 'check', file]);
    assert.ok(lines.some((line) => line.endsWith('GET /a: a grant of access, which has none')));
    assert.ok(notes.some((note) => note.includes('No application can call this API')));
  });

  test('refuses the name of a secret that no definition could use', async () => {
    const file = published('hello-world/hello-world.yaml');
    const unfit = await instance.call('PUT', '/api-secrets/a%2Fb', { value: 'x' });
    assert.deepEqual([unfit.status, unfit.body.field], [400, 'name']);
    for (const secret of ['a/b=x', '=x', 'a='])
      await assert.rejects(
        run('api', 'add', file, '--mock', '--base-path', '/unused', '--secret', secret),
        /--secret takes NAME=@FILE/,
      );
  });

  test('waits for a definition that is read for more than 30 seconds', async () => {
    const file = join(folder, 'slow.yaml');
    const hurry = join(folder, 'hurry.mjs');
    writeFileSync(
      file,
      'openapi: 3.0.3\nservers: [{url: /slow}]\nsecurity: []\npaths: {/a: {get: {responses: {}}}}\n',
    );
    // The first limit of the command is reached at once if it is at most 31 s.
    writeFileSync(
      hurry,
      `const wait = setTimeout;
let isFirst = true;
globalThis.setTimeout = (act, ms, ...more) => {
  const isLimit = isFirst && ms >= 10_000;
  if (isLimit) isFirst = false;
  return wait(act, isLimit && ms <= 31_000 ? 0 : ms, ...more);
};
`,
    );
    const variables = { NODE_OPTIONS: `--import=${pathToFileURL(hurry)}` };
    const slow = await runProcess(['api', 'list', ...selected], { variables });
    assert.match(
      slow.err,
      /^The instance at \S+ runs but did not answer GET \/apis within 30 s\. It may still/,
    );
    const { code, err } = await runProcess(['api', 'add', file, '--mock', ...selected], { variables });
    assert.equal(code, 0, err);
    await run('api', 'remove', 'slow');
  });

  test('takes a pasted file from the page of the console', async () => {
    const text =
      "openapi: 3.0.3\nservers: [{url: /pasted}]\nsecurity: []\nx-nhsd-apim: {}\npaths: {/a: {get: {responses: {'204': {description: none}}}}}\n";
    const added = await instance.call('POST', '/apis', { text, basePath: '', upstream: '', mock: 'true' });
    assert.equal(added.status, 201, JSON.stringify(added.body));
    assert.equal((await fetch(`${instance.urls.apis}/pasted/a`)).status, 204);
    const bad = await instance.call('POST', '/apis', { text: 'a: [', mock: 'true' });
    assert.equal(bad.status, 400);
    assert.deepEqual(
      [bad.body.error, bad.body.file, bad.body.line],
      ['invalid_definition', 'openapi.yaml', 1],
    );
    const page = await (await fetch(`${instance.urls.console}/apis`)).text();
    assert.match(page, /<strong>pasted<\/strong>/);
    const products = await (await fetch(`${instance.urls.console}/products`)).text();
    assert.match(products, /<bdi>Healthcare Worker API \(app-level3\)<\/bdi>/);
    await instance.api('DELETE', '/apis/pasted');
  });
});

test('records responses of an upstream into a folder until it is stopped, and replays them', async () => {
  const file = join(folder, 'recorded.yaml');
  const kept = join(folder, 'kept');
  writeFileSync(
    file,
    "openapi: 3.0.3\nservers: [{url: /recorded}]\nsecurity: []\nx-nhsd-apim: {}\npaths:\n  /a/{id}:\n    get: {responses: {'200': {description: ok}}}\n",
  );
  const upstream = await startUpstream(({ url }, response) => {
    response.writeHead(200, { 'content-type': 'application/json', 'set-cookie': 'secret=1' });
    response.end(JSON.stringify({ from: url }));
  });
  const words = ['api', 'add', file, '--upstream', upstream.url, '--record', kept, ...selected];
  const recorder = spawn(process.execPath, [main, ...words], { stdio: ['ignore', 'ignore', 'pipe'] });
  const ended = once(recorder, 'exit');
  try {
    let notes = '';
    while (!notes.includes('Press Ctrl-C')) notes += String((await once(recorder.stderr, 'data'))[0]);
    const headers = { authorization: 'Bearer secret', 'nhsd-session-uuid': 'secret' };
    const address = `${instance.urls.apis}/recorded/a/1?q=2`;
    assert.equal((await fetch(address, { headers })).status, 200, notes);
    recorder.kill('SIGINT');
    assert.deepEqual(await ended, [0, null]);
    const text = readFileSync(join(kept, 'recorded.json'), 'utf8');
    assert.doesNotMatch(text, /secret/);
    assert.equal((JSON.parse(text) as { examples: object[] }).examples.length, 1);
    await assert.rejects(
      run('api', 'add', file, '--upstream', upstream.url, '--record', kept),
      /recorded\.json exists/,
    );
    await fetch(`${instance.urls.apis}/recorded/a/2`);
    assert.equal(
      (await instance.api<{ examples: object[] }>('GET', '/apis/recorded/source')).examples.length,
      1,
    );
    await run('api', 'remove', 'recorded');
    await run('api', 'add', file, '--mock', '--record', kept);
    assert.deepEqual(await (await fetch(address)).json(), { from: '/a/1?q=2' });
    await run('api', 'remove', 'recorded');
    const replay = (from: string) => run('api', 'add', file, '--mock', '--record', from);
    await assert.rejects(replay(folder), /recorded\.json cannot be read/);
    writeFileSync(join(kept, 'recorded.json'), '{"examples": [{"status": 1}]}');
    await assert.rejects(replay(kept), /examples/);
  } finally {
    recorder.kill();
    await upstream.stop();
  }
});

test('a reset removes the APIs that were added, with their products and secrets', async () => {
  const file = join(folder, 'until-reset.yaml');
  writeFileSync(
    file,
    "openapi: 3.0.3\nservers: [{url: /until-reset}]\nsecurity: []\nx-nhsd-apim: {access: [{grants: {app-level3: []}}], target: {security: {type: apikey, secret: kept}}}\npaths: {/a: {get: {responses: {'200': {description: ok}}}}}\n",
  );
  const upstream = await startUpstream((_, response) => response.end('ok'));
  const add = (...more: string[]) => run('api', 'add', file, '--upstream', upstream.url, ...more);
  try {
    await add('--secret', 'kept=1');
    const address = `${instance.urls.apis}/until-reset/a`;
    assert.equal((await fetch(address)).status, 200);
    await run('reset');
    assert.equal((await fetch(address)).status, 404);
    const { apis } = await instance.api<{ apis: { backEnd: string }[] }>('GET', '/apis');
    assert.deepEqual([...new Set(apis.map(({ backEnd }) => backEnd))], ['in process']);
    assert.doesNotMatch(JSON.stringify(await instance.api('GET', '/products')), /until-reset/);
    await add('--secret', 'kept');
    assert.equal((await fetch(address)).status, 500, 'without its secret');
  } finally {
    await upstream.stop();
  }
});
