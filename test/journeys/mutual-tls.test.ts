import assert from 'node:assert/strict';
import { createPublicKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import https from 'node:https';
import { after, before, describe, test } from 'node:test';
import { makeAuthority, type TestAuthority } from '../testing/authority.ts';
import { startInstance, type TestInstance } from '../testing/instance.ts';

interface Pair {
  certificate: string;
  key: string;
}
interface Answer {
  status: number;
  body: Record<string, unknown>;
}

const pem = (file: string): string => readFileSync(file, 'utf8');

describe('clients with a certificate, over real TLS (RFC 8705)', () => {
  let authority: TestAuthority;
  let instance: TestInstance;
  let client: Pair;
  let stranger: Pair;
  let origin = '';
  let tokenUrl = '';

  before(async () => {
    authority = makeAuthority();
    const { certificate, key } = authority.issue('localhost');
    client = authority.issue('client');
    stranger = authority.issue('stranger');
    instance = await startInstance({
      tlsCertificate: certificate,
      tlsKey: key,
      tlsAuthority: authority.certificate,
      tlsClientAuthorities: authority.certificate,
    });
    const metadata = await ask(`${instance.urls.api}/.well-known/oauth-authorization-server/oauth2.1`);
    const aliases = metadata.body.mtls_endpoint_aliases as Record<string, string>;
    tokenUrl = aliases.token_endpoint ?? '';
    origin = new URL(tokenUrl).origin;
  });
  after(async () => {
    await instance?.stop();
    authority?.discard();
  });

  const ask = (
    url: string,
    presented?: Pair,
    form?: Record<string, string>,
    token?: string,
  ): Promise<Answer> =>
    new Promise((resolve, reject) => {
      const call = https.request(
        url,
        {
          agent: false,
          method: form ? 'POST' : 'GET',
          ca: pem(authority.certificate),
          ...(presented ? { cert: pem(presented.certificate), key: pem(presented.key) } : {}),
          headers: {
            ...(form ? { 'content-type': 'application/x-www-form-urlencoded' } : {}),
            ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
          },
        },
        (answer) => {
          const parts: Buffer[] = [];
          answer.on('data', (part: Buffer) => parts.push(part));
          answer.on('end', () =>
            resolve({ status: answer.statusCode ?? 0, body: JSON.parse(Buffer.concat(parts).toString()) }),
          );
        },
      );
      call.on('error', reject);
      call.end(form && new URLSearchParams(form).toString());
    });

  const register = async (platform: Record<string, unknown>): Promise<string> => {
    const made = await instance.api<{ platform: { clientId: string } }>('POST', '/applications', {
      name: 'with a certificate',
      profile: 'fapi2',
      platform: { products: ['hello-world'], ...platform },
    });
    return made.platform.clientId;
  };
  const credentials = (clientId: string, presented?: Pair, at = tokenUrl) =>
    ask(at, presented, { grant_type: 'client_credentials', client_id: clientId });
  const hello = (token: unknown, presented?: Pair) =>
    ask(`${origin}/hello-world/hello/application`, presented, undefined, String(token));

  test("get a token bound to the authority's certificate with tls_client_auth", async () => {
    const id = await register({
      tokenEndpointAuthMethod: 'tls_client_auth',
      attributes: { tls_client_auth_san_dns: 'client' },
    });
    const { status, body } = await credentials(id, client);
    assert.equal(status, 200, JSON.stringify(body));
    assert.equal((await hello(body.access_token, client)).status, 200);
    for (const other of [stranger, undefined])
      assert.equal((await hello(body.access_token, other)).status, 401);
    for (const other of [stranger, undefined]) {
      const refused = await credentials(id, other);
      assert.deepEqual([refused.status, refused.body.error], [401, 'invalid_client']);
    }
  });

  test('call an API by definition at its own address for certificates, which is not that of the platform', async () => {
    const text =
      'openapi: 3.0.3\ninfo: {title: Own, version: 1.0.0}\nx-nhsd-apim: {access: [{title: Own, grants: {app-level3: []}}]}\n' +
      "paths: {/a: {get: {responses: {'200': {description: A, content: {application/json: {example: {a: 1}}}}}}}}\n";
    const { access } = await instance.api<{ access: { product: string }[] }>('POST', '/apis', {
      entry: 'own.yaml',
      files: { 'own.yaml': text },
      basePath: '/own',
      mock: true,
    });
    const id = await register({
      tokenEndpointAuthMethod: 'tls_client_auth',
      attributes: { tls_client_auth_san_dns: 'client' },
      products: access.map(({ product }) => product),
    });
    const { body } = await credentials(id, client);
    const call = (at: string, presented?: Pair) =>
      ask(`${at}/own/a`, presented, undefined, String(body.access_token));
    const own = `https://localhost:${instance.state.ports.apisMutualTls}`;
    assert.deepEqual((await call(own, client)).body, { a: 1 });
    assert.equal((await call(own, stranger)).status, 401);
    assert.equal((await call(instance.urls.apis, client)).status, 401, 'it requests no certificate');
    assert.equal((await call(origin, client)).status, 404);
  });

  test('authenticate with a certificate from their key set with self_signed_tls_client_auth', async () => {
    const jwk = createPublicKey(pem(client.certificate)).export({ format: 'jwk' });
    const id = await register({
      tokenEndpointAuthMethod: 'self_signed_tls_client_auth',
      jwks: { keys: [{ ...jwk, kid: 'own' }] },
    });
    assert.equal((await credentials(id, client)).status, 200);
    assert.equal((await credentials(id, stranger)).status, 401);
  });

  test('send no certificate to the general address, which does not request one', async () => {
    const id = await register({
      tokenEndpointAuthMethod: 'tls_client_auth',
      attributes: { tls_client_auth_san_dns: 'client' },
    });
    assert.equal((await credentials(id, client, `${instance.urls.api}/oauth2.1/token`)).status, 401);
  });
});
