import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { describe, test } from 'node:test';
import { createLocalJWKSet, decodeJwt, jwtVerify } from 'jose';
import { createApplicationRestricted } from './application-restricted.ts';
import { createExchange, createSeparate } from './exchange.ts';
import { publicKeySet } from './keys.ts';
import { testClock } from './testing/clock.ts';
import { rsaKey } from './testing/keys.ts';
import { SUBJECT, startProvider } from './testing/openid-provider.ts';
import { PUBLISHED_TOKENS, startPlatform } from './testing/platform.ts';
import { userAgent } from './testing/user-agent.ts';
import { TokenSet } from './tokens.ts';

const key = rsaKey('test-1');
const keys = createLocalJWKSet(publicKeySet([{ ...key, alg: 'RS512' }]));

/** Verifies an assertion by the published rules, with jose. */
async function checkAssertion(assertion: string, tokenUrl: string): Promise<void> {
  const { payload, protectedHeader } = await jwtVerify(assertion, keys, {
    algorithms: ['RS512'],
    audience: tokenUrl,
    issuer: 'key',
    subject: 'key',
    typ: 'JWT',
    requiredClaims: ['jti', 'exp'],
  });
  assert.equal(protectedHeader.kid, 'test-1');
  assert.equal(payload.aud, tokenUrl, 'the audience is one text');
  const ahead = (payload.exp ?? 0) - Math.floor(testClock().now() / 1000);
  assert.ok(ahead > 60 && ahead <= 300, `exp is ${ahead} s ahead`);
}

describe('createExchange', () => {
  test('sends exactly the published parameters, with a valid assertion', async (t) => {
    const platform = await startPlatform({ body: { ...PUBLISHED_TOKENS, issued_token_type: 'x' } });
    t.after(platform.close);
    const tokenUrl = `${platform.origin}/oauth2/token`;
    const tokens = await createExchange({ tokenUrl, clientId: 'key', key }).exchange('id.token.x');
    const { client_assertion: assertion = '', ...form } = platform.calls[0]?.form ?? {};
    assert.deepEqual(form, {
      grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
      subject_token_type: 'urn:ietf:params:oauth:token-type:id_token',
      subject_token: 'id.token.x',
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    });
    await checkAssertion(assertion, tokenUrl);
    assert.equal(tokens.refreshToken, PUBLISHED_TOKENS.refresh_token);
  });

  test('uses each assertion once, with the token endpoint exactly as configured as audience', async (t) => {
    const platform = await startPlatform();
    t.after(platform.close);
    const tokenUrl = 'https://int.api.service.nhs.uk:443/oauth2/token';
    const redirected: typeof fetch = (_url, init) => fetch(`${platform.origin}/oauth2/token`, init);
    const { exchange } = createExchange({ tokenUrl, clientId: 'key', key, fetch: redirected as never });
    await exchange('a');
    await exchange('a');
    const claims = platform.calls.map(({ form }) => decodeJwt(form.client_assertion ?? ''));
    assert.notEqual(claims[0]?.jti, claims[1]?.jti);
    assert.deepEqual(
      claims.map(({ aud }) => aud),
      [tokenUrl, tokenUrl],
    );
  });

  test('refreshes with the secret, and reports a missing one', async (t) => {
    const platform = await startPlatform();
    t.after(platform.close);
    const base = { tokenUrl: `${platform.origin}/oauth2/token`, clientId: 'key', key };
    const tokens = new TokenSet({ accessToken: 'a', expiresAt: 0, refreshToken: 'r', idToken: 'i' });
    await assert.rejects(createExchange(base).refresh(tokens), {
      code: 'settings_invalid',
      message: /clientSecret/,
    });
    const renewed = await createExchange({ ...base, clientSecret: 's' }).refresh(tokens);
    assert.equal(renewed.idToken, 'i');
    assert.equal(platform.calls[0]?.form.client_secret, 's');
    assert.equal(platform.calls[0]?.form.client_assertion, undefined);
  });

  test('refuses an unsuitable key when it is created', () => {
    const small = generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey;
    const elliptic = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
    for (const [privateKey, received] of [
      [small, 'rsa 1024'],
      [elliptic, 'ec prime256v1'],
    ] as const) {
      const settings = {
        tokenUrl: 'https://example.test/token',
        clientId: 'k',
        key: { kid: 'x', privateKey },
      };
      for (const make of [createExchange, createApplicationRestricted]) {
        assert.throws(() => make(settings), { code: 'settings_invalid', received });
      }
    }
  });

  test('does not send a missing ID token', async () => {
    const exchange = createExchange({ tokenUrl: 'https://example.test/token', clientId: 'k', key });
    await assert.rejects(exchange.exchange(''), {
      code: 'id_token_invalid',
      advice: /signIn\.tokens\.idToken/,
    });
  });

  test('refuses an invalid key when it is created, without quoting it', () => {
    const bad = { kid: 'x', privateKey: '-----BEGIN PRIVATE KEY-----\nMIIsecret\n-----END PRIVATE KEY-----' };
    const make = () => createExchange({ tokenUrl: 'https://example.test/token', clientId: 'k', key: bad });
    assert.throws(
      make,
      (error: Error) => /key\.privateKey/.test(error.message) && !error.message.includes('MIIsecret'),
    );
    const [publicKey] = publicKeySet([{ ...key, alg: 'RS512' }]).keys;
    assert.ok(publicKey && !('d' in publicKey), 'the published half is public');
    const half = { kid: 'x', privateKey: publicKey };
    const withHalf = () =>
      createExchange({ tokenUrl: 'https://example.test/token', clientId: 'k', key: half });
    assert.throws(withHalf, { code: 'settings_invalid' });
  });
});

