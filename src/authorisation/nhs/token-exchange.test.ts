import assert from 'node:assert/strict';
import { after, afterEach, before, describe, test } from 'node:test';
import { scopes, secretOf } from '../testing/applications.ts';
import {
  assertionOf,
  type ClientKey,
  exchangeAt,
  newClientKey,
  withAssertion,
} from '../testing/assertions.ts';
import { assertError, refreshRequest } from '../testing/journeys.ts';
import { api, type Platform, startPlatform } from '../testing/platform.ts';
import { careWorker } from '../testing/provider.ts';

const exchange = 'urn:ietf:params:oauth:grant-type:token-exchange';
const idTokenType = 'urn:ietf:params:oauth:token-type:id_token';

describe('POST /token, token exchange', () => {
  let platform: Platform;
  let signer: ClientKey;
  let request: ReturnType<typeof exchangeAt>;
  const rolesOf = new Map<string, string[]>([[careWorker.sub, ['111111111111']]]);
  before(async () => {
    signer = await newClientKey('test-1');
    platform = await startPlatform({
      keys: [signer.jwk],
      more: { roleSource: async (uid) => rolesOf.get(uid) },
    });
    request = exchangeAt(platform, signer);
  });
  after(() => platform.close());
  afterEach(() => {
    platform.provider.reset();
    platform.citizens.reset();
  });

  test('returns exactly the published members as text and ignores client_id', async () => {
    const answer = await request({}, { client_id: 'key-of-separate' });
    assert.equal(answer.status, 200, answer.text);
    const { access_token: access, refresh_token: refresh, ...rest } = answer.body;
    assert.match(access, /^[\w-]{28,}$/);
    assert.match(refresh, /^[\w-]{28,}$/);
    assert.deepEqual(rest, {
      expires_in: '599',
      token_type: 'Bearer',
      issued_token_type: 'urn:ietf:params:oauth:token-type:access_token',
      refresh_token_expires_in: '43199',
      refresh_count: '0',
    });
    const record = await platform.tokens.find(access);
    assert.equal(record?.scope, scopes.aal3);
    assert.equal(record?.sid, careWorker.sid);
    const {
      auth_grant_type: grant,
      auth_provider: provider,
      auth_user_id: person,
      'alongside.role_ids': roles,
    } = record?.attributes ?? {};
    assert.deepEqual(
      { grant, provider, person, roles },
      {
        grant: 'token_exchange',
        provider: 'nhs-cis2',
        person: careWorker.sub,
        roles: '111111111111',
      },
    );
  });

  test('omits sid on internal-dev', async () => {
    const { body } = await request({ base: '/oauth2-mock' });
    assert.equal(body.expires_in, '599');
    assert.ok(!('sid' in body));
  });

  test('uses the role of the ID token without calling CIS', async () => {
    platform.provider.state.claims = { selected_roleid: '555254242103' };
    const { body } = await request();
    const attributes = (await platform.tokens.find(body.access_token))?.attributes ?? {};
    assert.equal(attributes['id_token-selected_roleid'], '555254242103');
    assert.ok(!('alongside.role_ids' in attributes));
    platform.provider.state.claims = { selected_roleid: '', sub: 'nobody-here' };
    const other = (await platform.tokens.find((await request()).body.access_token))?.attributes ?? {};
    assert.ok(!('id_token-selected_roleid' in other) && !('alongside.role_ids' in other));
  });

  describe('the parameters', () => {
    // biome-ignore format: a table, one row a line
    const rows: [string, Record<string, string | undefined>, number, string, string][] = [
      ['client_assertion_type wrong, grant_type too', { client_assertion_type: 'jwt-bearer', grant_type: undefined }, 400, 'invalid_request', "Missing or invalid client_assertion_type - must be 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'"],
      ['grant_type missing, client_assertion too', { grant_type: undefined, client_assertion: undefined }, 400, 'invalid_request', 'grant_type is invalid'],
      ['grant_type authorization_code', { grant_type: 'authorization_code' }, 400, 'invalid_request', 'grant_type is invalid'],
      ['grant_type client_credentials', { grant_type: 'client_credentials' }, 400, 'invalid_request', 'grant_type is invalid'],
      ['subject_token_type missing', { subject_token_type: undefined }, 400, 'invalid_request', "missing or invalid subject_token_type - must be 'urn:ietf:params:oauth:token-type:id_token'"],
      ['subject_token_type of an access token', { subject_token_type: 'urn:ietf:params:oauth:token-type:access_token' }, 400, 'invalid_request', "missing or invalid subject_token_type - must be 'urn:ietf:params:oauth:token-type:id_token'"],
      ['client_assertion missing', { client_assertion: undefined }, 400, 'invalid_request', 'Missing client_assertion'],
      ['client_assertion malformed', { client_assertion: 'x.y.z' }, 400, 'invalid_request', 'Malformed JWT in client_assertion'],
      ['subject_token missing', { subject_token: undefined }, 400, 'invalid_request', 'Missing subject_token'],
      ['subject_token malformed', { subject_token: 'x.y.z' }, 400, 'invalid_request', 'Malformed JWT in subject_token'],
    ];
    for (const [name, change, status, error, description] of rows)
      test(name, async () => assertError(platform, await request({}, change), status, error, description));
  });

  describe('audience of the ID token', () => {
    test('accepts any audience for an application without a CIS2 client', async () => {
      assert.equal((await request({ id: 'separate-alone', audience: 'anybody.apps.test' })).status, 200);
    });
    test('does not check the audience at the mock', async () => {
      assert.equal((await request({ base: '/oauth2-mock', audience: 'anybody.apps.test' })).status, 200);
    });
  });

  test('uses up the jti also for an invalid subject token', async () => {
    const assertion = await assertionOf({
      id: 'separate',
      audience: `${api}/oauth2/token`,
      clock: platform.clock,
      signer,
    });
    const form = { grant_type: exchange, subject_token_type: idTokenType, ...withAssertion(assertion) };
    await assertError(
      platform,
      await platform.post('/oauth2/token', form),
      400,
      'invalid_request',
      'Missing subject_token',
    );
    await assertError(
      platform,
      await platform.post('/oauth2/token', form),
      400,
      'invalid_request',
      "Non-unique 'jti' claim in client_assertion JWT",
    );
  });

  test('refreshes with the secret and without an assertion', async () => {
    const { body } = await request();
    const answer = await platform.post('/oauth2/token', refreshRequest(body.refresh_token, 'separate'));
    assert.equal(answer.status, 200, answer.text);
    assert.equal(answer.body.refresh_count, '1');
    const other = await request();
    const without = refreshRequest(other.body.refresh_token, 'separate', { client_secret: undefined });
    await assertError(
      platform,
      await platform.post('/oauth2/token', without),
      401,
      'invalid_request',
      'client_secret is missing',
    );
    assert.ok(secretOf('separate'));
  });
});

