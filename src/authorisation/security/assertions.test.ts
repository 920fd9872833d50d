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

// Whatever a client signs with, and whatever it says that it signed with.
let client: StandardClient;
let platform: Platform;
let stranger: ClientKey;
before(async () => {
  [client, stranger] = await Promise.all([startStandardClient(), newClientKey('test-1')]);
  platform = client.platform;
});
after(() => platform.close());

const profiles = {
  '/oauth2': { id: 'separate', audience: `${api}/oauth2/token` },
  '/oauth2.1': { id: 'signing', audience: standardIssuer },
} as const;
type Path = keyof typeof profiles;

const signed = (path: Path, options: Partial<AssertionOptions> = {}) =>
  assertionOf({ ...profiles[path], clock: platform.clock, signer: client.signer, ...options });
const send = (path: Path, assertion: string, more: Record<string, string> = {}) =>
  platform.post(`${path}/token`, { grant_type: 'client_credentials', ...withAssertion(assertion), ...more });
const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
/** The same claims under another header, with whatever stands for a signature. */
async function reheaded(path: Path, header: object, signature: (signed: string) => string) {
  const [, claims = ''] = (await signed(path)).split('.');
  const text = `${encode(header)}.${claims}`;
  return `${text}.${signature(text)}`;
}
const jtisKept = async (): Promise<number> => {
  const row = await platform.database.get<{ n: number }>(
    sql("SELECT COUNT(*) AS n FROM single_use WHERE kind LIKE '%jti%'"),
  );
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

    test('one that is right is taken', async () => {
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
    test('another RSA algorithm than the header says', async () => {
      await refused(await signed(path, { algorithm: 'PS256', header: { alg: 'RS512' } }));
      await refused(await signed(path, { algorithm: 'RS256', header: { alg: 'RS512' } }));
    });
    for (const [name, header] of [
      ['jwk', () => ({ jwk: stranger.jwk })],
      ['jku', () => ({ jku: 'https://evil.test/jwks' })],
      ['x5u', () => ({ x5u: 'https://evil.test/x5u' })],
      ['x5c', () => ({ x5c: ['AAAA'] })],
    ] as const)
      test(`RFC 8725 section 3.10: ${name} in the header counts for nothing`, async () => {
        await refused(await signed(path, { signer: stranger, header: header() }));
        assert.equal((await send(path, await signed(path, { header: header() }))).status, 200);
      });
    test('RFC 7515 section 4.1.11: a critical header that is not understood', async () => {
      await refused(await signed(path, { header: { crit: ['exp'] } }));
    });
    test('CVE-2022-36083, CVE-2024-28176, CVE-2024-28180: an encrypted one is none, nothing is inflated or derived', async () => {
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
    test('RFC 8725 section 3.11: tokens of other kinds are no assertions', async () => {
      const { access_token: access = '' } = await tokensOf(platform);
      const idToken = await platform.provider.idTokenFor(careWorker, `key-of-${profiles[path].id}`);
      for (const token of [access, idToken, await platform.provider.logoutToken()]) await refused(token);
      await refused(await signed(path, { header: { typ: 'at+jwt' } }));
      await refused(await signed(path, { header: { typ: 'dpop+jwt' } }));
    });
    test('a signature in another spelling, and one that was changed', async () => {
      const [header = '', claims = '', signature = ''] = (await signed(path)).split('.');
      const flipped = `${signature.startsWith('A') ? 'B' : 'A'}${signature.slice(1)}`;
      for (const other of [`${signature}=`, `${signature} `, signature.slice(0, -2), '', flipped])
        await refused(`${header}.${claims}.${other}`);
    });
    test('CVE-2020-5300, CVE-2020-15222: a jti counts once', async () => {
      const assertion = await signed(path);
      assert.equal((await send(path, assertion)).status, 200);
      await refused(assertion);
    });
    test('a jti is not used up by somebody who cannot sign', async () => {
      const claims = { jti: 'of-the-client' };
      await refused(await signed(path, { signer: stranger, claims }));
      await refused(await signed(path, { claims: { ...claims, aud: 'https://others.test' } }));
      assert.equal((await send(path, await signed(path, { claims }))).status, 200);
    });
    test('a jti flood from somebody who cannot sign leaves nothing behind', async () => {
      const before = await jtisKept();
      for (let n = 0; n < 50; n++)
        await refused(await signed(path, { signer: stranger, claims: { jti: `flood-${n}` } }));
      assert.equal(await jtisKept(), before);
    });
    test('CVE-2025-2559: nobody has a jti remembered for longer than the five minutes of an assertion', async () => {
      for (const ahead of [311, 31_536_000, Number.MAX_SAFE_INTEGER])
        await refused(await signed(path, { claims: { exp: seconds(platform.clock) + ahead } }));
      const row = await platform.database.get<{ last: number }>(
        sql("SELECT MAX(expires_at) AS last FROM single_use WHERE kind LIKE '%jti%'"),
      );
      assert.ok(Number(row?.last) <= platform.clock.now() + 321_000);
    });
    test('exp that is no number', async () => {
      for (const exp of ['soon', null, [1], { a: 1 }, true])
        await refused(await signed(path, { claims: { exp } as never }));
    });
    test('aud: a list, a prefix, a slash more', async () => {
      const { audience } = profiles[path];
      for (const aud of [
        [audience],
        [audience, 'x'],
        `${audience}/`,
        `${audience}?x`,
        audience.toUpperCase(),
        {},
      ])
        await refused(await signed(path, { claims: { aud } as never }));
    });
    test('sub of another client', async () => {
      await refused(await signed(path, { claims: { sub: 'key-of-web' } }));
      await refused(await signed(path, { claims: { sub: 'key-of-web', iss: 'key-of-web' } }));
    });
  });

describe('one way of client authentication for each request', () => {
  test('an assertion and a secret', async () => {
    const answer = await send('/oauth2.1', await signed('/oauth2.1'), { client_secret: 'x' });
    assert.deepEqual([answer.status, answer.body.error], [400, 'invalid_request']);
  });
  test('an assertion of one client and the client_id of another', async () => {
    const answer = await send('/oauth2.1', await signed('/oauth2.1'), { client_id: 'key-of-web' });
    assert.equal(answer.body.error, 'invalid_client');
  });
  test('HTTP Basic is refused in its own terms', async () => {
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
