import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { secretOf } from '../testing/applications.ts';
import { throughBrowser } from '../testing/journeys.ts';
import { newProver } from '../testing/proofs.ts';
import { type StandardClient, standardIssuer, startStandardClient } from '../testing/standard.ts';

let client: StandardClient;
before(async () => {
  client = await startStandardClient();
});
after(() => client.platform.close());

type Change = Record<string, string | undefined>;
const push = async (id = 'web', change: Change = {}, headers: Record<string, string> = {}) =>
  client.platform.post(
    '/oauth2.1/par',
    { ...client.requestOf(id, change), ...(await client.credentials(id)) },
    headers,
  );
const pushed = async (id = 'web', change: Change = {}) => {
  const answer = await push(id, change);
  assert.equal(answer.status, 201, answer.text);
  return answer.body.request_uri as string;
};
const begin = (requestUri: string, more: Record<string, string> = {}) =>
  client.platform.get('/oauth2.1/authorize', {
    client_id: 'key-of-web',
    request_uri: requestUri,
    ...more,
  });
const signIn = (requestUri: string, id = 'web') =>
  throughBrowser(client.platform, '/oauth2.1/authorize', {
    client_id: `key-of-${id}`,
    request_uri: requestUri,
  });

describe('pushed requests at /oauth2.1 (RFC 9126)', () => {
  test('sign in and redeem for every kind of client', async () => {
    for (const id of ['web', 'signing', 'native']) {
      const answer = await push(id, { state: 'of-the-client' });
      assert.equal(answer.status, 201, answer.text);
      assert.deepEqual(Object.keys(answer.body), ['request_uri', 'expires_in']);
      assert.match(answer.body.request_uri, /^urn:ietf:params:oauth:request_uri:[\w-]{43}$/);
      assert.equal(answer.body.expires_in, 60);
      assert.equal(answer.headers.get('cache-control'), 'no-store');
      const { location } = await signIn(answer.body.request_uri, id);
      assert.equal(location?.searchParams.get('state'), 'of-the-client');
      assert.equal(location?.searchParams.get('iss'), standardIssuer);
      const { status, text } = await client.redeem(id, location?.searchParams.get('code') ?? '');
      assert.equal(status, 200, text);
    }
  });

  test('replace all parameters of the browser', async () => {
    const requestUri = await pushed('web', { state: 'pushed' });
    const sent = await begin(requestUri, {
      state: 'browser',
      redirect_uri: 'https://evil.test/',
      scope: 'x',
    });
    assert.equal(sent.status, 302);
    assert.equal(sent.location?.origin, client.platform.provider.issuer);
  });

  test('may be reloaded before the sign-in, and are spent with the code', async () => {
    const requestUri = await pushed();
    for (let load = 0; load < 3; load++) assert.equal((await begin(requestUri)).status, 302);
    assert.ok((await signIn(requestUri)).location?.searchParams.get('code'));
    for (const more of [{}, { prompt: 'none' }]) {
      const late = await begin(requestUri, more as Record<string, string>);
      assert.deepEqual([late.status, late.body.error], [400, 'invalid_request_uri']);
      assert.equal(late.location, undefined);
    }
  });

  test('give one code to ten sign-ins at once', async () => {
    const requestUri = await pushed();
    const answers = await Promise.all(Array.from({ length: 10 }, () => signIn(requestUri)));
    const codes = answers.filter(({ location }) => location?.searchParams.has('code'));
    assert.equal(codes.length, 1);
    for (const { location, status } of answers.filter((answer) => !codes.includes(answer))) {
      // A sign-in that has not begun gets an error at once, the others at the callback.
      if (status === 400) continue;
      assert.equal(location?.searchParams.get('error'), 'invalid_request');
      assert.equal(location?.searchParams.get('iss'), standardIssuer);
    }
  });

  test('expire after 60 s for sign-ins that have not begun', async () => {
    const requestUri = await pushed();
    client.platform.clock.advance(59);
    const sent = await begin(requestUri);
    assert.equal(sent.status, 302);
    const provided = await client.platform.call(sent.location ?? '');
    client.platform.clock.advance(120);
    const cookie = sent.headers.getSetCookie()[0]?.split(';')[0] ?? '';
    const back = await client.platform.call(provided.location ?? '', { headers: { cookie } });
    assert.ok(back.location?.searchParams.get('code'), back.text);
    const late = await pushed();
    client.platform.clock.advance(60);
    assert.equal((await begin(late)).body.error, 'invalid_request_uri');
  });

  test('are valid for their client alone', async () => {
    const requestUri = await pushed();
    const other = await begin(requestUri, { client_id: 'key-of-signing' });
    assert.deepEqual([other.status, other.body.error], [400, 'invalid_request_uri']);
    const nobody = await client.platform.get('/oauth2.1/authorize', { request_uri: requestUri });
    assert.deepEqual([nobody.status, nobody.body.error], [400, 'invalid_request']);
    assert.equal((await begin(`${requestUri}x`)).body.error, 'invalid_request_uri');
  });

  test('follow a registration that was changed since', async () => {
    const requestUri = await pushed();
    const stored = await client.platform.applications.get('web');
    assert.ok(stored?.platform);
    const moved = { ...stored, platform: { ...stored.platform, callbackUrls: ['https://moved.test/'] } };
    await client.platform.applications.replace(moved, stored.revision);
    try {
      const answer = await begin(requestUri);
      assert.deepEqual([answer.status, answer.location], [400, undefined]);
    } finally {
      await client.platform.applications.replace(stored, stored.revision + 1);
    }
  });

  // biome-ignore format: a table, one row a line
  const rows: [string, Change, number, string][] = [
    ['a wrong secret', { client_secret: 'x' }, 401, 'invalid_client'],
    ['no secret', { client_secret: undefined }, 401, 'invalid_client'],
    ['an unknown client', { client_id: 'nobody' }, 401, 'invalid_client'],
    ['a request_uri', { request_uri: 'urn:ietf:params:oauth:request_uri:x' }, 400, 'invalid_request'],
    ['a request object', { request: 'e30.e30.' }, 400, 'invalid_request_object'],
    ['no redirect_uri', { redirect_uri: undefined }, 400, 'invalid_request'],
    ['a redirect_uri of another', { redirect_uri: 'https://other.test/callback' }, 400, 'invalid_request'],
    ['no response_type', { response_type: undefined }, 400, 'invalid_request'],
    ['another response_type', { response_type: 'token' }, 400, 'unsupported_response_type'],
    ['no challenge', { code_challenge: undefined }, 400, 'invalid_request'],
    ['the method plain', { code_challenge_method: 'plain' }, 400, 'invalid_request'],
    ['a scope of others', { scope: 'others' }, 400, 'invalid_scope'],
    ['an unknown resource', { resource: 'https://evil.test' }, 400, 'invalid_target'],
    ['a dpop_jkt that is none', { dpop_jkt: 'x' }, 400, 'invalid_dpop_proof'],
  ];
  for (const [name, change, status, error] of rows)
    test(`get a JSON error for ${name}`, async () => {
      const form = { ...client.requestOf('web'), client_secret: secretOf('web'), ...change };
      const kept = Object.entries(form).filter((entry): entry is [string, string] => entry[1] !== undefined);
      const answer = await client.platform.post('/oauth2.1/par', Object.fromEntries(kept));
      assert.deepEqual([answer.status, answer.body.error], [status, error], answer.text);
      assert.equal(answer.location, undefined);
    });

  test('bind the code to the key of their proof', async () => {
    const prover = await newProver(client.platform.clock);
    const target = { htu: `${standardIssuer}/par` };
    const answer = await push('native', {}, await prover.header(target));
    const { location } = await signIn(answer.body.request_uri, 'native');
    const code = location?.searchParams.get('code') ?? '';
    assert.equal((await client.redeem('native', code)).body.error, 'invalid_dpop_proof');
    const { body } = await client.redeem('native', code, {}, await prover.header());
    assert.equal(body.token_type, 'DPoP');
    const mismatch = await push('native', { dpop_jkt: 'x'.repeat(43) }, await prover.header(target));
    assert.deepEqual([mismatch.status, mismatch.body.error], [400, 'invalid_dpop_proof']);
    const foreign = await push('native', {}, await prover.header());
    assert.equal(foreign.body.error, 'invalid_dpop_proof');
  });

  test('refuse GET', async () => {
    assert.equal((await client.platform.get('/oauth2.1/par')).status, 405);
  });
});
