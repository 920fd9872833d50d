import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { type Holder, newHolder } from '../testing/binding.ts';
import { pdsBase, type RunningGateway, startGateway } from '../testing/gateway.ts';
import { addDefinition } from '../testing/published.ts';
import { startUpstream, type TestUpstream } from '../testing/upstream.ts';

const definition = `openapi: 3.0.3
info: {title: Test, version: 1.0.0}
security: [{app-level3: []}]
x-nhsd-apim: {access: [{title: Applications, grants: {app-level3: []}}]}
x-alongside: {validate: off, errors: problem}
paths:
  /open: {get: {security: [], responses: {'200': {description: Anything}}}}
  /moved: {get: {security: [], responses: {'302': {description: Elsewhere}}}}
  /guarded: {get: {responses: {'200': {description: Anything}}}}
`;
const platform = 'https://api.example.test';
const apis = 'https://apis.example.test';
const own = '/deep/FHIR/R4';
const scope = 'urn:nhsd:apim:app:level3:deep';

describe('APIs by definition with an origin of their own', () => {
  let gateway: RunningGateway;
  let upstream: TestUpstream;
  let holder: Holder;
  before(async () => {
    upstream = await startUpstream(({ url }, response) => {
      if (url === '/moved') response.writeHead(302, { location: `${upstream.url}/open` });
      response.end('{}');
    });
    const urls = { console: '', api: platform, apis, cis2: '', identityAgent: '', cis: '', sample: '' };
    gateway = await startGateway({}, ':memory:', { urls });
    await addDefinition(gateway, {
      entry: 'deep.yaml',
      files: { 'deep.yaml': definition },
      name: 'deep',
      basePath: own,
      upstream: upstream.url,
    });
    await gateway.products.save({ name: 'deep', apis: ['deep'], scopes: [scope], limits: null });
    await gateway.addStandardApplication('modern', ['deep', 'pds']);
    holder = await newHolder();
  });
  after(async () => {
    await gateway.stop();
    await upstream.stop();
  });

  const tokenFor = (attributes: Record<string, string> = {}) =>
    gateway.issue({ applicationId: 'modern', issuer: `${platform}/oauth2.1`, scope, attributes, uid: null });

  test('are served there, and nothing else is', async () => {
    assert.equal((await gateway.callApis(`${own}/open`)).status, 200);
    assert.equal((await gateway.callApis(`${own}/_ping`)).status, 200);
    for (const path of [`${pdsBase}/_ping`, '/hello-world/hello/world', '/oauth2/_ping', '/'])
      assert.equal((await gateway.callApis(path)).status, 404, path);
  });

  test('are refused at the platform in their own error format, with the right address and without a call', async () => {
    const token = await tokenFor();
    const before = upstream.requests.length;
    for (const path of ['/open', '/guarded', '/_ping', '/nothing', '']) {
      const answer = await gateway.call(own + path, { token });
      assert.equal(answer.status, 404, path);
      assert.equal(answer.headers.get('content-type'), 'application/problem+json');
      assert.equal(((await answer.json()) as { detail: string }).detail, `This API is at ${apis}${own}`);
      assert.match(answer.headers.get('content-security-policy') ?? '', /^sandbox/);
    }
    assert.equal(upstream.requests.length, before);
    assert.equal((await gateway.call(`${pdsBase}/_ping`)).status, 200, 'those of the platform stay');
  });

  test('have their metadata there, under the address that is their identifier', async () => {
    const path = (base: string) => `/.well-known/oauth-protected-resource${base}`;
    const metadata = (await (await gateway.callApis(path(own))).json()) as Record<string, unknown>;
    assert.equal(metadata.resource, apis + own);
    assert.deepEqual(metadata.authorization_servers, [`${platform}/oauth2.1`]);
    const pds = (await (await gateway.call(path(pdsBase))).json()) as Record<string, unknown>;
    assert.equal(pds.resource, platform + pdsBase);
    assert.equal((await gateway.call(path(own))).status, 404);
    assert.equal((await gateway.callApis(path(pdsBase))).status, 404);
    const challenge = (await gateway.callApis(`${own}/guarded`)).headers.get('www-authenticate');
    assert.equal(challenge, `Bearer resource_metadata="${apis}${path(own)}"`);
  });

  test('accept a token for their address or the platform, and none for the same path of the platform', async () => {
    for (const [aud, status] of [
      [apis + own, 200],
      [platform, 200],
      [platform + own, 401],
      [`${apis}/deep`, 401],
    ] as const) {
      const answer = await gateway.callApis(`${own}/guarded`, { token: await tokenFor({ aud }) });
      assert.equal(answer.status, status, aud);
    }
  });

  test('accept a DPoP proof for their address alone', async () => {
    const token = await tokenFor({ cnf: JSON.stringify({ jkt: holder.jkt }) });
    for (const [htu, status] of [
      [`${apis}${own}/guarded`, 200],
      [`${platform}${own}/guarded`, 401],
    ] as const) {
      const headers = { authorization: `DPoP ${token}`, dpop: await holder.proof(gateway, token, { htu }) };
      assert.equal((await gateway.callApis(`${own}/guarded`, { headers })).status, status, htu);
    }
  });

  test('show their own address instead of that of the upstream', async () => {
    const answer = await gateway.callApis(`${own}/moved`, { redirect: 'manual' });
    assert.equal(answer.headers.get('location'), `${apis}${own}/open`);
  });
});
