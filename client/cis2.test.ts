import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { SignJWT } from 'jose';
import type { Cis2, Cis2Settings, Cis2SignInOptions } from './cis2.ts';
import { createCis2 } from './cis2.ts';
import type { Fetch } from './http.ts';
import { testClock } from './testing/clock.ts';
import { privateKeyOf, rsaKey } from './testing/keys.ts';
import type { TestProvider } from './testing/openid-provider.ts';
import { registeredKeys, SUBJECT, startProvider } from './testing/openid-provider.ts';
import { serve } from './testing/server.ts';
import type { UserAgent } from './testing/user-agent.ts';
import { userAgent } from './testing/user-agent.ts';
import { TokenSet } from './tokens.ts';

const REDIRECT = 'http://localhost/callback';
const SECRET = 's%&+/ =:x';
const key = rsaKey('app-1');
const claims: Record<string, unknown> = {};

describe('createCis2 with a third-party OpenID provider', () => {
  let provider: TestProvider;

  before(async () => {
    const common = {
      redirect_uris: [REDIRECT],
      response_types: ['code'],
      grant_types: ['authorization_code'],
      require_auth_time: true,
    };
    const signed = {
      token_endpoint_auth_method: 'private_key_jwt',
      jwks: registeredKeys({ ...key, alg: 'RS512' }),
    };
    provider = await startProvider({
      claims,
      clients: [
        {
          ...common,
          client_id: 'post',
          client_secret: SECRET,
          token_endpoint_auth_method: 'client_secret_post',
        },
        {
          ...common,
          client_id: 'basic',
          client_secret: SECRET,
          token_endpoint_auth_method: 'client_secret_basic',
        },
        ...['signed-userinfo', 'signed-userinfo-of-another'].map((client_id) => ({
          ...common,
          client_id,
          client_secret: SECRET,
          token_endpoint_auth_method: 'client_secret_post',
          userinfo_signed_response_alg: 'RS256',
        })),
        { ...common, ...signed, client_id: 'jwt', token_endpoint_auth_signing_alg: 'RS512' },
      ],
    });
  });
  after(() => provider.close());

  const application = (over: Partial<Cis2Settings> = {}): Cis2 =>
    createCis2({
      issuer: provider.issuer,
      clientId: 'post',
      redirectUri: REDIRECT,
      authentication: { method: 'client_secret_post', clientSecret: SECRET },
      scope: 'openid nationalrbacaccess',
      ...over,
    });

  async function signIn(cis2: Cis2, options: Cis2SignInOptions = {}, browser: UserAgent = userAgent()) {
    const { url, state } = await cis2.begin(options);
    return cis2.finish(await browser.follow(url, REDIRECT), state);
  }

  test('returns the user, levels and roles with client_secret_post', async () => {
    const cis2 = application();
    const who = await signIn(cis2, { acrValues: 'AAL3_ANY' });
    assert.equal(who.subject, SUBJECT);
    assert.equal(who.authenticationLevel, 3);
    assert.equal(who.identityLevel, 3);
    assert.equal(who.selectedRoleId, undefined, 'an empty selected_roleid is no role');
    assert.equal(who.tokens.idToken?.split('.').length, 3);
    assert.equal((await cis2.userinfo(who)).sub, SUBJECT);
  });

  for (const stuck of ['/.well-known/openid-configuration', '/token', '/keys', '/userinfo'])
    test(`ends its call of ${stuck} with the signal`, async (t) => {
      const end = new AbortController();
      const { signal } = end;
      let isClosed = () => {};
      const closed = new Promise<void>((resolve) => {
        isClosed = resolve;
      });
      const idToken = await new SignJWT({}).setProtectedHeader({ alg: 'RS256' }).sign(privateKeyOf(key));
      const server = await serve((origin) => (request, response) => {
        if (request.url === stuck) {
          response.once('close', () => isClosed());
          end.abort();
          return;
        }
        const addresses = { authorization_endpoint: `${origin}/a`, token_endpoint: `${origin}/token` };
        const more = { jwks_uri: `${origin}/keys`, userinfo_endpoint: `${origin}/userinfo` };
        const tokens = { access_token: 'a', token_type: 'Bearer', expires_in: 60, id_token: idToken };
        response.end(JSON.stringify({ issuer: origin, ...addresses, ...more, ...tokens }));
      });
      t.after(server.close);
      const cis2 = application({ issuer: server.origin });
      const calls = async () => {
        const { url, state } = await cis2.begin({ signal });
        if (stuck === '/userinfo')
          return cis2.userinfo(
            { tokens: new TokenSet({ accessToken: 'a', expiresAt: 0 }), subject: 'a' },
            { signal },
          );
        const answer = new URLSearchParams({
          code: 'c',
          state: new URL(url).searchParams.get('state') ?? '',
        });
        return cis2.finish(answer, state, { signal });
      };
      await assert.rejects(calls(), { code: 'aborted' });
      await closed;
    });

  test('authenticates with client_secret_basic', async () => {
    const authentication = { method: 'client_secret_basic', clientSecret: SECRET } as const;
    assert.equal((await signIn(application({ clientId: 'basic', authentication }))).subject, SUBJECT);
  });

  test('authenticates with private_key_jwt', async () => {
    const authentication = { method: 'private_key_jwt', key } as const;
    assert.equal((await signIn(application({ clientId: 'jwt', authentication }))).subject, SUBJECT);
  });

  test('refuses a signed userinfo response for another application', async () => {
    const own = application({ clientId: 'signed-userinfo' });
    const signed = await signIn(application({ clientId: 'signed-userinfo-of-another' }));
    await assert.rejects(own.userinfo(signed), {
      code: 'response_invalid',
      expected: 'aud signed-userinfo',
      received: 'aud "signed-userinfo-of-another"',
    });
  });

  test('refuses settings that would disable a check or can never work', () => {
    const wrong: [Partial<Cis2Settings>, RegExp][] = [
      [{ toleranceSeconds: 30_000 }, /toleranceSeconds must be a number of seconds/],
      [{ toleranceSeconds: Number.NaN }, /toleranceSeconds/],
      [{ idTokenAlg: 'none' as 'RS256' }, /idTokenAlg must be one of RS256/],
      [
        { authentication: { method: 'private_key_jwt', key, alg: 'ES256' } },
        /does not fit ES256.*EC key on P-256/,
      ],
    ];
    for (const [over, message] of wrong) {
      assert.throws(() => application(over), { code: 'settings_invalid', message });
    }
  });

  test("reports the provider's error for a wrong secret", async () => {
    const cis2 = application({ authentication: { method: 'client_secret_post', clientSecret: 'wrong' } });
    await assert.rejects(signIn(cis2), { name: 'OAuthError', error: 'invalid_client', status: 401 });
  });

  test('sends a PKCE challenge if the metadata lists S256, unless disabled', async () => {
    const challenge = async (cis2: Cis2) =>
      new URL((await cis2.begin()).url).searchParams.get('code_challenge');
    assert.match((await challenge(application())) ?? '', /^[\w-]{43}$/);
    assert.equal(await challenge(application({ pkce: false })), null);
  });

  test('requests role, level and freshness', async () => {
    const { url } = await application().begin({
      role: 'changed',
      acrValues: 'AAL2_ANY',
      maxAge: 240,
      prompt: 'login',
    });
    const query = Object.fromEntries(new URL(url).searchParams);
    assert.equal(query.scope, 'openid nationalrbacaccess changedrole');
    assert.deepEqual([query.acr_values, query.max_age, query.prompt], ['AAL2_ANY', '240', 'login']);
  });

  test('refuses a response with another state before it sends anything', async () => {
    const cis2 = application();
    const [mine, other] = [await cis2.begin(), await cis2.begin()];
    const callback = await userAgent().follow(other.url, REDIRECT);
    await assert.rejects(cis2.finish(callback, mine.state), { code: 'state_mismatch' });
    assert.equal((await cis2.finish(callback, other.state)).subject, SUBJECT, 'the code was not spent');
  });

  test('refuses a response of another issuer, and one without issuer', async () => {
    const cis2 = application();
    const { url, state } = await cis2.begin();
    const callback = new URL(await userAgent().follow(url, REDIRECT));
    callback.searchParams.set('iss', `${provider.issuer}/`);
    await assert.rejects(cis2.finish(callback, state), { code: 'issuer_mismatch' });
    callback.searchParams.delete('iss');
    await assert.rejects(cis2.finish(callback, state), { code: 'issuer_mismatch' });
  });

  test('redeems a code once', async () => {
    const cis2 = application();
    const { url, state } = await cis2.begin();
    const callback = await userAgent().follow(url, REDIRECT);
    await cis2.finish(callback, state);
    await assert.rejects(cis2.finish(callback, state), { name: 'OAuthError', error: 'invalid_grant' });
  });

  test("throws the provider's error for an error response", async () => {
    await assert.rejects(signIn(application(), { prompt: 'none' }), {
      name: 'OAuthError',
      error: 'login_required',
    });
  });

  test('refuses the nonce of another sign-in', async () => {
    const cis2 = application({ pkce: false });
    const { url, state } = await cis2.begin();
    const other = new URL(url);
    other.searchParams.set('nonce', 'another');
    const callback = await userAgent().follow(other.href, REDIRECT);
    await assert.rejects(cis2.finish(callback, state), { code: 'id_token_invalid', fault: 'nonce' });
  });

  test('detects a removed prompt or max_age by the age of the authentication', async () => {
    const clock = testClock();
    const browser = userAgent();
    const cis2 = application({ clock });
    await signIn(cis2, {}, browser);
    clock.advance(120);
    const finishStripped = async (options: Cis2SignInOptions) => {
      const { url, state } = await cis2.begin(options);
      const stripped = new URL(url);
      stripped.searchParams.delete('prompt');
      stripped.searchParams.delete('max_age');
      return cis2.finish(await browser.follow(stripped.href, REDIRECT), state);
    };
    await assert.rejects(finishStripped({ prompt: 'login' }), { code: 'authentication_too_old' });
    await assert.rejects(finishStripped({ maxAge: 60 }), { code: 'authentication_too_old' });
    assert.equal((await finishStripped({ maxAge: 300 })).subject, SUBJECT);
  });

  test('refuses levels that are too low, as strings or numbers, unless the application accepts them', async (t) => {
    t.after(() => {
      delete claims.authentication_assurance_level;
      delete claims.id_assurance_level;
    });
    claims.authentication_assurance_level = 2;
    await assert.rejects(signIn(application()), { code: 'assurance_too_low' });
    const asked = await signIn(application(), { acrValues: 'AAL2_OR_AAL3_ANY' });
    assert.equal(asked.authenticationLevel, 2);
    claims.id_assurance_level = '1';
    await assert.rejects(signIn(application(), { acrValues: 'AAL2_ANY' }), { code: 'assurance_too_low' });
    const accepted = await signIn(application({ minimumIdentityLevel: 1 }), { acrValues: 'AAL2_ANY' });
    assert.equal(accepted.identityLevel, 1);
    claims.authentication_assurance_level = '';
    await assert.rejects(signIn(application(), { acrValues: 'AAL1_USERPASS' }), {
      code: 'assurance_too_low',
    });
  });

  test('refuses userinfo about another user', async () => {
    const cis2 = application();
    const who = await signIn(cis2);
    await assert.rejects(cis2.userinfo({ ...who, subject: '656005750104' }), { code: 'subject_mismatch' });
  });

  test('verifies signed userinfo like the ID token', async () => {
    let spoil = false;
    const spoiling: Fetch = async (url, init) => {
      const answer = await fetch(url, init);
      if (!spoil || !url.endsWith('/me')) return answer;
      const [head, , tail] = (await answer.text()).split('.');
      const forged = Buffer.from(JSON.stringify({ sub: SUBJECT, name: 'Somebody' })).toString('base64url');
      return new Response(`${head}.${forged}.${tail}`, { headers: { 'content-type': 'application/jwt' } });
    };
    const cis2 = application({ clientId: 'signed-userinfo', fetch: spoiling });
    const who = await signIn(cis2);
    assert.equal((await cis2.userinfo(who)).sub, SUBJECT);
    spoil = true;
    await assert.rejects(cis2.userinfo(who), { code: 'response_invalid', message: /signature/ });
  });

  test('refuses an issuer that is spelled differently', async () => {
    const cis2 = application({ issuer: `${provider.issuer}/` });
    await assert.rejects(cis2.begin(), { code: 'metadata_invalid' });
  });

  test('finishes a sign-in only in the session that began it, and only in time', async () => {
    const clock = testClock();
    const cis2 = application({ clock });
    const { state } = await cis2.begin();
    await assert.rejects(cis2.finish('?code=1&state=2', 'nonsense'), { code: 'transaction_invalid' });
    clock.advance(16 * 60);
    await assert.rejects(cis2.finish('?code=1&state=2', state), { code: 'transaction_expired' });
  });

  test("returns the provider's sign-out address with the hint of this session", async () => {
    const cis2 = application();
    const { tokens } = await signIn(cis2);
    const url = new URL((await cis2.signOutUrl(tokens, { state: 'x' })) ?? '');
    assert.equal(url.searchParams.get('id_token_hint'), tokens.idToken);
    assert.equal((await fetch(url)).status, 200);
  });
});
