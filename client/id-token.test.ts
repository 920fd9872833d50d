import assert from 'node:assert/strict';
import { createHash, createPublicKey, generateKeyPairSync } from 'node:crypto';
import { describe, test } from 'node:test';
import type { JWK } from 'jose';
import { createLocalJWKSet, SignJWT, UnsecuredJWT } from 'jose';
import type { IdTokenExpectation } from './id-token.ts';
import { verifyIdToken } from './id-token.ts';
import { publicKeySet } from './keys.ts';
import { testClock } from './testing/clock.ts';
import { privateKeyOf, rsaKey } from './testing/keys.ts';

const ISSUER =
  'https://am.nhsint.auth-ptl.cis2.spineservices.nhs.uk:443/openam/oauth2/realms/root/realms/NHSIdentity';
const KID = 'b/O6OvVv1+y+WgrH5Ui9WTioLt0=';
const key = rsaKey(KID);
const clock = testClock();
const now = Math.floor(clock.now() / 1000);

const expected = (over: Partial<IdTokenExpectation> = {}): IdTokenExpectation => ({
  issuer: ISSUER,
  clientId: 'app',
  alg: 'RS256',
  keys: createLocalJWKSet({
    keys: publicKeySet([{ ...key, alg: 'RS256' }]).keys.map((jwk) => ({ ...jwk, alg: undefined })),
  }),
  nonce: 'n-1',
  clock,
  toleranceSeconds: 30,
  ...over,
});
const good = {
  iss: ISSUER,
  sub: '656005750108',
  aud: 'app',
  azp: 'app',
  nonce: 'n-1',
  iat: now,
  exp: now + 600,
};

const signed = (claims: object, header: object = {}, by = key): Promise<string> =>
  new SignJWT({ ...good, ...claims })
    .setProtectedHeader({ alg: 'RS256', kid: KID, typ: 'JWT', ...header })
    .sign(privateKeyOf(by));

async function refused(
  token: string | Promise<string>,
  fault: string,
  over: Partial<IdTokenExpectation> = {},
) {
  await assert.rejects(verifyIdToken(await token, expected(over)), { code: 'id_token_invalid', fault });
}

