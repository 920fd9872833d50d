import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { decodeJwt } from '@alongside/kernel/jws';
import { askForTokens, signIn } from '../testing/scraper.ts';
import { type Surface, secret, startSurface } from '../testing/surface.ts';

let surface: Surface;
let clientId: string;
const redirect_uri = 'https://app.example.test/callback';
const citizensRealm = 'NHS-Login-mock-sandbox';
before(async () => {
  surface = await startSurface();
  clientId = (await surface.register()).cis2.clientId;
});
after(() => surface.stop());

async function whoIs(username: string, realm?: string, more: Record<string, string> = {}) {
  const request = { response_type: 'code', client_id: clientId, redirect_uri, ...more };
  const code = (await signIn(surface, request, username, realm)).searchParams.get('code') ?? '';
  const form = {
    grant_type: 'authorization_code',
    code,
    redirect_uri,
    client_id: clientId,
    client_secret: secret,
  };
  const { body } = await askForTokens(surface, form, realm);
  const answer = await fetch(surface.at('userinfo', realm), {
    headers: { authorization: `Bearer ${body.access_token}` },
  });
  return {
    token: body.access_token,
    claims: decodeJwt(body.id_token)?.claims ?? {},
    userinfo: (await answer.json()) as Record<string, unknown>,
  };
}

describe('care workers', () => {
  const table = [
    ['656005750108', '3', 'AAL3_ANY', 'N3_SMARTCARD'],
    ['656005750105', '3', 'AAL3_ANY', 'N3_SMARTCARD'],
    ['656005750111', '2', 'AAL2_ANY', 'TOTP'],
    ['656005750110', '1', 'AAL1_USERPASS', 'USERPASS'],
    ['656005750113', '3', 'AAL3_ANY', 'N3_SMARTCARD'],
  ];
  for (const [uid = '', level, acr, method] of table)
    for (const asked of ['AAL3_ANY', 'AAL1_USERPASS', undefined])
      test(`have the level of the person: ${uid} ${level} for acr_values ${asked}`, async () => {
        const { claims } = await whoIs(uid, undefined, asked ? { acr_values: asked } : {});
        assert.equal(claims.sub, uid);
        assert.deepEqual(
          [claims.authentication_assurance_level, claims.acr, claims.amr],
          [level, acr, [method]],
        );
      });

  test('have the same complete userinfo for any scope', async () => {
    const { userinfo } = await whoIs('656005750104');
    assert.equal(userinfo.sub, '656005750104');
    assert.equal(userinfo.name, 'Fernsby Tilda Dr');
    assert.equal((userinfo.nhsid_nrbac_roles as unknown[]).length, 2);
    assert.deepEqual(
      (await whoIs('656005750104', undefined, { scope: 'openid nationalrbacaccess' })).userinfo,
      userinfo,
    );
  });

  test('can sign in by persona', async () => {
    assert.equal((await whoIs('gp')).claims.sub, '656005750108');
  });
});

describe('citizens', () => {
  for (const [number = '', level] of [
    ['9912003071', 'P9'],
    ['9912003072', 'P5'],
    ['9912003073', 'P0'],
  ])
    test(`have the proofing level of the person: ${number} ${level}`, async () => {
      const { claims, userinfo } = await whoIs(number, citizensRealm);
      assert.equal(claims.iss, surface.realm(citizensRealm));
      assert.deepEqual([claims.identity_proofing_level, claims.nhs_number], [level, number]);
      assert.deepEqual([userinfo.identity_proofing_level, userinfo.nhs_number], [level, number]);
      assert.equal(userinfo.sub, claims.sub);
    });
});

describe('userinfo', () => {
  const ask = (init: RequestInit, realm?: string) => fetch(surface.at('userinfo', realm), init);
  const bearer = (token: string) => ({ headers: { authorization: `Bearer ${token}` } });

  test('accepts a token of the same realm by POST, for an hour', async () => {
    const { token } = await whoIs('656005750108');
    const posted = await ask({ method: 'POST', body: new URLSearchParams({ access_token: token }) });
    assert.equal(posted.status, 200);
    assert.equal((await ask(bearer(token), 'Cis2-mock-int')).status, 401);
    surface.clock.advance(3_599);
    assert.equal((await ask(bearer(token))).status, 200);
    surface.clock.advance(1);
    assert.equal((await ask(bearer(token))).status, 401);
  });

  test('responds with 401 and a challenge to no token and an unknown one (RFC 6750)', async () => {
    const none = await ask({});
    assert.equal(none.status, 401);
    assert.equal(none.headers.get('www-authenticate'), 'Bearer realm="mock"');
    const bad = await ask(bearer('made-up'));
    assert.equal(bad.status, 401);
    assert.match(bad.headers.get('www-authenticate') ?? '', /error="invalid_token"/);
  });
});
