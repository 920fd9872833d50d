import assert from 'node:assert/strict';
import { after, afterEach, before, describe, test } from 'node:test';
import { assertionOf, type ClientKey, newClientKey, withAssertion } from '../testing/assertions.ts';
import { assertError, refreshRequest, tokensOf } from '../testing/journeys.ts';
import { api, type Platform, startPlatform } from '../testing/platform.ts';
import { careWorker } from '../testing/provider.ts';

const unknown =
  'An unknown error occurred processing this request. Contact us for assistance diagnosing this issue: https://digital.nhs.uk/developer/help-and-support quoting Message ID';
const combinedOnly =
  'The Userinfo endpoint is only supported for Combined Auth integrations. Currently this is only for NHS CIS2 authentications - for more guidance see https://digital.nhs.uk/developer/guides-and-documentation/security-and-authorisation/user-restricted-restful-apis-nhs-cis2-combined-authentication-and-authorisation';

describe('GET /userinfo', () => {
  let platform: Platform;
  let signer: ClientKey;
  before(async () => {
    signer = await newClientKey('test-1');
    platform = await startPlatform({ keys: [signer.jwk] });
  });
  after(() => platform.close());
  afterEach(() => platform.provider.reset());

  const userinfo = (authorization?: string) =>
    platform.get('/oauth2/userinfo', {}, authorization === undefined ? {} : { authorization });

  test('returns the userinfo of CIS2 for a combined token', async () => {
    const { access_token: token } = await tokensOf(platform);
    const answer = await userinfo(`Bearer ${token}`);
    assert.equal(answer.status, 200, answer.text);
    assert.match(answer.headers.get('content-type') ?? '', /^application\/json/);
    assert.equal(answer.body.sub, careWorker.sub);
    assert.deepEqual(
      answer.body.nhsid_nrbac_roles.map((role: { person_roleid: string }) => role.person_roleid),
      careWorker.roles,
    );
  });

  test('returns userinfo after a refresh', async () => {
    const first = await tokensOf(platform);
    const { body } = await platform.post('/oauth2/token', refreshRequest(first.refresh_token ?? ''));
    assert.equal((await userinfo(`Bearer ${body.access_token}`)).status, 200);
  });

  describe('bad tokens', () => {
    for (const [name, authorization] of [
      ['none', undefined],
      ['empty', 'Bearer '],
      ['unknown', 'Bearer unknown'],
      ['another scheme', 'Basic eDp5'],
      ['two', 'Bearer a b'],
    ] as const)
      test(name, async () =>
        assertError(platform, await userinfo(authorization), 401, 'unknown_error', unknown),
      );

    test('are refused: lower-case scheme, refresh token, another base path, expired, revoked', async () => {
      const tokens = await tokensOf(platform);
      const other = await tokensOf(platform, '/oauth2-mock');
      const short = await tokensOf(platform, '/oauth2', 'combined', { _access_token_expiry_ms: '1000' });
      const revoked = await tokensOf(platform);
      await platform.database.run(platform.tokens.revokeStatement(revoked.access_token ?? ''));
      platform.clock.advance(1);
      for (const authorization of [
        `bearer ${tokens.access_token}`,
        `Bearer ${tokens.refresh_token}`,
        `Bearer ${other.access_token}`,
        `Bearer ${short.access_token}`,
        `Bearer ${revoked.access_token}`,
      ])
        await assertError(platform, await userinfo(authorization), 401, 'unknown_error', unknown);
      assert.equal((await userinfo(`Bearer ${tokens.access_token}`)).status, 200);
    });

    test('refuses the token of a revoked application', async () => {
      const { access_token: token } = await tokensOf(platform, '/oauth2', 'other');
      const stored = await platform.applications.get('other');
      assert.ok(stored);
      const { revision, ...application } = stored;
      await platform.applications.replace({ ...application, status: 'revoked' }, revision);
      await assertError(platform, await userinfo(`Bearer ${token}`), 401, 'unknown_error', unknown);
    });
  });

  test('refuses tokens of other patterns', async () => {
    const assertion = () =>
      assertionOf({ id: 'separate', audience: `${api}/oauth2/token`, clock: platform.clock, signer });
    const app = await platform.post('/oauth2/token', {
      grant_type: 'client_credentials',
      ...withAssertion(await assertion()),
    });
    const exchanged = await platform.post('/oauth2/token', {
      grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
      subject_token_type: 'urn:ietf:params:oauth:token-type:id_token',
      subject_token: await platform.provider.idTokenFor(careWorker, 'separate.apps.test'),
      ...withAssertion(await assertion()),
    });
    for (const { body } of [app, exchanged])
      await assertError(
        platform,
        await userinfo(`Bearer ${body.access_token}`),
        400,
        'invalid_request',
        combinedOnly,
      );
  });

  test('reports an expired token or a failure of CIS2', async () => {
    const { access_token: token } = await tokensOf(platform);
    platform.provider.state.userinfoAnswer = { status: 401, body: { error: 'invalid_token' } };
    await assertError(platform, await userinfo(`Bearer ${token}`), 401, 'unknown_error', unknown);
    platform.provider.state.userinfoAnswer = { status: 503, body: {} };
    await assertError(platform, await userinfo(`Bearer ${token}`), 500, 'unknown_error', unknown);
  });
});
