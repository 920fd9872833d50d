import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createSeparate } from './separate.ts';
import { rsaKey } from './testing/keys.ts';
import { SUBJECT, startProvider } from './testing/openid-provider.ts';
import { PUBLISHED_TOKENS, startPlatform } from './testing/platform.ts';
import { userAgent } from './testing/user-agent.ts';

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
