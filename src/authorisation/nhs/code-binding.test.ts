import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { sha256 } from '@alongside/kernel/secrets';
import { assertError, codeOf, codeRequest, tokensOf } from '../testing/journeys.ts';
import { type Platform, startPlatform } from '../testing/platform.ts';

describe('binding and lifetimes of codes', () => {
  let platform: Platform;
  before(async () => {
    platform = await startPlatform();
  });
  after(() => platform.close());

  describe('PKCE, once a challenge was sent', () => {
    const verifier = 'v'.repeat(64);
    const challenge = { code_challenge: sha256(verifier), code_challenge_method: 'S256' };
    const rows: [string, string | undefined, number][] = [
      ['the verifier', verifier, 200],
      ['no verifier', undefined, 400],
      ['another verifier', 'w'.repeat(64), 400],
      ['the challenge as verifier', challenge.code_challenge, 400],
      ['a verifier that is too short', 'v', 400],
    ];
    for (const [name, sent, status] of rows)
      test(name, async () => {
        const bound = await codeOf(platform, '/oauth2', 'combined', challenge);
        const answer = await platform.post(
          '/oauth2/token',
          codeRequest(bound, 'combined', { code_verifier: sent }),
        );
        if (status === 200) assert.equal(answer.status, 200, answer.text);
        else await assertError(platform, answer, 400, 'invalid_grant', 'authorization_code is invalid');
      });
  });

  test('accepts a code only with the redirect_uri that it was sent to', async () => {
    const second = 'https://other.test/second?x=1';
    const bound = await codeOf(platform, '/oauth2', 'other', { redirect_uri: second });
    await assertError(
      platform,
      await platform.post('/oauth2/token', codeRequest(bound, 'other')),
      400,
      'invalid_request',
      'redirect_uri is invalid',
    );
    assert.equal(
      (await platform.post('/oauth2/token', codeRequest(bound, 'other', { redirect_uri: second }))).status,
      200,
    );
  });

  test('refuses a code after five minutes', async () => {
    const [late, early] = [await codeOf(platform), await codeOf(platform)];
    platform.clock.advance(299);
    assert.equal((await platform.post('/oauth2/token', codeRequest(early))).status, 200);
    platform.clock.advance(1);
    await assertError(
      platform,
      await platform.post('/oauth2/token', codeRequest(late)),
      400,
      'invalid_grant',
      'authorization_code is invalid',
    );
  });

  describe('parameters that shorten lifetimes, in development', () => {
    // biome-ignore format: a table, one row a line
    const rows: [string, Record<string, string>, string, string][] = [
      ['access', { _access_token_expiry_ms: '5000' }, '4', '43199'],
      ['refresh', { _refresh_token_expiry_ms: '6000' }, '599', '5'],
      ['total', { _refresh_tokens_validity_ms: '7000' }, '599', '6'],
      ['total is nothing', { _refresh_tokens_validity_ms: '0' }, '599', '0'],
      ['longer than usual is ignored', { _access_token_expiry_ms: '700000', _refresh_token_expiry_ms: '99999999' }, '599', '43199'],
      ['no number is ignored', { _access_token_expiry_ms: 'soon', _refresh_token_expiry_ms: '-1' }, '599', '43199'],
      ['access of nothing is ignored', { _access_token_expiry_ms: '0' }, '599', '43199'],
    ];
    for (const [name, change, access, refresh] of rows)
      test(name, async () => {
        const tokens = await tokensOf(platform, '/oauth2', 'combined', change);
        assert.deepEqual([tokens.expires_in, tokens.refresh_token_expires_in], [access, refresh]);
      });

    test('are ignored outside development', async () => {
      const real = await startPlatform({ development: false });
      const tokens = await tokensOf(real, '/oauth2', 'combined', { _access_token_expiry_ms: '5000' });
      assert.equal(tokens.expires_in, '599');
      await real.close();
    });
  });

  test('codeReuseRevokes revokes the tokens of a reused code', async () => {
    const strict = await startPlatform({ base: { options: { codeReuseRevokes: true } } });
    const used = await codeOf(strict);
    const { body } = await strict.post('/oauth2/token', codeRequest(used));
    await strict.post('/oauth2/token', codeRequest(used));
    assert.ok((await strict.tokens.find(body.access_token))?.revokedAt);
    await strict.close();
  });
});
