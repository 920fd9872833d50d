import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { sha256 } from '@alongside/kernel/secrets';
import { assertError, authorizeRequest } from '../testing/journeys.ts';
import { api, type Platform, startPlatform } from '../testing/platform.ts';

const noAccess =
  'API Key supplied does not have access to this resource. Please check the API Key you are using belongs to an app which has sufficient access to access this resource.';

describe('GET /authorize', () => {
  let platform: Platform;
  before(async () => {
    platform = await startPlatform();
  });
  after(() => platform.close());

  describe('errors shown to the browser, in the order of the checks', () => {
    // biome-ignore format: a table, one row a line
    const rows: [string, Record<string, string | undefined>, number, string, string][] = [
      ['client_id missing, everything else too', { client_id: undefined, redirect_uri: undefined, state: undefined }, 401, 'invalid_request', 'client_id is missing'],
      ['client_id empty', { client_id: '' }, 401, 'invalid_request', 'client_id is missing'],
      ['client_id unknown, redirect_uri missing', { client_id: 'unknown', redirect_uri: undefined }, 401, 'invalid_request', 'client_id is invalid'],
      ['client_id of another profile', { client_id: 'key-of-web' }, 401, 'invalid_request', 'client_id is invalid'],
      ['client_id of the CIS2 half', { client_id: 'separate.apps.test' }, 401, 'invalid_request', 'client_id is invalid'],
      ['application revoked, redirect_uri missing', { client_id: 'key-of-revoked', redirect_uri: undefined }, 401, 'access_denied', 'The developer app associated with the API key is not approved or revoked'],
      ['application not subscribed, redirect_uri missing', { client_id: 'key-of-unsubscribed', redirect_uri: undefined }, 401, 'access_denied', noAccess],
      ['redirect_uri missing', { redirect_uri: undefined, state: undefined }, 400, 'invalid_request', 'redirect_uri is missing'],
      ['redirect_uri of another application', { redirect_uri: 'https://other.test/callback' }, 400, 'invalid_request', 'redirect_uri is invalid'],
      ['redirect_uri with one character more', { redirect_uri: 'https://combined.test/callback/' }, 400, 'invalid_request', 'redirect_uri is invalid'],
      ['redirect_uri as a prefix', { redirect_uri: 'https://combined.test/callback.evil.test' }, 400, 'invalid_request', 'redirect_uri is invalid'],
      ['redirect_uri with a query', { redirect_uri: 'https://combined.test/callback?a=b' }, 400, 'invalid_request', 'redirect_uri is invalid'],
      ['redirect_uri in another case', { redirect_uri: 'https://combined.test/Callback' }, 400, 'invalid_request', 'redirect_uri is invalid'],
      ['redirect_uri with encoded dots', { redirect_uri: 'https://combined.test/..%2Fcallback' }, 400, 'invalid_request', 'redirect_uri is invalid'],
      ['redirect_uri with user info', { redirect_uri: 'https://combined.test@evil.test/callback' }, 400, 'invalid_request', 'redirect_uri is invalid'],
      ['redirect_uri with a tab', { redirect_uri: 'https://combined.test/\tcallback' }, 400, 'invalid_request', 'redirect_uri is invalid'],
      ['redirect_uri is a script', { redirect_uri: 'javascript:alert(1)' }, 400, 'invalid_request', 'redirect_uri is invalid'],
    ];
    for (const [name, change, status, error, description] of rows)
      test(name, async () => {
        const answer = await platform.get('/oauth2/authorize', authorizeRequest('combined', change));
        await assertError(platform, answer, status, error, description);
        assert.equal(answer.headers.get('location'), null);
      });
  });

  describe('errors redirected to the client', () => {
    // biome-ignore format: a table, one row a line
    const rows: [string, Record<string, string | undefined>, string, string, string | null][] = [
      ['state missing, response_type too', { state: undefined, response_type: undefined }, 'invalid_request', 'state is missing', null],
      ['response_type missing', { response_type: undefined }, 'invalid_request', 'response_type is missing', 'state-of-the-client'],
      ['response_type token', { response_type: 'token' }, 'unsupported_response_type', 'response_type is invalid', 'state-of-the-client'],
      ['response_type code id_token', { response_type: 'code id_token' }, 'unsupported_response_type', 'response_type is invalid', 'state-of-the-client'],
      ['code_challenge by plain', { code_challenge: 'a'.repeat(43), code_challenge_method: 'plain' }, 'invalid_request', 'code_challenge_method is invalid', 'state-of-the-client'],
      ['code_challenge without method', { code_challenge: 'a'.repeat(43) }, 'invalid_request', 'code_challenge_method is invalid', 'state-of-the-client'],
      ['code_challenge too short', { code_challenge: 'a', code_challenge_method: 'S256' }, 'invalid_request', 'code_challenge is invalid', 'state-of-the-client'],
    ];
    for (const [name, change, error, description, state] of rows)
      test(name, async () => {
        const { status, location } = await platform.get(
          '/oauth2/authorize',
          authorizeRequest('combined', change),
        );
        assert.equal(status, 302);
        assert.equal(`${location?.origin}${location?.pathname}`, 'https://combined.test/callback');
        const expected = { error, error_description: description, ...(state === null ? {} : { state }) };
        assert.deepEqual(Object.fromEntries(location?.searchParams ?? []), expected);
      });

    test('keep the query of the callback URL and percent-encode spaces', async () => {
      const request = authorizeRequest('other', {
        redirect_uri: 'https://other.test/second?x=1',
        response_type: undefined,
      });
      const { headers } = await platform.get('/oauth2/authorize', request);
      assert.equal(
        headers.get('location'),
        'https://other.test/second?x=1&error=invalid_request&error_description=response_type%20is%20missing&state=state-of-the-client',
      );
    });

    test('return the state unchanged', async () => {
      const state = '"><script>é%2F+& =';
      const { location } = await platform.get(
        '/oauth2/authorize',
        authorizeRequest('combined', { state, response_type: 'x' }),
      );
      assert.equal(location?.searchParams.get('state'), state);
    });
  });

  test('sends the published request to CIS2 without nonce and PKCE', async () => {
    const { status, headers, location } = await platform.get('/oauth2-mock/authorize', authorizeRequest());
    assert.equal(status, 302);
    const state = location?.searchParams.get('state') ?? '';
    assert.match(state, /^[A-Za-z0-9_-]{36}$/);
    const callback = encodeURIComponent(`${api}/oauth2-mock/callback`);
    assert.equal(
      headers.get('location'),
      `${platform.provider.issuer}/authorize?response_type=code&client_id=platform.apps.test&redirect_uri=${callback}` +
        `&scope=openid%20nationalrbacaccess&state=${state}&max_age=300&acr_values=AAL3_ANY`,
    );
    assert.equal(headers.get('cache-control'), 'no-store');
    assert.equal(headers.get('referrer-policy'), 'no-referrer');
  });

  test('passes acr_values on, and sends nonce and PKCE to a provider that supports them', async () => {
    const request = authorizeRequest('combined', { acr_values: 'AAL2_OR_AAL3_ANY AAL1_USERPASS' });
    const { location } = await platform.get('/oauth2/authorize', request);
    assert.equal(location?.searchParams.get('acr_values'), 'AAL2_OR_AAL3_ANY AAL1_USERPASS');
    assert.match(location?.searchParams.get('nonce') ?? '', /^[\w-]{43}$/);
    assert.match(location?.searchParams.get('code_challenge') ?? '', /^[\w-]{43}$/);
    assert.equal(location?.searchParams.get('code_challenge_method'), 'S256');
  });

  describe('scope is removed before all checks, but nhs-login selects the provider', () => {
    const rows: [string, string, 'provider' | 'citizens'][] = [
      ['nothing', '', 'provider'],
      ['nhs-cis2', '&scope=nhs-cis2', 'provider'],
      ['a scope of nobody', '&scope=urn%3Anobody', 'provider'],
      ['twice', '&scope=a&scope=b', 'provider'],
      ['badly encoded', '&scope=%zz', 'provider'],
      ['encoded name, twice', '&%73cope=a&%73cope=b', 'provider'],
      ['nhs-login', '&scope=nhs-login', 'citizens'],
    ];
    for (const [name, more, expected] of rows)
      test(name, async () => {
        const { status, location, text } = await platform.call(
          `/oauth2/authorize?${new URLSearchParams(authorizeRequest())}${more}`,
        );
        assert.equal(status, 302, text);
        assert.equal(location?.origin, platform[expected].issuer);
        const scope = expected === 'citizens' ? 'openid profile' : 'openid nationalrbacaccess';
        assert.equal(location?.searchParams.get('scope'), scope);
        assert.equal(location?.searchParams.has('acr_values'), expected === 'provider');
        for (const name of ['nonce', 'code_challenge'])
          assert.match(location?.searchParams.get(name) ?? '', /^[\w-]{43}$/);
      });
  });

  describe('malformed parameters', () => {
    const query = new URLSearchParams(authorizeRequest()).toString();
    // biome-ignore format: a table, one row a line
    const rows: [string, string, string][] = [
      ['repeated client_id', `${query}&client_id=key-of-combined`, 'parameter is repeated'],
      ['repeated state', `${query}&state=other`, 'parameter is repeated'],
      ['repeated unknown parameter', `${query}&x=1&x=2`, 'parameter is repeated'],
      ['bad percent-encoding', `${query}&x=%zz`, 'request is malformed'],
      ['a NUL', `${query}&x=%00`, 'request is malformed'],
      ['more than a hundred', `${query}${Array.from({ length: 101 }, (_, n) => `&p${n}=1`).join('')}`, 'request is malformed'],
    ];
    for (const [name, sent, description] of rows)
      test(name, async () => {
        await assertError(
          platform,
          await platform.call(`/oauth2/authorize?${sent}`),
          400,
          'invalid_request',
          description,
        );
      });
    test('refuses ten thousand parameters before parsing', async () => {
      const sent = Array.from({ length: 10_000 }, (_, n) => `p${n}=1`).join('&');
      const { status } = await platform.call(`/oauth2/authorize?${sent}`);
      assert.ok(status >= 400 && status < 500, String(status));
    });
  });

  test('joins a refusal only to a journey with the same long state of the same client', async () => {
    const journeyOf = async (id: string, state: string) => {
      const since = await platform.events.last();
      await platform.get(
        '/oauth2/authorize',
        authorizeRequest(id, { state, redirect_uri: 'https://x.test/' }),
      );
      const refused = (await platform.events.list({ since })).find(({ outcome }) => outcome === 'refused');
      assert.ok(refused);
      return refused.journey;
    };
    const state = 'a-state-that-no-other-test-sends';
    const began = await journeyOf('combined', state);
    assert.equal(await journeyOf('combined', state), began);
    assert.notEqual(await journeyOf('other', state), began);
    assert.notEqual(await journeyOf('combined', 'x'), await journeyOf('combined', 'x'));
  });

  test('applies a changed registration at the next request', async () => {
    const stored = await platform.applications.get('other');
    assert.ok(stored?.platform);
    const { revision, ...application } = stored;
    await platform.applications.replace({ ...application, status: 'revoked' }, revision);
    const refused = await platform.get('/oauth2/authorize', authorizeRequest('other'));
    assert.equal(refused.body.error, 'access_denied');
    await platform.applications.replace({ ...application, status: 'approved' }, revision + 1);
    assert.equal((await platform.get('/oauth2/authorize', authorizeRequest('other'))).status, 302);
  });

  test('supports the options for one callback URL and for no PKCE', async () => {
    const published = await startPlatform({ base: { options: { severalCallbacks: false, pkce: false } } });
    const second = authorizeRequest('other', { redirect_uri: 'https://other.test/second?x=1' });
    await assertError(
      published,
      await published.get('/oauth2/authorize', second),
      400,
      'invalid_request',
      'redirect_uri is invalid',
    );
    const plain = authorizeRequest('combined', {
      code_challenge: sha256('x'),
      code_challenge_method: 'plain',
    });
    assert.equal(
      (await published.get('/oauth2/authorize', plain)).location?.origin,
      published.provider.issuer,
    );
    await published.close();
  });
});
