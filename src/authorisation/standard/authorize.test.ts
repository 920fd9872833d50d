import assert from 'node:assert/strict';
import { after, afterEach, before, describe, test } from 'node:test';
import { scopes } from '../testing/applications.ts';
import { assertError } from '../testing/journeys.ts';
import { api, type Platform, startPlatform } from '../testing/platform.ts';
import { requestOf } from '../testing/standard.ts';

const issuer = `${api}/oauth2.1`;

describe('authorize at /oauth2.1', () => {
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

  test('serves metadata (RFC 8414) and keys', async () => {
    const { status, body } = await platform.get('/.well-known/oauth-authorization-server/oauth2.1');
    assert.equal(status, 200);
    // Mutual TLS requires an address for it.
    const confidential = ['client_secret_basic', 'client_secret_post', 'private_key_jwt'];
    const methods = [...confidential, 'none'];
    const offered = Object.values(scopes);
    assert.deepEqual(body, {
      issuer,
      authorization_endpoint: `${issuer}/authorize`,
      token_endpoint: `${issuer}/token`,
      jwks_uri: `${issuer}/jwks`,
      pushed_authorization_request_endpoint: `${issuer}/par`,
      revocation_endpoint: `${issuer}/revoke`,
      require_pushed_authorization_requests: false,
      request_parameter_supported: true,
      request_uri_parameter_supported: false,
      require_signed_request_object: false,
      request_object_signing_alg_values_supported: ['PS256', 'ES256', 'EdDSA', 'RS256', 'RS512'],
      introspection_endpoint: `${issuer}/introspect`,
      introspection_endpoint_auth_methods_supported: confidential,
      introspection_endpoint_auth_signing_alg_values_supported: ['PS256', 'ES256', 'EdDSA', 'RS256', 'RS512'],
      introspection_signing_alg_values_supported: ['RS256'],
      dpop_signing_alg_values_supported: ['ES256', 'EdDSA', 'PS256'],
      response_types_supported: ['code'],
      response_modes_supported: ['query', 'fragment', 'form_post'],
      grant_types_supported: [
        'authorization_code',
        'refresh_token',
        'client_credentials',
        'urn:ietf:params:oauth:grant-type:token-exchange',
      ],
      code_challenge_methods_supported: ['S256'],
      token_endpoint_auth_methods_supported: methods,
      token_endpoint_auth_signing_alg_values_supported: ['PS256', 'ES256', 'EdDSA', 'RS256', 'RS512'],
      revocation_endpoint_auth_methods_supported: methods,
      revocation_endpoint_auth_signing_alg_values_supported: ['PS256', 'ES256', 'EdDSA', 'RS256', 'RS512'],
      authorization_response_iss_parameter_supported: true,
      userinfo_endpoint: `${issuer}/userinfo`,
      scopes_supported: ['openid', 'profile', 'email', 'nationalrbacaccess', 'offline_access', ...offered],
      subject_types_supported: ['public'],
      id_token_signing_alg_values_supported: ['RS256', 'PS256'],
      claim_types_supported: ['normal'],
      claims_supported:
        'iss aud exp iat auth_time acr amr sid sub name family_name given_name uid email email_verified'
          .split(' ')
          .concat('nhsid_nrbac_roles', 'nhsid_useruid'),
      claims_parameter_supported: false,
      backchannel_logout_supported: true,
      backchannel_logout_session_supported: true,
    });
    const { keys } = (await platform.get('/oauth2.1/jwks')).body;
    assert.deepEqual(
      new Set((keys as { alg: string }[]).map(({ alg }) => alg)),
      new Set(body.id_token_signing_alg_values_supported),
      'what is announced can be verified before anything was signed',
    );
    for (const path of ['/.well-known/oauth-authorization-server/oauth2.1', '/oauth2.1/jwks']) {
      const head = await platform.call(path, { method: 'HEAD' });
      assert.deepEqual([head.status, head.text], [200, '']);
      const other = await platform.call(path, { method: 'POST' });
      assert.deepEqual([other.status, other.headers.get('allow')], [405, 'GET, HEAD']);
    }
    assert.equal((await platform.get('/.well-known/oauth-authorization-server/oauth2')).status, 404);
  });

  describe('errors that are never redirected', () => {
    const unknown = 'The redirect_uri is not registered for this client.';
    // biome-ignore format: a table, one row a line
    const rows: [string, string, Record<string, string | undefined>, string, string][] = [
      ['client_id missing', 'web', { client_id: undefined }, 'invalid_request', 'The request names no client.'],
      ['client_id unknown', 'web', { client_id: 'unknown' }, 'invalid_client', 'The client is not known here.'],
      ['client of the nhs profile', 'combined', {}, 'invalid_client', 'The client is not known here.'],
      ['redirect_uri missing', 'web', { redirect_uri: undefined }, 'invalid_request', 'The request has no redirect_uri.'],
      ['a request_uri that was cut short', 'web', { redirect_uri: undefined, request_uri: 'urn:ietf:params:oauth:request_uri' }, 'invalid_request_uri', 'The request_uri is unknown, expired or already used.'],
      ['redirect_uri of another', 'web', { redirect_uri: 'https://other.test/callback' }, 'invalid_request', unknown],
      ['a port, for a web application', 'web', { redirect_uri: 'https://web.test:444/callback' }, 'invalid_request', unknown],
      ['native: localhost', 'native', { redirect_uri: 'http://localhost:43210/callback' }, 'invalid_request', unknown],
      ['native: another path', 'native', { redirect_uri: 'http://127.0.0.1:43210/other' }, 'invalid_request', unknown],
      ['native: a query', 'native', { redirect_uri: 'http://127.0.0.1:43210/callback?x=1' }, 'invalid_request', unknown],
      ['native: user info', 'native', { redirect_uri: 'http://127.0.0.1:80@evil.test/callback' }, 'invalid_request', unknown],
      ['native: a longer host', 'native', { redirect_uri: 'http://127.0.0.1.evil.test/callback' }, 'invalid_request', unknown],
      ['native: https', 'native', { redirect_uri: 'https://127.0.0.1:43210/callback' }, 'invalid_request', unknown],
      ['native: port 65536', 'native', { redirect_uri: 'http://127.0.0.1:65536/callback' }, 'invalid_request', unknown],
      ['native: IPv6 that is not registered', 'native', { redirect_uri: 'http://[::1]:43210/callback' }, 'invalid_request', unknown],
      ['a request object that is none, without redirect_uri', 'web', { request: 'x', redirect_uri: undefined }, 'invalid_request_object', 'The request object is not valid.'],
      ['a request object that is none, with another redirect_uri', 'web', { request: 'x', redirect_uri: 'https://evil.test/' }, 'invalid_request_object', 'The request object is not valid.'],
      ['a parameter that is too long', 'web', { state: 'x'.repeat(5_000) }, 'invalid_request', 'A parameter is too long.'],
    ];
    for (const [name, id, change, error, description] of rows)
      test(`name ${name}`, async () => {
        const answer = await authorize(id, change);
        await assertError(platform, answer, 400, error, description);
        assert.equal(answer.headers.get('location'), null);
      });
    test('name a repeated parameter', async () => {
      const answer = await platform.call(
        `/oauth2.1/authorize?${new URLSearchParams(requestWith('web'))}&scope=x`,
      );
      await assertError(platform, answer, 400, 'invalid_request', 'A parameter is repeated.');
    });
  });

  describe('errors that are redirected with state and issuer', () => {
    const rows: [string, Record<string, string | undefined>, string][] = [
      ['response_type missing', { response_type: undefined }, 'invalid_request'],
      ['response_type token', { response_type: 'token' }, 'unsupported_response_type'],
      ['a request object that is none', { request: 'x' }, 'invalid_request_object'],
      ['response_mode unknown', { response_mode: 'query.jwt' }, 'invalid_request'],
      ['request_uri', { request_uri: 'https://x.test' }, 'request_uri_not_supported'],
      ['code_challenge missing', { code_challenge: undefined }, 'invalid_request'],
      ['code_challenge by plain', { code_challenge_method: 'plain' }, 'invalid_request'],
      ['code_challenge without method', { code_challenge_method: undefined }, 'invalid_request'],
      ['code_challenge malformed', { code_challenge: 'x' }, 'invalid_request'],
      ['scope malformed', { scope: 'a  b' }, 'invalid_scope'],
      ['scope that no product has', { scope: 'openid urn:nobody' }, 'invalid_scope'],
      ['prompt odd', { prompt: 'odd' }, 'invalid_request'],
      ['prompt none beside another', { prompt: 'none login' }, 'invalid_request'],
      ['max_age odd', { max_age: '-1' }, 'invalid_request'],
    ];
    for (const [name, change, error] of rows)
      test(`name ${name}`, async () => {
        const { status, location } = await authorize('web', change);
        assert.equal(status, 302);
        assert.equal(`${location?.origin}${location?.pathname}`, 'https://web.test/callback');
        const { error_description: description, ...rest } = Object.fromEntries(location?.searchParams ?? []);
        assert.deepEqual(rest, { error, state: 'the-state', iss: issuer });
        assert.ok(description);
      });
    test('omit the state when the request omitted it', async () => {
      const { location } = await authorize('web', { state: undefined, response_type: undefined });
      assert.equal(location?.searchParams.has('state'), false);
    });
    test('name an application that is revoked or not subscribed', async () => {
      const stored = await platform.applications.get('web');
      assert.ok(stored?.platform);
      const { revision, ...application } = stored;
      await platform.applications.replace({ ...application, status: 'revoked' }, revision);
      assert.equal((await authorize('web')).location?.searchParams.get('error'), 'unauthorized_client');
      await platform.applications.replace(
        { ...application, platform: { ...stored.platform, products: [] } },
        revision + 1,
      );
      assert.equal((await authorize('web')).location?.searchParams.get('error'), 'unauthorized_client');
      await platform.applications.replace(application, revision + 2);
    });
  });

  test('sends CIS2 the parameters of the client with defaults, nonce and PKCE', async () => {
    const { location } = await authorize('web', {
      prompt: 'login',
      max_age: '60',
      acr_values: 'AAL2_OR_AAL3_ANY',
    });
    const {
      state,
      nonce,
      code_challenge: challenge,
      ...rest
    } = Object.fromEntries(location?.searchParams ?? []);
    assert.deepEqual(rest, {
      response_type: 'code',
      client_id: 'platform.apps.test',
      redirect_uri: `${issuer}/callback`,
      scope: 'openid nationalrbacaccess',
      max_age: '60',
      acr_values: 'AAL2_OR_AAL3_ANY',
      prompt: 'login',
      code_challenge_method: 'S256',
    });
    assert.ok(state && nonce && challenge);
    const usual = (await authorize('web')).location?.searchParams;
    assert.deepEqual(
      [usual?.get('max_age'), usual?.get('acr_values'), usual?.has('prompt')],
      ['300', 'AAL3_ANY', false],
    );
  });

  test('lets a provider elsewhere ask the user for a client that any local user may be', async () => {
    const promptOf = async (id: string, prompt?: string) =>
      (await authorize(id, { prompt })).location?.searchParams.get('prompt');
    assert.equal(await promptOf('native'), 'login');
    assert.equal(await promptOf('native', 'login'), 'login');
    assert.equal(await promptOf('native', 'consent'), 'consent login');
    assert.equal(await promptOf('web'), null);
    const { location } = await authorize('native', { prompt: 'none' });
    assert.equal(location?.origin, 'http://127.0.0.1:43210');
    assert.equal(location?.searchParams.get('error'), 'interaction_required');
  });

  test('enters again by GET after a POST', async () => {
    const { status, location } = await platform.post('/oauth2.1/authorize', requestWith('web'));
    assert.equal(status, 303);
    assert.equal(
      String(location),
      `${issuer}/authorize?${new URLSearchParams(requestWith('web'))}`.replaceAll('+', '%20'),
    );
  });

  test('answers HEAD as a browser would be refused, and sends nobody to CIS2', async () => {
    const statusOf = async (change: Record<string, string>) => {
      const query = new URLSearchParams({ ...requestWith('web'), ...change });
      const answer = await platform.call(`/oauth2.1/authorize?${query}`, { method: 'HEAD' });
      return [answer.status, answer.location?.searchParams.get('error') ?? answer.location];
    };
    assert.deepEqual(await statusOf({}), [204, undefined]);
    assert.deepEqual(await statusOf({ client_id: 'unknown' }), [400, undefined]);
    assert.deepEqual(await statusOf({ scope: 'unknown' }), [302, 'invalid_scope']);
  });

  test('answers 405 with Allow, and 404', async () => {
    const answer = await platform.get('/oauth2.1/token');
    assert.deepEqual([answer.status, answer.headers.get('allow')], [405, 'POST']);
    await assertError(
      platform,
      await platform.get('/oauth2.1/other'),
      404,
      'invalid_request',
      'There is nothing at this address.',
    );
  });
});