describe('the options of token exchange at /oauth2', () => {
  let platform: Platform;
  let signer: ClientKey;
  before(async () => {
    signer = await newClientKey('test-1');
    platform = await startPlatform({
      keys: [signer.jwk],
      base: { options: { refuseForeignIdTokens: true, idTokenOnce: true } },
    });
  });
  after(() => platform.close());

  const exchangeBy = async (id: string, token: string) => {
    const audience = `${api}/oauth2/token`;
    const assertion = await assertionOf({ id, audience, clock: platform.clock, signer });
    return platform.post('/oauth2/token', {
      grant_type: exchange,
      subject_token_type: idTokenType,
      subject_token: token,
      ...withAssertion(assertion),
    });
  };
  const issuedTo = (audience: string) => platform.provider.idTokenFor(careWorker, audience);

  test('refuseForeignIdTokens refuses ID tokens of other applications', async () => {
    for (const audience of ['another.apps.test', 'separate.apps.test'])
      await assertError(
        platform,
        await exchangeBy('separate-alone', await issuedTo(audience)),
        400,
        'invalid_request',
        "Missing or invalid 'aud' claim in subject_token JWT",
      );
    assert.equal((await exchangeBy('separate', await issuedTo('another.apps.test'))).status, 401);
    assert.equal((await exchangeBy('separate', await issuedTo('separate.apps.test'))).status, 200);
  });

  test('idTokenOnce refuses a second exchange, also a simultaneous one', async () => {
    const token = await platform.provider.idTokenFor(careWorker, 'separate.apps.test', { jti: 'once' });
    const answers = await Promise.all(Array.from({ length: 5 }, () => exchangeBy('separate', token)));
    assert.equal(answers.filter(({ status }) => status === 200).length, 1);
    await assertError(
      platform,
      await exchangeBy('separate', token),
      400,
      'invalid_request',
      'Non-unique subject_token - the JWT was exchanged before',
    );
  });
});
