import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { seconds } from '@alongside/kernel/clock';
import { type JwtClaims, type SigningAlgorithm, signJwt } from '@alongside/kernel/jws';
import { type ClientKey, newClientKey } from '../testing/assertions.ts';
import { assertError, throughBrowser } from '../testing/journeys.ts';
import type { Platform } from '../testing/platform.ts';
import { type StandardClient, standardIssuer, startStandardClient } from '../testing/standard.ts';

let client: StandardClient;
let platform: Platform;
let stranger: ClientKey;
before(async () => {
  [client, stranger] = await Promise.all([startStandardClient(), newClientKey('test-ec', 'ES256')]);
  platform = client.platform;
});
after(() => platform.close());

interface Change {
  claims?: JwtClaims;
  header?: Record<string, unknown>;
  signer?: ClientKey;
  algorithm?: SigningAlgorithm;
}

/** Signs a request object, without members that are undefined. */
async function objectOf(id: string, change: Change = {}): Promise<string> {
  const { claims = {}, header = {}, signer = client.elliptic, algorithm = 'ES256' } = change;
  const now = seconds(platform.clock);
  const clientId = `key-of-${id}`;
  const usual = {
    iss: clientId,
    aud: standardIssuer,
    exp: now + 60,
    nbf: now,
    ...client.requestOf(id),
    state: 'inside',
  };
  const clean = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T;
  const head = clean({ alg: algorithm, typ: 'oauth-authz-req+jwt', kid: signer.jwk.kid, ...header });
  const signed = await signJwt(
    { ...head, alg: algorithm } as never,
    clean({ ...usual, ...claims }),
    signer.key,
  );
  if (header.alg === undefined) return signed;
  const [, body = '', signature = ''] = signed.split('.');
  const first = Buffer.from(JSON.stringify(head)).toString('base64url');
  return header.alg === 'none' ? `${first}.${body}.` : `${first}.${body}.${signature}`;
}

const authorize = (request: string, more: Record<string, string> = {}) =>
  platform.get('/oauth2.1/authorize', { client_id: 'key-of-signing', request, ...more });

describe('signed request objects at /oauth2.1 (RFC 9101)', () => {
  test('replace all parameters outside them', async () => {
    const { location } = await throughBrowser(platform, '/oauth2.1/authorize', {
      client_id: 'key-of-signing',
      request: await objectOf('signing'),
      state: 'outside',
      redirect_uri: 'https://evil.test/',
      scope: 'others',
    });
    assert.equal(location?.origin, 'https://signing.test');
    assert.equal(location?.searchParams.get('state'), 'inside');
    const { status } = await client.redeem('signing', location?.searchParams.get('code') ?? '');
    assert.equal(status, 200);
  });

  test('ignore a state that is only outside them', async () => {
    const { location } = await throughBrowser(platform, '/oauth2.1/authorize', {
      client_id: 'key-of-signing',
      request: await objectOf('signing', { claims: { state: undefined } }),
      state: 'outside',
    });
    assert.equal(location?.searchParams.get('state'), null);
  });

  test('may be pushed in both profiles', async () => {
    for (const id of ['signing', 'strict']) {
      const answer = await platform.post('/oauth2.1/par', {
        ...(await client.credentials(id)),
        request: await objectOf(id),
      });
      assert.equal(answer.status, 201, answer.text);
      const { location } = await throughBrowser(platform, '/oauth2.1/authorize', {
        client_id: `key-of-${id}`,
        request_uri: answer.body.request_uri,
      });
      assert.equal(location?.searchParams.get('state'), 'inside');
    }
  });

  test('ensure-request-object-with-multiple-aud-succeeds, nbf 8 seconds ahead is accepted', async () => {
    const aud = [standardIssuer, 'https://others.test'];
    const nbf = seconds(platform.clock) + 8;
    assert.equal((await authorize(await objectOf('signing', { claims: { aud, nbf } }))).status, 302);
  });

  const now = () => seconds(platform.clock);
  // biome-ignore format: a table, one row a line
  const rows: [string, () => Change][] = [
    ['alg none', () => ({ header: { alg: 'none' } })],
    ['alg HS256', () => ({ header: { alg: 'HS256' } })],
    ['another algorithm than its key is for', () => ({ header: { alg: 'RS256' } })],
    ['a key that it brings itself', () => ({ header: { jwk: { kty: 'EC' } }, signer: stranger })],
    ['a kid of another kind of key', () => ({ header: { kid: 'test-1' } })],
    ['no kid, signed by a stranger', () => ({ header: { kid: undefined }, signer: stranger })],
    ['the typ of a client assertion', () => ({ header: { typ: 'client-authentication+jwt' } })],
    ['another client_id inside', () => ({ claims: { client_id: 'key-of-web' } })],
    ['no client_id inside', () => ({ claims: { client_id: undefined } })],
    ['iss of another', () => ({ claims: { iss: 'key-of-web' } })],
    ['ensure-request-object-with-bad-aud-fails', () => ({ claims: { aud: 'https://others.test' } })],
    ['no aud', () => ({ claims: { aud: undefined } })],
    ['ensure-request-object-without-exp-fails', () => ({ claims: { exp: undefined } })],
    ['ensure-expired-request-object-fails', () => ({ claims: { exp: now() - 10 } })],
    ['a life of more than an hour', () => ({ claims: { exp: now() + 3_700 } })],
    ['nbf more than 60 seconds ahead', () => ({ claims: { nbf: now() + 61 } })],
    ['sub: a client assertion in its place', () => ({ claims: { sub: 'key-of-signing' } })],
    ['a text that no address can contain', () => ({ claims: { state: '\ud83d', prompt: 'x' } })],
    ['another request object inside', () => ({ claims: { request: 'x' } })],
    ['a request_uri inside', () => ({ claims: { request_uri: 'urn:x' } })],
  ];
  for (const [name, change] of rows)
    test(`are refused without a redirect: ${name}`, async () => {
      const answer = await authorize(await objectOf('signing', change()));
      await assertError(platform, answer, 400, 'invalid_request_object', 'The request object is not valid.');
    });

  test('are refused encrypted, which could hide an unsigned one (CVE-2026-9793)', async () => {
    const answer = await authorize('e30.e30.e30.e30.e30');
    await assertError(platform, answer, 400, 'invalid_request_object', 'The request object is not valid.');
  });
  test('are refused from a client without a key', async () => {
    const answer = await platform.get('/oauth2.1/authorize', {
      client_id: 'key-of-web',
      request: await objectOf('web'),
    });
    assert.equal(answer.body.error, 'invalid_request_object');
  });
  test('are refused by RS256 in the fapi2 profile', async () => {
    const request = await objectOf('strict', { signer: client.signer, algorithm: 'RS512' });
    const answer = await platform.post('/oauth2.1/par', { ...(await client.credentials('strict')), request });
    assert.deepEqual([answer.status, answer.body.error], [400, 'invalid_request_object']);
  });
  test('are refused with a value that is too long', async () => {
    const answer = await authorize(await objectOf('signing', { claims: { state: 'x'.repeat(5_000) } }));
    await assertError(platform, answer, 400, 'invalid_request', 'A parameter is too long.');
  });
});
