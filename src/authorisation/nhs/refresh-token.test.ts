import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { secretOf } from '../testing/applications.ts';
import { assertError, refreshRequest, tokensOf } from '../testing/journeys.ts';
import { type Platform, startPlatform } from '../testing/platform.ts';

const expired = 'refresh token refresh period has expired';

describe('POST /token, refresh_token', () => {
  let platform: Platform;
  let kept: string;
  before(async () => {
    platform = await startPlatform();
    kept = (await tokensOf(platform)).refresh_token ?? '';
  });
  after(() => platform.close());

  const refresh = (token: string, change: Record<string, string | undefined> = {}, id = 'combined') =>
    platform.post('/oauth2/token', refreshRequest(token, id, change));
  const fresh = async (change: Record<string, string | undefined> = {}) =>
    (await tokensOf(platform, '/oauth2', 'combined', change)).refresh_token ?? '';

  describe('errors in the order of the checks, which do not use up the token', () => {
    // biome-ignore format: a table, one row a line
    const rows: [string, Record<string, string | undefined>, number, string, string][] = [
      ['client_id missing, client_secret too', { client_id: undefined, client_secret: undefined }, 401, 'invalid_request', 'client_id is missing'],
      ['client_id unknown', { client_id: 'invalid', client_secret: undefined }, 401, 'invalid_client', 'client_id or client_secret is invalid'],
      ['client_secret missing, refresh_token too', { client_secret: undefined, refresh_token: undefined }, 401, 'invalid_request', 'client_secret is missing'],
      ['client_secret wrong', { client_secret: 'invalid', refresh_token: undefined }, 401, 'invalid_client', 'client_id or client_secret is invalid'],
      ['application revoked', { client_id: 'key-of-revoked', client_secret: secretOf('revoked') }, 401, 'access_denied', 'The developer app associated with the API key is not approved or revoked'],
      ['refresh_token missing', { refresh_token: undefined }, 400, 'invalid_request', 'refresh_token is missing'],
      ['refresh_token unknown', { refresh_token: 'invalid' }, 401, 'invalid_grant', 'refresh_token is invalid'],
      ['refresh_token of another client', { client_id: 'key-of-other', client_secret: secretOf('other') }, 401, 'invalid_grant', 'refresh_token is invalid'],
      ['grant_type missing', { grant_type: undefined }, 400, 'invalid_request', 'grant_type is missing'],
      ['grant_type other', { grant_type: 'invalid' }, 400, 'unsupported_grant_type', 'grant_type is invalid'],
    ];
    for (const [name, change, status, error, description] of rows)
      test(name, async () => assertError(platform, await refresh(kept, change), status, error, description));
    test('refuses an access token', async () => {
      const { access_token: access = '' } = await tokensOf(platform);
      await assertError(platform, await refresh(access), 401, 'invalid_grant', 'refresh_token is invalid');
    });
    test('refuses the token at another base path', async () => {
      const answer = await platform.post('/oauth2-mock/token', refreshRequest(kept));
      await assertError(platform, answer, 401, 'invalid_grant', 'refresh_token is invalid');
    });
    test('still accept the token once, and its successor', async () => {
      const answer = await refresh(kept);
      assert.equal(answer.status, 200, answer.text);
      await assertError(platform, await refresh(kept), 401, 'invalid_grant', 'refresh_token is invalid');
      assert.equal((await refresh(answer.body.refresh_token)).status, 200);
    });
  });

  test('returns exactly six members as text', async () => {
    const first = await tokensOf(platform, '/oauth2-mock');
    const { body } = await platform.post('/oauth2-mock/token', refreshRequest(first.refresh_token ?? ''));
    const { access_token: access, refresh_token: token, ...rest } = body;
    assert.match(access, /^[\w-]{28,}$/);
    assert.match(token, /^[\w-]{28,}$/);
    assert.deepEqual(rest, {
      expires_in: '599',
      refresh_token_expires_in: '43199',
      refresh_count: '1',
      token_type: 'Bearer',
    });
  });

  test('keeps the attributes and the old access token', async () => {
    const first = await tokensOf(platform);
    const { body } = await refresh(first.refresh_token ?? '');
    const [old, next] = [
      await platform.tokens.find(first.access_token ?? ''),
      await platform.tokens.find(body.access_token),
    ];
    assert.ok(old && next && platform.tokens.isLive(old));
    assert.deepEqual(next.attributes, old.attributes);
    const same = ({ family, sid, uid, scope, clientId }: typeof old) => ({
      family,
      sid,
      uid,
      scope,
      clientId,
    });
    assert.deepEqual(same(next), same(old));
  });

  test('counts the remaining lifetime in real time', async () => {
    const one = await refresh(await fresh());
    platform.clock.advance(3);
    const two = await refresh(one.body.refresh_token);
    assert.deepEqual([one.body.refresh_count, two.body.refresh_count], ['1', '2']);
    assert.equal(Number(one.body.refresh_token_expires_in) - Number(two.body.refresh_token_expires_in), 3);
  });

  test('ends refreshing after twelve hours in total', async () => {
    let token = await fresh();
    for (let hour = 0; hour < 11; hour++) {
      platform.clock.advance(3_600);
      token = (await refresh(token)).body.refresh_token;
    }
    platform.clock.advance(3_600);
    await assertError(platform, await refresh(token), 401, 'invalid_grant', expired);
  });

  describe('parameters that shorten lifetimes, in development', () => {
    test('refuses an expired token', async () => {
      const token = await fresh({ _refresh_token_expiry_ms: '5000' });
      platform.clock.advance(5);
      await assertError(platform, await refresh(token), 401, 'invalid_grant', expired);
    });
    test('refuses a total of zero, requested at the refresh or at the sign-in', async () => {
      await assertError(
        platform,
        await refresh(await fresh(), { _refresh_tokens_validity_ms: '0' }),
        401,
        'invalid_grant',
        expired,
      );
      await assertError(
        platform,
        await refresh(await fresh({ _refresh_tokens_validity_ms: '0' })),
        401,
        'invalid_grant',
        expired,
      );
    });
    test('apply the total of the sign-in to all successors', async () => {
      const one = await refresh(await fresh({ _refresh_tokens_validity_ms: '10000' }));
      assert.equal(one.body.refresh_token_expires_in, '9');
      platform.clock.advance(6);
      const two = await refresh(one.body.refresh_token);
      assert.equal(two.body.refresh_token_expires_in, '3');
      platform.clock.advance(4);
      await assertError(platform, await refresh(two.body.refresh_token), 401, 'invalid_grant', expired);
    });
    test('shorten both lifetimes at the refresh', async () => {
      const { body } = await refresh(await fresh(), {
        _access_token_expiry_ms: '4000',
        _refresh_token_expiry_ms: '8000',
      });
      assert.deepEqual([body.expires_in, body.refresh_token_expires_in], ['3', '7']);
    });
  });

  test('accepts one of ten simultaneous requests', async () => {
    const token = await fresh();
    const answers = await Promise.all(Array.from({ length: 10 }, () => refresh(token)));
    assert.equal(answers.filter(({ status }) => status === 200).length, 1);
    assert.equal(
      answers.filter(({ body }) => body.error_description === 'refresh_token is invalid').length,
      9,
    );
  });

  test('omits scopes of removed products and adds none', async () => {
    const token = (await tokensOf(platform, '/oauth2', 'other')).refresh_token ?? '';
    const stored = await platform.applications.get('other');
    assert.ok(stored?.platform);
    const { revision, ...application } = stored;
    const aal2 = [{ name: 'records-aal2', status: 'approved' as const }];
    await platform.applications.replace(
      { ...application, platform: { ...stored.platform, products: aal2 } },
      revision,
    );
    const answer = await refresh(token, {}, 'other');
    assert.equal(answer.body.error, 'unauthorized_client');
    await platform.applications.replace(application, revision + 1);
    assert.equal((await refresh(token, {}, 'other')).status, 200);
  });

  test('refreshRetry returns the same successor within 30 s', async () => {
    const lenient = await startPlatform({ base: { options: { refreshRetry: true } } });
    const token = (await tokensOf(lenient)).refresh_token ?? '';
    const again = () => lenient.post('/oauth2/token', refreshRequest(token));
    const first = await again();
    const second = await again();
    assert.deepEqual(second.body, first.body);
    lenient.clock.advance(31);
    await assertError(lenient, await again(), 401, 'invalid_grant', 'refresh_token is invalid');
    assert.equal((await lenient.post('/oauth2/token', refreshRequest(first.body.refresh_token))).status, 200);
    await lenient.close();
  });
});
