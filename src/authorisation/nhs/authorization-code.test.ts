import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { scopes, secretOf } from '../testing/applications.ts';
import { assertError, codeOf, codeRequest, tokensOf } from '../testing/journeys.ts';
import { api, type Platform, startPlatform } from '../testing/platform.ts';
import { careWorker } from '../testing/provider.ts';

const noAccess =
  'API Key supplied does not have access to this resource. Please check the API Key you are using belongs to an app which has sufficient access to access this resource.';

describe('POST /token, authorization_code', () => {
  let platform: Platform;
  let code: string;
  before(async () => {
    platform = await startPlatform();
    code = await codeOf(platform);
  });
  after(() => platform.close());

  describe('errors in the order of the checks, which do not use up the code', () => {
    // biome-ignore format: a table, one row a line
    const rows: [string, Record<string, string | undefined>, number, string, string][] = [
      ['client_id missing, everything else too', { client_id: undefined, client_secret: undefined, code: undefined }, 401, 'invalid_request', 'client_id is missing'],
      ['client_id unknown', { client_id: 'invalid', client_secret: undefined }, 401, 'invalid_client', 'client_id or client_secret is invalid'],
      ['client_secret missing, redirect_uri too', { client_secret: undefined, redirect_uri: undefined }, 401, 'invalid_request', 'client_secret is missing'],
      ['client_secret wrong, redirect_uri missing', { client_secret: 'invalid', redirect_uri: undefined }, 401, 'invalid_client', 'client_id or client_secret is invalid'],
      ['client_secret of another', { client_secret: secretOf('other') }, 401, 'invalid_client', 'client_id or client_secret is invalid'],
      ['not subscribed, redirect_uri missing', { client_id: 'key-of-unsubscribed', client_secret: secretOf('unsubscribed'), redirect_uri: undefined }, 401, 'access_denied', noAccess],
      ['application revoked', { client_id: 'key-of-revoked', client_secret: secretOf('revoked') }, 401, 'access_denied', 'The developer app associated with the API key is not approved or revoked'],
      ['redirect_uri missing, code too', { redirect_uri: undefined, code: undefined }, 400, 'invalid_request', 'redirect_uri is missing'],
      ['redirect_uri wrong, code missing', { redirect_uri: 'https://combined.test/other', code: undefined }, 400, 'invalid_request', 'redirect_uri is invalid'],
      ['code missing', { code: undefined }, 400, 'invalid_request', 'authorization_code is missing'],
      ['code unknown', { code: 'invalid' }, 400, 'invalid_grant', 'authorization_code is invalid'],
      ['a verifier where no challenge was sent', { code_verifier: 'v'.repeat(43) }, 400, 'invalid_grant', 'authorization_code is invalid'],
      ['grant_type missing', { grant_type: undefined }, 400, 'invalid_request', 'grant_type is missing'],
      ['grant_type password', { grant_type: 'password' }, 400, 'unsupported_grant_type', 'grant_type is invalid'],
    ];
    for (const [name, change, status, error, description] of rows)
      test(name, async () => {
        const answer = await platform.post('/oauth2/token', codeRequest(code, 'combined', change));
        await assertError(platform, answer, status, error, description);
      });
    test('refuses the code of another application', async () => {
      const answer = await platform.post('/oauth2/token', codeRequest(code, 'other'));
      await assertError(platform, answer, 400, 'invalid_grant', 'authorization_code is invalid');
    });
    test('refuses the code at another base path', async () => {
      const answer = await platform.post('/oauth2-mock/token', codeRequest(code));
      await assertError(platform, answer, 400, 'invalid_grant', 'authorization_code is invalid');
    });
    test('refuses a repeated parameter', async () => {
      const body = `${new URLSearchParams(codeRequest(code))}&code=${code}`;
      const headers = { 'content-type': 'application/x-www-form-urlencoded' };
      const answer = await platform.call('/oauth2/token', { method: 'POST', body, headers });
      await assertError(platform, answer, 400, 'invalid_request', 'parameter is repeated');
    });
    test('still accept the code once', async () => {
      assert.equal((await platform.post('/oauth2/token', codeRequest(code))).status, 200);
      const again = await platform.post('/oauth2/token', codeRequest(code));
      await assertError(platform, again, 400, 'invalid_grant', 'authorization_code is invalid');
    });
  });

  test('returns exactly the published members as text', async () => {
    const answer = await platform.post('/oauth2/token', codeRequest(await codeOf(platform)));
    assert.equal(answer.status, 200);
    const { access_token: access, refresh_token: refresh, ...rest } = answer.body;
    assert.match(access, /^[\w-]{28,}$/);
    assert.match(refresh, /^[\w-]{28,}$/);
    assert.deepEqual(rest, {
      expires_in: '599',
      refresh_token_expires_in: '43199',
      refresh_count: '0',
      token_type: 'Bearer',
    });
    assert.equal(answer.headers.get('cache-control'), 'no-store');
    assert.equal(answer.headers.get('access-control-allow-origin'), null);
  });

  test('adds sid on internal-dev, empty without one', async () => {
    const tokens = await tokensOf(platform, '/oauth2-mock');
    assert.deepEqual(Object.keys(tokens).sort(), [
      'access_token',
      'expires_in',
      'refresh_count',
      'refresh_token',
      'refresh_token_expires_in',
      'sid',
      'token_type',
    ]);
    assert.equal(tokens.sid, careWorker.sid);
    platform.provider.state.claims = { sid: undefined };
    assert.equal((await tokensOf(platform, '/oauth2-mock')).sid, '');
    platform.provider.reset();
  });

  test('ignores a charset in the content type', async () => {
    const type = { 'content-type': 'application/x-www-form-urlencoded;charset=UTF-8' };
    assert.equal(
      (await platform.post('/oauth2/token', codeRequest(await codeOf(platform)), type)).status,
      200,
    );
  });

  test('ignores scope parameters, also malformed and repeated ones', async () => {
    const body = `${new URLSearchParams(codeRequest(await codeOf(platform)))}&scope=a&scope=%zz`;
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    assert.equal((await platform.call('/oauth2/token', { method: 'POST', body, headers })).status, 200);
  });

  test('stores the attributes for the gateway', async () => {
    const tokens = await tokensOf(platform);
    const access = await platform.tokens.find(tokens.access_token ?? '');
    const refresh = await platform.tokens.find(tokens.refresh_token ?? '');
    assert.ok(access && refresh);
    const { id_token: idToken = '', external_access_token: external = '', ...attributes } = access.attributes;
    assert.deepEqual(attributes, {
      'id_token-subject': careWorker.sub,
      'id_token-issuer': platform.provider.issuer,
      'id_token-acr': 'AAL3_ANY',
      'id_token-authentication_assurance_level': '3',
      'id_token-amr': '["N3_SMARTCARD"]',
      'id_token-id-assurance-level': '3',
      auth_type: 'user',
      auth_grant_type: 'authorization_code',
      auth_provider: 'nhs-cis2',
      auth_level: 'aal3',
      auth_user_id: careWorker.sub,
      _first_issued: String(platform.clock.now()),
      issuer: `${api}/oauth2`,
      'alongside.role_ids': careWorker.roles.join(' '),
    });
    assert.match(platform.vault.open('id_token', idToken), /^[\w-]+\.[\w-]+\.[\w-]+$/);
    assert.match(platform.vault.open('external_access_token', external), /^[\w-]{43}$/);
    const { scope, sid, uid, clientId, applicationId, expiresAt } = access;
    assert.deepEqual(
      { scope, sid, uid, clientId, applicationId, expiresAt },
      {
        scope: scopes.aal3,
        sid: careWorker.sid,
        uid: careWorker.sub,
        clientId: 'key-of-combined',
        applicationId: 'combined',
        expiresAt: platform.clock.now() + 600_000,
      },
    );
    assert.equal(refresh.family, access.family);
    assert.equal(refresh.sid, access.sid);
  });

  test('stores no code or token in plain text', async () => {
    const used = await codeOf(platform);
    const { body } = await platform.post('/oauth2/token', codeRequest(used));
    const rows = [
      ...(await platform.database.all({ text: 'SELECT * FROM token_grant', values: [] })),
      ...(await platform.database.all({ text: 'SELECT * FROM refresh_token', values: [] })),
      ...(await platform.database.all({ text: 'SELECT * FROM single_use', values: [] })),
      ...(await platform.database.all({ text: 'SELECT * FROM event_block', values: [] })),
    ];
    const all = JSON.stringify(rows);
    for (const secret of [used, body.access_token, body.refresh_token]) assert.ok(!all.includes(secret));
  });

  test('omits scopes of removed products', async () => {
    const bound = await codeOf(platform, '/oauth2', 'other');
    const stored = await platform.applications.get('other');
    assert.ok(stored?.platform);
    const { revision, ...application } = stored;
    const aal2 = [{ name: 'records-aal2', status: 'approved' as const }];
    await platform.applications.replace(
      { ...application, platform: { ...stored.platform, products: aal2 } },
      revision,
    );
    const answer = await platform.post('/oauth2/token', codeRequest(bound, 'other'));
    assert.equal(answer.status, 401);
    assert.equal(answer.body.error, 'unauthorized_client');
    await platform.applications.replace(application, revision + 1);
    assert.equal((await platform.post('/oauth2/token', codeRequest(bound, 'other'))).status, 200);
  });

  test('returns CORS headers to a page of another origin', async () => {
    const request = codeRequest(await codeOf(platform));
    const { headers } = await platform.post('/oauth2/token', request, { origin: 'https://page.test' });
    assert.equal(headers.get('access-control-allow-origin'), 'https://page.test');
    assert.equal(headers.get('access-control-allow-credentials'), null);
  });

  test('limits refreshing to an hour for a citizen', async () => {
    platform.citizens.state.person = {
      ...careWorker,
      claims: { identity_proofing_level: 'P9', nhs_number: '9912003071' },
    };
    const sent = await platform.get('/oauth2/authorize', {
      client_id: 'key-of-combined',
      redirect_uri: 'https://combined.test/callback',
      response_type: 'code',
      state: 'x',
      scope: 'nhs-login',
    });
    const provided = await platform.call(sent.location ?? '');
    const back = await platform.call(provided.location ?? '');
    const { body } = await platform.post(
      '/oauth2/token',
      codeRequest(back.location?.searchParams.get('code') ?? ''),
    );
    assert.equal(body.refresh_token_expires_in, '3599');
    const record = await platform.tokens.find(body.access_token);
    assert.equal(record?.scope, scopes.p9);
    const { auth_provider: provider, auth_level: level, auth_user_id: person } = record?.attributes ?? {};
    assert.deepEqual(
      { provider, level, person },
      { provider: 'nhs-login', level: 'p9', person: '9912003071' },
    );
    platform.citizens.reset();
  });
});
