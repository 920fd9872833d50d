import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import type { JsonWebKey } from '@alongside/kernel/jws';
import { errors } from './errors.ts';
import { type Surface, startSurface } from './testing/surface.ts';

let surface: Surface;
before(async () => {
  surface = await startSurface();
});
after(() => surface.stop());

const pair = generateKeyPairSync('rsa', { modulusLength: 2048 });
const jwk = (kid: string): JsonWebKey => ({ ...pair.publicKey.export({ format: 'jwk' }), kid });
const kidsIn = async (realm: string): Promise<(string | undefined)[]> => {
  const { keys } = (await (await fetch(surface.at('certs', realm))).json()) as { keys: JsonWebKey[] };
  return keys.map(({ kid }) => kid);
};

test('certs is also below /auth/realms, for older test code', async () => {
  const older = surface.at('certs', 'Cis2-mock-ref').replace('/realms/', '/auth/realms/');
  const { keys } = (await (await fetch(older)).json()) as { keys: JsonWebKey[] };
  assert.deepEqual(
    keys.map(({ kid }) => kid),
    await kidsIn('Cis2-mock-ref'),
  );
});

describe('RealmKeys', () => {
  const kid = '4A72Ed2asGJ0mdjHNTgo8HQJac7kIAKBTsb_sM1ikn8';

  test('adds a key to certs of one realm until it is removed', async () => {
    await surface.realmKeys.add('Cis2-mock-ref', jwk(kid));
    assert.equal((await kidsIn('Cis2-mock-ref')).length, 2);
    assert.ok((await kidsIn('Cis2-mock-ref')).includes(kid));
    assert.ok(!(await kidsIn('Cis2-mock-ref2')).includes(kid));
    assert.ok(!(await kidsIn('NHS-Login-mock-ref')).includes(kid));
    assert.equal(await surface.realmKeys.remove('Cis2-mock-ref', kid), true);
    assert.equal(await surface.realmKeys.remove('Cis2-mock-ref', kid), false);
    assert.ok(!(await kidsIn('Cis2-mock-ref')).includes(kid));
  });

  test('replaces a key with the same kid and loses none of several concurrent additions', async () => {
    const kids = Array.from({ length: 20 }, (_, index) => `k/${index} ü`);
    await Promise.all([...kids, ...kids].map((one) => surface.realmKeys.add('Cis2-mock-many', jwk(one))));
    const listed = (await surface.realmKeys.list('Cis2-mock-many')).map((key) => key.kid);
    assert.deepEqual(listed.sort(), kids.sort());
  });

  test('stores only known public members', async () => {
    const kept = await surface.realmKeys.add('Cis2-mock-a', { ...jwk('k'), x5c: ['x'], note: '<script>' });
    assert.deepEqual(Object.keys(kept).sort(), ['e', 'kid', 'kty', 'n']);
  });

  const short = generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey.export({ format: 'jwk' });
  const unusable: [string, unknown][] = [
    ['a text', 'x'],
    ['null', null],
    ['a key without kid', pair.publicKey.export({ format: 'jwk' })],
    ['a key with a long kid', jwk('k'.repeat(257))],
    ['a private key', { ...pair.privateKey.export({ format: 'jwk' }), kid: 'k' }],
    ['a symmetric key', { kty: 'oct', k: 'AAAA', kid: 'k' }],
    ['an encryption key', { ...jwk('k'), use: 'enc' }],
    ['a short key', { ...short, kid: 'k' }],
  ];
  for (const [name, key] of unusable)
    test(`refuses ${name}`, () =>
      assert.rejects(surface.realmKeys.add('Cis2-mock-b', key), { entry: errors.keyUnusable.entry }));

  test('refuses names that are not of a realm', async () => {
    await assert.rejects(surface.realmKeys.add('master', jwk('k')), { entry: errors.realmUnknown.entry });
    await assert.rejects(surface.realmKeys.list('Cis2-mock-a/'), { entry: errors.realmUnknown.entry });
  });

  test('refuses a 51st key of a realm, and removes all on a reset', async () => {
    for (let index = 0; index < 50; index += 1)
      await surface.realmKeys.add('Cis2-mock-full', jwk(`k${index}`));
    await assert.rejects(surface.realmKeys.add('Cis2-mock-full', jwk('one-more')), { message: /50 keys/ });
    await surface.realmKeys.add('Cis2-mock-full', jwk('k7'));
    await surface.realmKeys.clear();
    assert.deepEqual(await surface.realmKeys.list('Cis2-mock-full'), []);
  });
});
