import assert from 'node:assert/strict';
import { after, afterEach, before, describe, test } from 'node:test';
import { newKeyPair } from '@alongside/kernel/key-pairs';
import { assertError, throughBrowser } from '../testing/journeys.ts';
import { api, type Platform, startPlatform } from '../testing/platform.ts';
import type { ProviderState } from '../testing/provider.ts';
import { requestOf } from '../testing/standard.ts';

const issuer = `${api}/oauth2.1`;

describe('callback at /oauth2.1', () => {
  let platform: Platform;
  before(async () => {
    platform = await startPlatform();
  });
  after(() => platform.close());
  afterEach(() => platform.provider.reset());

  const requestWith = (id: string, change: Record<string, string | undefined> = {}) =>
    requestOf(id, { state: 'the-state', ...change });
  const authorize = (id: string, change: Record<string, string | undefined> = {}) =>
    platform.get('/oauth2.1/authorize', requestWith(id, change));

  // biome-ignore format: a table, one row a line
  const rows: [string, Partial<ProviderState>, string | undefined][] = [
    ['success', {}, undefined],
    ['the person gave up', { error: 'access_denied' }, 'access_denied'],
    ['ID token for another', { claims: { aud: 'x' } }, 'server_error'],
    ['ID token forged', { forged: true }, 'server_error'],
    ['ID token without iat', { claims: { iat: undefined } }, 'server_error'],
    ['ID token with an unknown kid', { header: { kid: 'x' } }, 'server_error'],
    ['ID token with an empty kid', { header: { kid: '' } }, 'server_error'],
    ['ID token without kid, by the only key', { header: { kid: undefined } }, undefined],
    ['ID token without kid, forged', { header: { kid: undefined }, forged: true }, 'server_error'],
    ['ID token with another nonce', { claims: { nonce: 'x' } }, 'server_error'],
    ['token endpoint fails', { tokenAnswer: { status: 503, body: {} } }, 'server_error'],
    ['the person signed in at AAL2, AAL3 was asked for', { claims: { authentication_assurance_level: '2' } }, 'invalid_scope'],
  ];
  for (const [name, state, error] of rows)
    test(`answers ${name}`, async () => {
      Object.assign(platform.provider.state, state);
      const { status, location } = await throughBrowser(platform, '/oauth2.1/authorize', requestWith('web'));
      assert.equal(status, 302);
      assert.equal(`${location?.origin}${location?.pathname}`, 'https://web.test/callback');
      assert.equal(location?.searchParams.get('iss'), issuer);
      assert.equal(location?.searchParams.get('state'), 'the-state');
      assert.equal(location?.searchParams.get('error') ?? undefined, error);
      assert.equal(location?.searchParams.has('code'), error === undefined);
    });

  test('refuses an ID token without kid if two keys of the provider fit', async () => {
    const two = await startPlatform();
    const pair = await newKeyPair('RS256');
    two.provider.keys.push({ ...pair.publicJwk, kid: 'provider-2', use: 'sig', alg: 'RS256' });
    two.provider.state.header = { kid: undefined };
    const { location } = await throughBrowser(two, '/oauth2.1/authorize', requestWith('web'));
    assert.equal(location?.searchParams.get('error'), 'server_error');
    await two.close();
  });

  test('refuses the response in another browser, and still accepts it in the right one', async () => {
    const sent = await authorize('web');
    const provided = await platform.call(sent.location ?? '');
    const stranger = await platform.call(provided.location ?? '');
    await assertError(
      platform,
      stranger,
      400,
      'invalid_request',
      'This sign-in has expired or belongs to another browser.',
    );
    const cookie = sent.headers.getSetCookie()[0]?.split(';')[0] ?? '';
    assert.ok(
      (await platform.call(provided.location ?? '', { headers: { cookie } })).location?.searchParams.get(
        'code',
      ),
    );
  });

  test('serves two tabs at once', async () => {
    const [one, two] = [await authorize('web', { state: 'one' }), await authorize('web', { state: 'two' })];
    const cookie = [one, two].map((sent) => sent.headers.getSetCookie()[0]?.split(';')[0]).join('; ');
    for (const [sent, state] of [
      [two, 'two'],
      [one, 'one'],
    ] as const) {
      const provided = await platform.call(sent.location ?? '');
      const back = await platform.call(provided.location ?? '', { headers: { cookie } });
      assert.equal(back.location?.searchParams.get('state'), state);
    }
  });

  test('redirects to any loopback port and to a private-use scheme of a native application', async () => {
    for (const redirectUri of [
      'http://127.0.0.1:1/callback',
      'http://127.0.0.1/callback',
      'com.example.app:/callback',
    ]) {
      const back = await throughBrowser(
        platform,
        '/oauth2.1/authorize',
        requestWith('native', { redirect_uri: redirectUri }),
      );
      assert.ok(
        String(back.headers.get('location')).startsWith(`${redirectUri}?code=`),
        String(back.location),
      );
    }
  });
});