describe('createApplicationRestricted', () => {
  test('requests a token with client credentials, and another only when it is about to expire', async (t) => {
    const platform = await startPlatform({
      body: { access_token: 'a', expires_in: '599', token_type: 'Bearer' },
    });
    t.after(platform.close);
    const clock = testClock();
    const tokenUrl = `${platform.origin}/oauth2/token`;
    const access = createApplicationRestricted({ tokenUrl, clientId: 'key', key, clock });
    assert.deepEqual(await Promise.all([access.freshToken(), access.freshToken()]), ['a', 'a']);
    await access.freshToken();
    assert.equal(platform.calls.length, 1);
    const { client_assertion: assertion = '', ...form } = platform.calls[0]?.form ?? {};
    assert.deepEqual(form, {
      grant_type: 'client_credentials',
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    });
    await checkAssertion(assertion, tokenUrl);
    clock.advance(570);
    await access.freshToken();
    assert.equal(platform.calls.length, 2);
  });
});

test('createSeparate signs in at a third-party provider and exchanges the verified ID token', async (t) => {
  const redirectUri = 'http://localhost/callback';
  const platform = await startPlatform();
  const client = { client_id: 'app', client_secret: 'secret', redirect_uris: [redirectUri] };
  const provider = await startProvider({
    clients: [{ ...client, token_endpoint_auth_method: 'client_secret_post' }],
  });
  t.after(() => Promise.all([platform.close(), provider.close()]));
  const separate = createSeparate({
    cis2: {
      issuer: provider.issuer,
      clientId: 'app',
      redirectUri,
      authentication: { method: 'client_secret_post', clientSecret: 'secret' },
    },
    platform: {
      tokenUrl: `${platform.origin}/oauth2/token`,
      clientId: 'key',
      clientSecret: 's',
      key: rsaKey('k'),
    },
  });

  const { url, state } = await separate.begin();
  const signIn = await separate.finish(await userAgent().follow(url, redirectUri), state);
  assert.equal(signIn.subject, SUBJECT);
  const tokens = await separate.exchange(signIn.tokens.idToken ?? '');
  assert.equal(platform.calls[0]?.form.subject_token, signIn.tokens.idToken);
  assert.equal(tokens.accessToken, PUBLISHED_TOKENS.access_token);
  assert.equal((await separate.refresh(tokens)).refreshToken, PUBLISHED_TOKENS.refresh_token);
});
