import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { seconds } from '@alongside/kernel/clock';
import { sql } from '../../storage/database.ts';
import {
  type AssertionOptions,
  assertionOf,
  type ClientKey,
  newClientKey,
  withAssertion,
} from '../testing/assertions.ts';
import { tokensOf } from '../testing/journeys.ts';
import { api, type Platform } from '../testing/platform.ts';
import { careWorker } from '../testing/provider.ts';
import { type StandardClient, standardIssuer, startStandardClient } from '../testing/standard.ts';

// Keys and algorithms of signatures, and those that headers claim.
let client: StandardClient;
let platform: Platform;
let stranger: ClientKey;
before(async () => {
  [client, stranger] = await Promise.all([startStandardClient(), newClientKey('test-1')]);
  platform = client.platform;
});
after(() => platform.close());

const profiles = {
  '/oauth2': { id: 'separate', audience: `${api}/oauth2/token`, ahead: 310 },
  '/oauth2.1': { id: 'signing', audience: standardIssuer, ahead: 3_610 },
} as const;
type Path = keyof typeof profiles;

const signed = (path: Path, options: Partial<AssertionOptions> = {}) =>
  assertionOf({ ...profiles[path], clock: platform.clock, signer: client.signer, ...options });
const send = (path: Path, assertion: string, more: Record<string, string> = {}) =>
  platform.post(`${path}/token`, { grant_type: 'client_credentials', ...withAssertion(assertion), ...more });
const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
/** Returns the same claims with another header and signature. */
async function reheaded(path: Path, header: object, signature: (signed: string) => string) {
  const [, claims = ''] = (await signed(path)).split('.');
  const text = `${encode(header)}.${claims}`;
  return `${text}.${signature(text)}`;
}
const jtisKept = async (): Promise<number> => {
  const row = await platform.database.get<{ n: number }>(sql('SELECT COUNT(*) AS n FROM used_jti'));
  return Number(row?.n);
};

