import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import * as jose from 'jose';
import { Browser, form, send } from '../../testing/browser.ts';
import { codeOf, type Instance, secret, startInstance } from '../../testing/instance.ts';
import { redeem } from '../../testing/journey.ts';
import { gp } from '../../testing/people.ts';

let cis2: Instance;
before(async () => {
  cis2 = await startInstance();
});
after(() => cis2.stop());

const keySet = async () =>
  jose.createLocalJWKSet(JSON.parse((await send('GET', `${cis2.issuer}/connect/jwk_uri`)).body));

// Another library verifies with the published keys.
describe('algorithms of a client', () => {
  for (const algorithm of ['RS256', 'ES256', 'PS256'] as const)
    for (const profile of ['nhs', 'standard'] as const)
      test(`sign ID token and userinfo by ${algorithm} in the profile ${profile}`, async () => {
        const client = await cis2.register({
          profile,
          idTokenSigningAlg: algorithm,
          userinfoSigningAlg: algorithm,
          refreshTokens: true,
        });
        await cis2.agent.signIn(gp.uid);
        const scope = profile === 'nhs' ? 'openid email' : 'openid email offline_access';
        const back = await cis2.signIn(new Browser(), client, { scope });
        const first = await redeem(cis2, client, back);
        const expected = { issuer: cis2.issuer, algorithms: [algorithm], typ: 'JWT' };
        const audience = client.clientId;
        const { payload } = await jose.jwtVerify(first.id_token, await keySet(), { ...expected, audience });
        assert.equal(payload.sub, gp.uid);

        const values = { grant_type: 'refresh_token', refresh_token: first.refresh_token };
        const body = form({ client_id: client.clientId, client_secret: secret, ...values });
        const type = { 'content-type': 'application/x-www-form-urlencoded' };
        const renewed = JSON.parse((await send('POST', `${cis2.issuer}/access_token`, type, body)).body);
        await jose.jwtVerify(renewed.id_token, await keySet(), { ...expected, audience });

        const authorization = `Bearer ${renewed.access_token}`;
        const userinfo = await send('GET', `${cis2.issuer}/userinfo`, { authorization });
        assert.equal(userinfo.headers['content-type'], 'application/jwt');
        // The published response omits the audience that OpenID Connect Core section 5.3.2 requires.
        const { payload: claims } = await jose.jwtVerify(
          userinfo.body,
          await keySet(),
          profile === 'nhs' ? expected : { ...expected, audience },
        );
        assert.deepEqual(claims, {
          iss: cis2.issuer,
          ...(profile === 'nhs' ? {} : { aud: audience }),
          sub: gp.uid,
          email: gp.email,
          // The published userinfo does not have it.
          ...(profile === 'nhs' ? {} : { email_verified: true }),
        });
      });

  test('are those of the discovery document', async () => {
    const { body } = await send('GET', `${cis2.issuer}/.well-known/openid-configuration`);
    const document = JSON.parse(body);
    for (const name of ['id_token_signing_alg_values_supported', 'userinfo_signing_alg_values_supported'])
      assert.deepEqual(document[name], ['RS256', 'ES256', 'PS256']);
    assert.equal(document.claims_parameter_supported, true);
  });

  test('make no hint of a signed userinfo response', async () => {
    const client = await cis2.register({ profile: 'standard', userinfoSigningAlg: 'RS256' });
    const browser = new Browser();
    await cis2.agent.signIn(gp.uid);
    const { access_token } = await redeem(cis2, client, await cis2.signIn(browser, client));
    const authorization = `Bearer ${access_token}`;
    const { body } = await send('GET', `${cis2.issuer}/userinfo`, { authorization });
    const reply = await browser.get(cis2.authorizeUrl(client, { prompt: 'none', id_token_hint: body }));
    assert.equal(codeOf(reply), '');
    assert.equal(new URL(reply.location).searchParams.get('error'), 'invalid_request');
  });
});
