import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { applicationOf, scopes } from '../testing/applications.ts';
import { assertionOf, newClientKey, withAssertion } from '../testing/assertions.ts';
import { throughBrowser } from '../testing/journeys.ts';
import type { Platform } from '../testing/platform.ts';
import { newProver, type Prover } from '../testing/proofs.ts';
import { type StandardClient, standardIssuer, startStandardClient } from '../testing/standard.ts';

let client: StandardClient;
let platform: Platform;
let prover: Prover;
before(async () => {
  client = await startStandardClient();
  platform = client.platform;
  prover = await newProver(platform.clock);
});
after(() => platform.close());

type Change = Record<string, string | undefined>;
type Headers = Record<string, string>;

const push = async (change: Change = {}, headers: Headers = {}) =>
  platform.post(
    '/oauth2.1/par',
    { ...client.requestOf('strict', change), ...(await client.credentials('strict')) },
    headers,
  );
const signIn = (requestUri: string) =>
  throughBrowser(platform, '/oauth2.1/authorize', { client_id: 'key-of-strict', request_uri: requestUri });
const codeOf = async (headers: Headers = {}): Promise<string> => {
  const { body, status, text } = await push({}, headers);
  assert.equal(status, 201, text);
  return (await signIn(body.request_uri)).location?.searchParams.get('code') ?? '';
};
const proof = (path = '/token') => prover.header({ htu: `${standardIssuer}${path}` });
const redeem = async (code: string, change: Change = {}, headers?: Headers) =>
  client.redeem('strict', code, change, headers ?? (await proof()));
/** Requests client credentials with an unusual assertion. */
const withChanged = async (change: Partial<Parameters<typeof assertionOf>[0]>, headers?: Headers) =>
  platform.post(
    '/oauth2.1/token',
    {
      grant_type: 'client_credentials',
      ...withAssertion(
        await assertionOf({
          id: 'strict',
          audience: standardIssuer,
          clock: platform.clock,
          signer: client.elliptic,
          algorithm: 'ES256',
          ...change,
        }),
      ),
    },
    headers ?? (await proof()),
  );