for (const path of Object.keys(profiles) as Path[])
  describe(`client assertions at ${path}`, () => {
    const refused = async (assertion: string) => {
      const { status, body } = await send(path, assertion);
      assert.ok(status === 400 || status === 401, `${status}`);
      assert.equal(body.access_token, undefined);
    };
    const kid = 'test-1';

    test('accept a valid assertion', async () => {
      assert.equal((await send(path, await signed(path))).status, 200);
    });
    for (const alg of ['none', 'None', 'NONE', 'nOnE', ''])
      test(`CVE-2022-23540: alg ${alg || 'empty'}`, async () => {
        for (const signature of ['', 'AAAA'])
          await refused(await reheaded(path, { alg, kid, typ: 'JWT' }, () => signature));
      });
    for (const alg of ['HS256', 'HS512'])
      test(`algorithm confusion (GHSA-869p-cjfg-cm3x, CVE-2022-23541): ${alg} with the public key as secret`, async () => {
        const hash = alg === 'HS256' ? 'sha256' : 'sha512';
        for (const key of [JSON.stringify(client.signer.jwk), String(client.signer.jwk.n)])
          await refused(
            await reheaded(path, { alg, kid, typ: 'JWT' }, (text) =>
              createHmac(hash, key).update(text).digest('base64url'),
            ),
          );
      });
    test('CVE-2022-23539: the wrong kind of key: ES256 with an RSA key, RS512 with an EC key', async () => {
      await refused(await signed(path, { header: { alg: 'ES256' } }));
      await refused(await signed(path, { kid: 'test-ec' }));
      await refused(
        await signed(path, { signer: client.elliptic, algorithm: 'ES256', header: { alg: 'RS512' } }),
      );
    });
    test('refuse another RSA algorithm than in the header', async () => {
      await refused(await signed(path, { algorithm: 'PS256', header: { alg: 'RS512' } }));
      await refused(await signed(path, { algorithm: 'RS256', header: { alg: 'RS512' } }));
    });
    for (const [name, header] of [
      ['jwk', () => ({ jwk: stranger.jwk })],
      ['jku', () => ({ jku: 'https://evil.test/jwks' })],
      ['x5u', () => ({ x5u: 'https://evil.test/x5u' })],
      ['x5c', () => ({ x5c: ['AAAA'] })],
    ] as const)
      test(`RFC 8725 section 3.10: ignore ${name} in the header`, async () => {
        await refused(await signed(path, { signer: stranger, header: header() }));
        assert.equal((await send(path, await signed(path, { header: header() }))).status, 200);
      });
    test('RFC 7515 section 4.1.11: a critical header that is not understood', async () => {
      await refused(await signed(path, { header: { crit: ['exp'] } }));
    });
    test('CVE-2022-36083, CVE-2024-28176, CVE-2024-28180: refuse an encrypted assertion without decrypting', async () => {
      const header = {
        alg: 'PBES2-HS256+A128KW',
        enc: 'A128CBC-HS256',
        zip: 'DEF',
        p2c: 2_000_000_000,
        p2s: 'AAAA',
      };
      await refused(`${encode(header)}.AAAA.AAAA.AAAA.AAAA`);
    });
    for (const kidValue of [
      '../../dev/null',
      "x' OR '1'='1",
      'toString',
      '__proto__',
      'constructor',
      'x'.repeat(5_000),
    ])
      test(`kid ${kidValue.slice(0, 20)} names no key`, async () =>
        refused(await signed(path, { kid: kidValue })));
    test('RFC 8725 section 3.11: refuse other kinds of tokens', async () => {
      const { access_token: access = '' } = await tokensOf(platform);
      const idToken = await platform.provider.idTokenFor(careWorker, `key-of-${profiles[path].id}`);
      for (const token of [access, idToken, await platform.provider.logoutToken()]) await refused(token);
      await refused(await signed(path, { header: { typ: 'at+jwt' } }));
      await refused(await signed(path, { header: { typ: 'dpop+jwt' } }));
    });
    test('refuse a changed or differently encoded signature', async () => {
      const [header = '', claims = '', signature = ''] = (await signed(path)).split('.');
      const flipped = `${signature.startsWith('A') ? 'B' : 'A'}${signature.slice(1)}`;
      for (const other of [`${signature}=`, `${signature} `, signature.slice(0, -2), '', flipped])
        await refused(`${header}.${claims}.${other}`);
    });
    test('CVE-2020-5300, CVE-2020-15222: accept a jti once', async () => {
      const assertion = await signed(path);
      assert.equal((await send(path, assertion)).status, 200);
      await refused(assertion);
    });
    test('do not use up a jti without a valid signature', async () => {
      const claims = { jti: 'of-the-client' };
      await refused(await signed(path, { signer: stranger, claims }));
      await refused(await signed(path, { claims: { ...claims, aud: 'https://others.test' } }));
      assert.equal((await send(path, await signed(path, { claims }))).status, 200);
    });
    test('store nothing for assertions without a valid signature', async () => {
      const before = await jtisKept();
      for (let n = 0; n < 50; n++)
        await refused(await signed(path, { signer: stranger, claims: { jti: `flood-${n}` } }));
      assert.equal(await jtisKept(), before);
    });
    test('CVE-2025-2559: store a jti no longer than an assertion lives', async () => {
      const { ahead: most } = profiles[path];
      for (const ahead of [most + 1, 31_536_000, Number.MAX_SAFE_INTEGER])
        await refused(await signed(path, { claims: { exp: seconds(platform.clock) + ahead } }));
      const row = await platform.database.get<{ last: number }>(
        sql('SELECT MAX(expires_at) AS last FROM used_jti'),
      );
      assert.ok(Number(row?.last) <= platform.clock.now() + (most + 11) * 1_000);
    });
    test('refuse exp that is not a number', async () => {
      for (const exp of ['soon', null, [1], { a: 1 }, true])
        await refused(await signed(path, { claims: { exp } as never }));
    });
    test('refuse aud as a list of two, a prefix, or with another slash', async () => {
      const { audience } = profiles[path];
      for (const aud of [
        [audience, audience],
        [audience, 'x'],
        `${audience}/`,
        `${audience}?x`,
        audience.toUpperCase(),
        {},
      ])
        await refused(await signed(path, { claims: { aud } as never }));
    });
    test('refuse the sub of another client', async () => {
      await refused(await signed(path, { claims: { sub: 'key-of-web' } }));
      await refused(await signed(path, { claims: { sub: 'key-of-web', iss: 'key-of-web' } }));
    });
  });

describe('client authentication with two methods', () => {
  test('refuses an assertion with a secret', async () => {
    const answer = await send('/oauth2.1', await signed('/oauth2.1'), { client_secret: 'x' });
    assert.deepEqual([answer.status, answer.body.error], [400, 'invalid_request']);
  });
  test('refuses an assertion with the client_id of another client', async () => {
    const answer = await send('/oauth2.1', await signed('/oauth2.1'), { client_id: 'key-of-web' });
    assert.equal(answer.body.error, 'invalid_client');
  });
  test('refuses HTTP Basic with its challenge', async () => {
    const authorization = `Basic ${Buffer.from('key-of-web:x').toString('base64')}`;
    const answer = await platform.post(
      '/oauth2.1/token',
      { grant_type: 'client_credentials' },
      { authorization },
    );
    assert.equal(answer.status, 401);
    assert.match(answer.headers.get('www-authenticate') ?? '', /^Basic/);
  });
});
