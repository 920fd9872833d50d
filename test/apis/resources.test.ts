import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { decodeJwt } from 'jose';
import type { ListedApi } from '../../src/gateway/protocol.ts';
import { startInstance, type TestInstance } from '../testing/instance.ts';

const definition = `openapi: 3.0.3
info: {title: Deep, version: 1.0.0}
x-nhsd-apim: {access: [{title: Applications, grants: {app-level3: []}}]}
paths:
  /thing: {get: {responses: {'200': {description: A thing, content: {application/json: {example: {a: 1}}}}}}}
`;
const challenge = createHash('sha256').update(randomBytes(32)).digest('base64url');
const callback = 'https://app.example.test/callback';

describe('the resource that the metadata of an API names (RFC 9728)', () => {
  let instance: TestInstance;
  let apis: ListedApi[];
  let client: { clientId: string; clientSecret: string };
  before(async () => {
    instance = await startInstance();
    await instance.api('POST', '/apis', {
      entry: 'deep.yaml',
      files: { 'deep.yaml': definition },
      name: 'deep',
      basePath: '/deep/FHIR/R4',
      mock: true,
    });
    ({ apis } = await instance.api<{ apis: ListedApi[] }>('GET', '/apis'));
    const names = apis.map(({ name }) => name);
    await instance.api('POST', '/products', {
      name: 'every-api',
      apis: [...names, 'oauth2.1'],
      scopes: names.flatMap((name) => [
        `urn:nhsd:apim:app:level3:${name}`,
        `urn:nhsd:apim:user-nhs-cis2:aal3:${name}`,
      ]),
      limits: null,
    });
    const made = await instance.api<{ platform: typeof client }>('POST', '/applications', {
      name: 'of every API',
      profile: 'standard',
      platform: {
        callbackUrls: [callback],
        products: ['every-api'],
        accessToken: { format: 'jwt', signingAlg: 'ES256' },
      },
    });
    client = made.platform;
  });
  after(() => instance.stop());

  const post = (path: string, form: Record<string, string>) =>
    fetch(`${instance.urls.api}/oauth2.1/${path}`, {
      method: 'POST',
      body: new URLSearchParams({
        client_id: client.clientId,
        client_secret: client.clientSecret,
        ...form,
      }),
    });
  const requestOf = (resource: string, name: string) => ({
    response_type: 'code',
    redirect_uri: callback,
    scope: `urn:nhsd:apim:user-nhs-cis2:aal3:${name}`,
    state: 'state-1',
    code_challenge: challenge,
    code_challenge_method: 'S256',
    resource,
  });

  test('is its address, and is accepted at /authorize, /par and /token, for every API', async () => {
    assert.ok(apis.some(({ basePath }) => basePath === '/personal-demographics/FHIR/R4'));
    for (const { name, basePath, address } of apis) {
      const { origin } = new URL(address);
      const metadata = await fetch(`${origin}/.well-known/oauth-protected-resource${basePath}`);
      const { resource } = (await metadata.json()) as { resource: string };
      assert.equal(resource, address);

      const request = requestOf(resource, name);
      const query = new URLSearchParams({ client_id: client.clientId, ...request });
      const authorize = await fetch(`${instance.urls.api}/oauth2.1/authorize?${query}`, {
        redirect: 'manual',
      });
      assert.ok(authorize.headers.get('location')?.startsWith(instance.urls.cis2Issuer), name);
      assert.equal((await post('par', request)).status, 201, name);
      const token = await post('token', {
        grant_type: 'client_credentials',
        scope: `urn:nhsd:apim:app:level3:${name}`,
        resource,
      });
      const { access_token } = (await token.json()) as { access_token: string };
      assert.equal(token.status, 200, name);
      assert.equal(decodeJwt(access_token).aud, resource);
    }
  });

  test('is that of the token which the API accepts, and no other API does', async () => {
    const address = (of: string) => apis.find(({ name }) => name === of)?.address ?? assert.fail(of);
    const token = await post('token', {
      grant_type: 'client_credentials',
      scope: 'urn:nhsd:apim:app:level3:deep urn:nhsd:apim:app:level3:hello-world',
      resource: address('deep'),
    });
    const { access_token } = (await token.json()) as { access_token: string };
    const headers = { authorization: `Bearer ${access_token}` };
    assert.equal((await fetch(`${address('deep')}/thing`, { headers })).status, 200);
    assert.equal((await fetch(`${address('hello-world')}/hello/application`, { headers })).status, 401);
  });

  test('is refused at the origin of the platform for an API that has another, and for an API of no product', async () => {
    for (const resource of [`${instance.urls.api}/deep/FHIR/R4`, `${instance.urls.apis}/other`]) {
      const refused = await post('token', { grant_type: 'client_credentials', resource });
      assert.equal(((await refused.json()) as { error: string }).error, 'invalid_target', resource);
    }
  });
});