describe('verifyIdToken', () => {
  test('accepts a valid token with an explicit port in the issuer and a key id that is not URL-safe', async () => {
    assert.equal((await verifyIdToken(await signed({}), expected())).sub, good.sub);
    assert.equal((await verifyIdToken(await signed({ aud: ['app'] }), expected())).sub, good.sub);
    assert.equal(
      (await verifyIdToken(await signed({ nonce: undefined }), expected({ nonce: undefined }))).sub,
      good.sub,
    );
  });

  test('refuses another issuer, even if only the default port is missing', async () => {
    await refused(signed({ iss: ISSUER.replace(':443', '') }), 'issuer');
    await refused(signed({ iss: undefined }), 'issuer');
  });

  test('refuses another audience, and additional audiences', async () => {
    await refused(signed({ aud: 'other' }), 'audience');
    await refused(signed({ aud: ['app', 'other'] }), 'audience');
    await refused(signed({ azp: 'other' }), 'audience');
    await refused(signed({ aud: undefined }), 'audience');
    const trustedAudiences = ['api'];
    const both = { aud: ['app', 'api'] };
    const accepted = await verifyIdToken(await signed(both), expected({ trustedAudiences }));
    assert.equal(accepted.sub, good.sub);
    await refused(signed({ ...both, azp: 'api' }), 'audience', { trustedAudiences });
    await refused(signed({ ...both, azp: undefined }), 'audience', { trustedAudiences });
    await refused(signed({ aud: ['app', 'api', 'x'] }), 'audience', { trustedAudiences });
    await refused(signed({ aud: 'api' }), 'audience', { trustedAudiences });
  });

  test('refuses an expired token and one issued in the future', async () => {
    await refused(signed({ exp: now - 31 }), 'expired');
    await refused(signed({ exp: undefined }), 'expired');
    await refused(signed({ iat: now + 31 }), 'not_yet_valid');
    await refused(signed({ iat: undefined }), 'claim');
    assert.ok(await verifyIdToken(await signed({ exp: now - 29 }), expected()));
  });

  test('refuses a token without subject', async () => {
    await refused(signed({ sub: undefined }), 'subject');
    await refused(signed({ sub: '' }), 'subject');
  });

  test('refuses another nonce and a missing one', async () => {
    await refused(signed({ nonce: 'n-2' }), 'nonce');
    await refused(signed({ nonce: undefined }), 'nonce');
  });

  test('refuses an unsigned token and an unexpected algorithm', async () => {
    await refused(new UnsecuredJWT(good).encode(), 'algorithm');
    const none = Buffer.from('{"alg":"none"}').toString('base64url');
    await refused((await signed({})).replace(/^[^.]+/, none), 'algorithm');
    await refused(signed({}, { alg: 'RS512' }), 'algorithm');
    const publicPem = createPublicKey(privateKeyOf(key)).export({ format: 'pem', type: 'spki' });
    const confused = new SignJWT(good)
      .setProtectedHeader({ alg: 'HS256', kid: KID })
      .sign(Buffer.from(publicPem));
    await refused(confused, 'algorithm');
  });

  test('refuses the signature of another key', async () => {
    await refused(signed({}, {}, rsaKey(KID)), 'signature');
    await refused(signed({}, { kid: 'unknown' }), 'key');
    const token = await signed({});
    const [head, , tail] = token.split('.');
    const forged = Buffer.from(JSON.stringify({ ...good, sub: '656005750104' })).toString('base64url');
    await refused(`${head}.${forged}.${tail}`, 'signature');
  });

  // OpenID Connect Core 1.0 section 10.1: if the key set has several keys, the token must name its key.
  test('accepts a token without kid only if exactly one key fits by algorithm and use', async () => {
    const [own = {}, other = {}] = publicKeySet(
      [key, rsaKey('other')].map((each) => ({ ...each, alg: 'RS256' as const })),
    ).keys;
    const [bare, elliptic] = [{ ...own, alg: undefined }, generateKeyPairSync('ec', { namedCurve: 'P-256' })];
    const ec = { ...elliptic.publicKey.export({ format: 'jwk' }), use: 'sig' };
    const encrypting = { ...other, alg: undefined, use: 'enc' };
    const token = await signed({}, { kid: undefined });
    const fits = (...keys: JWK[]) =>
      verifyIdToken(
        token,
        expected({ keys: createLocalJWKSet({ keys: keys.map((each) => ({ ...each })) }) }),
      );
    assert.ok(await fits(own));
    assert.ok(await fits({ ...bare, use: undefined, kid: undefined }));
    assert.ok(await fits(own, encrypting, { ...other, alg: 'RS512' }, ec));
    for (const keys of [
      [own, other],
      [bare, other],
      [own, { ...own, kid: 'again' }],
    ]) {
      await assert.rejects(fits(...keys), { fault: 'key', message: /several keys .* does not name one/ });
    }
    await assert.rejects(fits(encrypting, ec), { fault: 'key', message: /no key of the issuer fits/ });
    await assert.rejects(fits({ ...other, kid: KID }), { fault: 'signature' });
  });

  test('refuses text that is not a token', async () => {
    await refused('', 'malformed');
    await refused('a.b', 'malformed');
    await refused('x'.repeat(70_000), 'malformed');
  });

  test('refuses a token with the hash of another access token', async () => {
    const half = createHash('sha256').update('token').digest().subarray(0, 16).toString('base64url');
    assert.ok(await verifyIdToken(await signed({ at_hash: half }), expected({ accessToken: 'token' })));
    await refused(signed({ at_hash: half }), 'access_token_hash', { accessToken: 'other' });
  });
});