// The names are those of the modules of the FAPI 2.0 Security Profile test plan, which test/conformance/fapi2-platform.test.ts
// runs. Here are exact errors that the modules leave open, and rules of this server.
describe('fapi2 profile', () => {
  test('happy-flow', async () => {
    const { status, body, text } = await redeem(await codeOf());
    assert.equal(status, 200, text);
    assert.equal(body.token_type, 'DPoP');
    assert.equal(body.scope, scopes.aal3);
  });
  test('ensure-unsigned-authorization-request-without-using-par-fails', async () => {
    const { status, location } = await platform.get(
      '/oauth2.1/authorize',
      client.requestOf('strict', { state: 's' }),
    );
    assert.equal(status, 302);
    assert.equal(location?.searchParams.get('error'), 'invalid_request');
    assert.deepEqual(
      [location?.searchParams.get('iss'), location?.searchParams.get('state')],
      [standardIssuer, 's'],
    );
  });
  test('par-attempt-reuse-request_uri, par-ensure-reused-request-uri-prior-to-auth-completion-succeeds', async () => {
    const { body } = await push();
    const once = await platform.get('/oauth2.1/authorize', {
      client_id: 'key-of-strict',
      request_uri: body.request_uri,
    });
    assert.equal(once.status, 302);
    assert.ok((await signIn(body.request_uri)).location?.searchParams.get('code'));
    const again = await platform.get('/oauth2.1/authorize', {
      client_id: 'key-of-strict',
      request_uri: body.request_uri,
    });
    assert.deepEqual([again.status, again.body.error], [400, 'invalid_request_uri']);
  });
  test('par-attempt-to-use-expired-request_uri, par-attempt-to-use-request_uri-for-different-client', async () => {
    const { body } = await push();
    const begin = (id: string) =>
      platform.get('/oauth2.1/authorize', { client_id: `key-of-${id}`, request_uri: body.request_uri });
    assert.equal((await begin('web')).body.error, 'invalid_request_uri');
    platform.clock.advance(61);
    assert.equal((await begin('strict')).body.error, 'invalid_request_uri');
  });
  test('ensure-holder-of-key-required: issues no token without a proof', async () => {
    const code = await codeOf();
    const { status, body } = await redeem(code, {}, {});
    assert.deepEqual([status, body.error], [400, 'invalid_dpop_proof']);
    // The code is still valid.
    assert.equal((await redeem(code)).status, 200);
  });
  test('ensure-dpop-auth-code-binding-success, ensure-mismatched-dpop-jkt-fails', async () => {
    const code = await codeOf(await proof('/par'));
    const stranger = await newProver(platform.clock);
    assert.equal((await redeem(code, {}, await stranger.header())).body.error, 'invalid_dpop_proof');
    assert.equal((await redeem(code)).status, 200);
  });
  test('ensure-signed-client-assertion-with-RS256-fails', async () => {
    const rsa = await newClientKey('test-rsa', 'RS256');
    const keys = { keys: [rsa.jwk, client.elliptic.jwk] };
    await platform.applications.add(
      applicationOf('strict-rsa', {
        profile: 'fapi2',
        tokenEndpointAuthMethod: 'private_key_jwt',
        secrets: [],
        jwks: keys,
      }),
    );
    const by = (algorithm: 'RS256' | 'PS256') => withChanged({ id: 'strict-rsa', signer: rsa, algorithm });
    assert.equal((await by('RS256')).body.error, 'invalid_client');
    assert.equal((await by('PS256')).status, 200);
  });
  test('check-dpop-proof: refuses RS256', async () => {
    const rsa = await newProver(platform.clock, 'RS256');
    const { status, body } = await withChanged({}, await rsa.header());
    assert.deepEqual([status, body.error], [400, 'invalid_dpop_proof']);
  });
  test('refresh-token: keeps the token, and requires a proof', async () => {
    const { body } = await redeem(await codeOf());
    const again = async (headers?: Headers) =>
      client.refresh('strict', body.refresh_token, {}, headers ?? (await proof()));
    assert.equal((await again({})).body.error, 'invalid_dpop_proof');
    const first = await again();
    assert.deepEqual(Object.keys(first.body), ['access_token', 'token_type', 'expires_in', 'scope']);
    assert.equal(first.body.token_type, 'DPoP');
    platform.clock.advance(3_600);
    assert.equal((await again()).status, 200);
    await platform.post('/oauth2.1/revoke', {
      token: body.refresh_token,
      ...(await client.credentials('strict')),
    });
    assert.deepEqual((await again()).body.error, 'invalid_grant');
  });
  test('never signs a JWT access token by RS256', async () => {
    await platform.applications.add(
      applicationOf('strict-jwt', {
        profile: 'fapi2',
        tokenEndpointAuthMethod: 'private_key_jwt',
        secrets: [],
        jwks: { keys: [client.elliptic.jwk] },
        accessToken: { format: 'jwt', signingAlg: 'RS256' },
      }),
    );
    const { body } = await withChanged({ id: 'strict-jwt' });
    const [header = ''] = String(body.access_token).split('.');
    assert.equal(JSON.parse(Buffer.from(header, 'base64url').toString()).alg, 'PS256');
  });
});

describe('DPoP nonces that the server chooses (RFC 9449 section 8)', () => {
  let strict: StandardClient;
  before(async () => {
    strict = await startStandardClient({ base: { options: { proofNonces: true } } });
  });
  after(() => strict.platform.close());

  test('are required, announced and accepted for a while', async () => {
    const holder = await newProver(strict.platform.clock);
    const ask = async (nonce?: string) =>
      strict.platform.post(
        '/oauth2.1/token',
        { grant_type: 'client_credentials', ...(await strict.credentials('web')) },
        await holder.header(nonce === undefined ? {} : { nonce }),
      );
    const first = await ask();
    assert.deepEqual([first.status, first.body.error], [400, 'use_dpop_nonce']);
    const nonce = first.headers.get('dpop-nonce') ?? '';
    const second = await ask(nonce);
    assert.equal(second.status, 200, second.text);
    assert.equal(second.headers.get('dpop-nonce'), nonce);
    assert.equal((await ask('made-up')).body.error, 'use_dpop_nonce');
    strict.platform.clock.advance(300);
    assert.equal((await ask(nonce)).status, 200);
    strict.platform.clock.advance(300);
    assert.equal((await ask(nonce)).body.error, 'use_dpop_nonce');
  });
  test('are not required without a proof', async () => {
    const form = { grant_type: 'client_credentials', ...(await strict.credentials('web')) };
    assert.equal((await strict.platform.post('/oauth2.1/token', form)).body.token_type, 'Bearer');
  });
  test('are not announced when they are off', async () => {
    const { headers } = await withChanged({});
    assert.equal(headers.get('dpop-nonce'), null);
  });
});
