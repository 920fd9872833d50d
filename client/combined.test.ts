import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createApi } from './api.ts';
import type { CombinedSettings } from './combined.ts';
import { createCombined } from './combined.ts';
import { platformAt } from './config.ts';
import { keepFresh } from './fresh.ts';
import { sha256 } from './proof-key.ts';
import { testClock } from './testing/clock.ts';
import type { TestPlatform } from './testing/platform.ts';
import { PUBLISHED_TOKENS, startPlatform } from './testing/platform.ts';
import { TokenSet } from './tokens.ts';

const REDIRECT = 'http://localhost:8405/callback';

function settings(platform: TestPlatform, over: Partial<CombinedSettings> = {}): CombinedSettings {
  return {
    ...platformAt(`${platform.origin}/oauth2`),
    clientId: 'key',
    clientSecret: 'secret',
    redirectUri: REDIRECT,
    ...over,
  };
}

const stateOf = (url: string): string => new URL(url).searchParams.get('state') ?? '';

describe('createCombined', () => {
  test('requests a code with exactly the published parameters', async (t) => {
    const platform = await startPlatform();
    t.after(platform.close);
    const { url } = createCombined(settings(platform)).begin({ acrValues: 'AAL3_ANY' });
    assert.ok(url.startsWith(`${platform.origin}/oauth2/authorize?response_type=code&client_id=key&`));
    const names = [...new URL(url).searchParams.keys()];
    assert.deepEqual(names, ['response_type', 'client_id', 'redirect_uri', 'state', 'acr_values']);
    assert.equal(new URL(url).searchParams.get('redirect_uri'), REDIRECT);
  });

  test('redeems the code with the secret in the form, and reads numbers sent as strings', async (t) => {
    const platform = await startPlatform();
    t.after(platform.close);
    const clock = testClock();
    const combined = createCombined(settings(platform, { clock }));
    const { url, state } = combined.begin();
    const tokens = await combined.finish(`${REDIRECT}?code=UmsJVKNA&state=${stateOf(url)}&scope=x`, state);
    assert.deepEqual(platform.calls[0]?.form, {
      grant_type: 'authorization_code',
      code: 'UmsJVKNA',
      redirect_uri: REDIRECT,
      client_id: 'key',
      client_secret: 'secret',
    });
    assert.equal(platform.calls[0]?.headers.authorization, undefined);
    assert.match(String(platform.calls[0]?.headers['content-type']), /^application\/x-www-form-urlencoded/);
    assert.equal(tokens.accessToken, PUBLISHED_TOKENS.access_token);
    assert.deepEqual([tokens.secondsLeft(clock), tokens.refreshCount], [599, 0]);
    assert.equal(tokens.refreshExpiresAt, clock.now() + 43_199_000);
  });

  test('reads numbers sent as numbers', async (t) => {
    const platform = await startPlatform({
      body: { ...PUBLISHED_TOKENS, expires_in: 599, refresh_count: 3 },
    });
    t.after(platform.close);
    const combined = createCombined(settings(platform));
    const { url, state } = combined.begin();
    const tokens = await combined.finish({ code: '1', state: stateOf(url) }, state);
    assert.equal(tokens.refreshCount, 3);
  });

  test('uses PKCE only if enabled', async (t) => {
    const platform = await startPlatform();
    t.after(platform.close);
    const combined = createCombined(settings(platform, { pkce: true }));
    const { url, state } = combined.begin();
    await combined.finish({ code: '1', state: stateOf(url) }, state);
    const verifier = platform.calls[0]?.form.code_verifier ?? '';
    assert.equal(new URL(url).searchParams.get('code_challenge'), sha256(verifier));
    assert.equal(new URL(url).searchParams.get('code_challenge_method'), 'S256');
  });

  test('refuses another state, a repeated parameter and an error before it calls the token endpoint', async (t) => {
    const platform = await startPlatform();
    t.after(platform.close);
    const combined = createCombined(settings(platform));
    const { url, state } = combined.begin();
    const good = stateOf(url);
    await assert.rejects(combined.finish('?code=1&state=other', state), { code: 'state_mismatch' });
    await assert.rejects(combined.finish('?code=1', state), { code: 'state_mismatch' });
    await assert.rejects(combined.finish(`?code=1&code=2&state=${good}`, state), {
      code: 'callback_invalid',
    });
    await assert.rejects(combined.finish(`?state=${good}`, state), { code: 'callback_invalid' });
    await assert.rejects(combined.finish({ code: ['1', '2'], state: good }, state), {
      code: 'callback_invalid',
    });
    const error = `?error=access_denied&error_description=no&state=${good}`;
    await assert.rejects(combined.finish(error, state), {
      error: 'access_denied',
      description: 'no',
      status: undefined,
    });
    await assert.rejects(combined.finish('?error=access_denied&state=other', state), {
      code: 'state_mismatch',
    });
    assert.equal(platform.calls.length, 0);
  });

  test("throws an error with the platform's texts, status and message id", async (t) => {
    const body = {
      error: 'invalid_grant',
      error_description: 'authorization_code is invalid',
      message_id: 'rrt-1',
    };
    const platform = await startPlatform({ status: 400, body });
    t.after(platform.close);
    const combined = createCombined(settings(platform));
    const { url, state } = combined.begin();
    await assert.rejects(combined.finish({ code: '1', state: stateOf(url) }, state), {
      code: 'oauth',
      error: 'invalid_grant',
      message: 'invalid_grant: authorization_code is invalid',
      status: 400,
      messageId: 'rrt-1',
    });
  });

  test('refreshes with the secret and replaces the old refresh token', async (t) => {
    const platform = await startPlatform({
      body: { ...PUBLISHED_TOKENS, refresh_token: 'next', refresh_count: '1' },
    });
    t.after(platform.close);
    const combined = createCombined(settings(platform));
    const tokens = new TokenSet({ accessToken: 'a', expiresAt: 0, refreshToken: 'first', sid: 's' });
    const renewed = await combined.refresh(tokens);
    assert.deepEqual(platform.calls[0]?.form, {
      grant_type: 'refresh_token',
      refresh_token: 'first',
      client_id: 'key',
      client_secret: 'secret',
    });
    assert.deepEqual([renewed.refreshToken, renewed.refreshCount, renewed.sid], ['next', 1, 's']);
  });

  test('sends no request if the refresh token is missing or expired', async (t) => {
    const platform = await startPlatform();
    t.after(platform.close);
    const clock = testClock();
    const combined = createCombined(settings(platform, { clock }));
    const ended = { accessToken: 'a', expiresAt: 0, refreshToken: 'r', refreshExpiresAt: clock.now() - 1 };
    await assert.rejects(combined.refresh(new TokenSet(ended)), { code: 'sign_in_required' });
    const none = { accessToken: 'a', expiresAt: 0 };
    await assert.rejects(combined.refresh(new TokenSet(none)), { code: 'sign_in_required' });
    assert.equal(platform.calls.length, 0);
  });

  test('returns claims about the user from userinfo', async (t) => {
    const platform = await startPlatform({ body: { sub: '656005750104', name: 'USERQ RANDOM Mr' } });
    t.after(platform.close);
    const userinfo = await createCombined(settings(platform)).userinfo(
      new TokenSet({ accessToken: 'a', expiresAt: 0 }),
    );
    assert.equal(userinfo.name, 'USERQ RANDOM Mr');
    assert.equal(platform.calls[0]?.headers.authorization, 'Bearer a');
  });

  test('names the wrong setting without showing a secret', () => {
    const good = {
      ...platformAt('https://int.api.service.nhs.uk:443/oauth2'),
      clientId: 'k',
      clientSecret: 's3cret',
    };
    assert.equal(
      good.tokenUrl,
      'https://int.api.service.nhs.uk:443/oauth2/token',
      'addresses are not normalised',
    );
    const wrong: [Partial<CombinedSettings>, RegExp][] = [
      [{ tokenUrl: 'http://api.example.test/token' }, /tokenUrl must use https/],
      [{ authorizeUrl: 'javascript:alert(1)' }, /authorizeUrl/],
      [{ userinfoUrl: 'https://u:p@example.test/userinfo' }, /userinfoUrl/],
      [{ redirectUri: 'https://example.test/#x' }, /redirectUri/],
      [{ clientId: '' }, /clientId is missing/],
      [{ clientSecret: undefined as unknown as string }, /clientSecret is missing/],
    ];
    for (const [over, message] of wrong) {
      const make = () => createCombined({ redirectUri: REDIRECT, ...good, ...over });
      assert.throws(make, (error: Error) => message.test(error.message) && !error.message.includes('s3cret'));
    }
  });

  test('refuses an endless, a redirecting and a malformed token response', async (t) => {
    const platform = await startPlatform({ body: JSON.stringify(PUBLISHED_TOKENS) + ' '.repeat(2_000_000) });
    t.after(platform.close);
    const combined = createCombined(settings(platform));
    const tokens = new TokenSet({ accessToken: 'a', expiresAt: 0, refreshToken: 'first' });
    await assert.rejects(combined.refresh(tokens), { code: 'response_invalid' });
    platform.answers.splice(0, 1, { status: 307, headers: { location: `${platform.origin}/elsewhere` } });
    await assert.rejects(combined.refresh(tokens), { code: 'oauth', status: 307 });
    assert.ok(
      platform.calls.every(({ path }) => path === '/oauth2/token'),
      'credentials do not follow redirects',
    );
    const faults = [
      { ...PUBLISHED_TOKENS, expires_in: '-1' },
      { ...PUBLISHED_TOKENS, token_type: 'DPoP' },
      { ...PUBLISHED_TOKENS, access_token: 7 },
      [],
    ];
    for (const body of faults) {
      platform.answers.splice(0, 1, { body });
      await assert.rejects(combined.refresh(tokens), { code: 'response_invalid' });
    }
  });

  test('accepts tokens of unknown lifetime, and renews them after a 401', async (t) => {
    const { expires_in: _, ...unknown } = PUBLISHED_TOKENS;
    const platform = await startPlatform(
      { body: { ...unknown, access_token: 'second' } },
      { status: 401 },
      {},
    );
    t.after(platform.close);
    const combined = createCombined(settings(platform));
    const first = await combined.refresh(new TokenSet({ accessToken: 'a', refreshToken: 'r' }));
    assert.deepEqual([first.accessToken, first.expiresAt], ['second', undefined]);
    const fresh = keepFresh(first, async () => new TokenSet({ accessToken: 'third' }));
    const api = createApi({ baseUrl: platform.origin, token: fresh });
    assert.equal((await api.fetch('/orders')).status, 200);
    assert.deepEqual(
      platform.calls.map(({ headers }) => headers.authorization),
      [undefined, 'Bearer second', 'Bearer third'],
    );
  });

  test('throws a network error with the address if the server is down', async () => {
    const combined = createCombined({
      ...platformAt('http://127.0.0.1:1/oauth2'),
      clientId: 'k',
      clientSecret: 's',
      redirectUri: REDIRECT,
    });
    const tokens = new TokenSet({ accessToken: 'a', expiresAt: 0, refreshToken: 'first' });
    await assert.rejects(combined.refresh(tokens), {
      code: 'network',
      message: /127\.0\.0\.1:1\/oauth2\/token/,
    });
  });
});
