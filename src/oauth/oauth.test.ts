import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ManualClock } from '@alongside/kernel/clock';
import { newKeyPair } from '@alongside/kernel/key-pairs';
import { sha256 } from '@alongside/kernel/secrets';
import fc from 'fast-check';
import { serving } from '../../test/testing/serving.ts';
import { isForm, maxParameters, parseParameters, withQuery } from './parameters.ts';
import { isChallenge, verifierFits } from './pkce.ts';
import { RemoteKeys, readKeySet } from './remote-keys.ts';

test('parseParameters reads what URLSearchParams writes, and never throws', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.string({ minLength: 1, unit: 'grapheme' }), fc.string({ unit: 'grapheme' })), {
        maxLength: 20,
      }),
      (pairs) => {
        const clean = pairs.filter(
          ([name, value]) => !`${name}${value}`.includes('\0') && `${name}${value}`.isWellFormed(),
        );
        const read = parseParameters(new URLSearchParams(clean).toString());
        assert.ok(read);
        for (const [name] of clean)
          assert.deepEqual(
            read.all(name),
            clean.filter(([other]) => other === name).map(([, value]) => value),
          );
      },
    ),
  );
  fc.assert(fc.property(fc.string(), (text) => parseParameters(text) === undefined || true));
});

test('parseParameters refuses too many parameters, repeated ones are found, and broken encoding is refused', () => {
  assert.equal(parseParameters('a=%'), undefined);
  assert.equal(parseParameters('a=%ff'), undefined);
  assert.equal(parseParameters('a=%00'), undefined);
  assert.equal(parseParameters('a='.padEnd(70_000, 'x')), undefined);
  const many = (count: number) => Array.from({ length: count }, (_, n) => `p${n}=1`).join('&');
  assert.ok(parseParameters(many(maxParameters)));
  assert.equal(parseParameters(many(maxParameters + 1)), undefined);
  const read = parseParameters('a=1&b=2&a=3&empty=&resource=x&resource=y');
  assert.equal(read?.repeated(['resource']), 'a');
  assert.equal(read?.without('a').repeated(['resource']), undefined);
  assert.equal(read?.get('empty'), undefined);
  assert.deepEqual([read?.has('a'), read?.has('empty'), read?.has('absent')], [true, false, false]);
  assert.equal(
    withQuery('https://a.test/cb?x=1', { 'error d': 'a b&c', none: undefined }),
    'https://a.test/cb?x=1&error%20d=a%20b%26c',
  );
  for (const [type, form] of [
    ['application/x-www-form-urlencoded', true],
    ['application/x-www-form-urlencoded;charset=UTF-8', true],
    ['APPLICATION/X-WWW-FORM-URLENCODED ; charset=x', true],
    ['application/json', false],
    ['application/x-www-form-urlencodedx', false],
    [undefined, false],
  ] as const)
    assert.equal(isForm(type), form, String(type));
});

test('PKCE accepts only S256 in its one form', () => {
  const verifier = 'a'.repeat(43);
  assert.ok(verifierFits(verifier, sha256(verifier)));
  assert.equal(verifierFits('b'.repeat(43), sha256(verifier)), false);
  assert.equal(verifierFits('a'.repeat(42), sha256('a'.repeat(42))), false);
  assert.equal(verifierFits(undefined, sha256(verifier)), false);
  assert.equal(isChallenge(sha256(verifier)), true);
  assert.equal(isChallenge(`${sha256(verifier)}=`), false);
  assert.equal(isChallenge(verifier.slice(1)), false);
});

describe('RemoteKeys', () => {
  test('caches keys, and fetches them again a limited number of times for an unknown kid', async () => {
    const one = { ...(await newKeyPair('ES256')).publicJwk, kid: 'one' };
    const two = { ...(await newKeyPair('ES256')).publicJwk, kid: 'two' };
    const set = { keys: [one] as object[] };
    let asked = 0;
    await serving(
      (_request, response) => {
        asked++;
        response.end(JSON.stringify(set));
      },
      async (origin) => {
        const address = `${origin}/jwks.json`;
        const clock = new ManualClock(Date.parse('2026-03-02T09:00:00Z'));
        const keys = new RemoteKeys(clock, { privateAddresses: true });
        assert.ok(await keys.key(address, 'one'));
        assert.ok(await keys.key(address, 'one'));
        assert.equal(asked, 1);
        set.keys.push(two);
        assert.ok(await keys.key(address, 'two'));
        assert.equal(asked, 2);
        for (let n = 0; n < 60; n++) assert.equal(await keys.key(address, `none-${n}`), undefined);
        assert.ok(asked <= 22, `${asked} fetches`);
        clock.advance(61);
        assert.equal(await keys.key(address, 'none'), undefined);
        clock.advance(3_601);
        assert.ok(await keys.key(address, 'one'));
      },
    );
  });

  test('fetches a cached key set again after a change of its revision', async () => {
    const own = { ...(await newKeyPair('ES256')).publicJwk, kid: 'one' };
    const set = { keys: [own] };
    let revision: number | undefined = 1;
    await serving(
      (_request, response) => response.end(JSON.stringify(set)),
      async (origin) => {
        const address = `${origin}/jwks.json`;
        const keys = new RemoteKeys(new ManualClock(0), { privateAddresses: true }, () => revision);
        assert.ok(await keys.key(address, 'one'));
        set.keys = [];
        assert.ok(await keys.key(address, 'one'));
        revision = 2;
        assert.equal(await keys.key(address, 'one'), undefined);
      },
    );
  });

  test('refuses a key set at an address without a path, without fetching it', async () => {
    const own = { ...(await newKeyPair('ES256')).publicJwk, kid: 'one' };
    let asked = 0;
    await serving(
      (_request, response) => {
        asked++;
        response.end(JSON.stringify({ keys: [own] }));
      },
      async (origin) => {
        const keys = new RemoteKeys(new ManualClock(Date.parse('2026-03-02T09:00:00Z')), {
          privateAddresses: true,
        });
        for (const address of [origin, `${origin}/`])
          await assert.rejects(keys.key(address, 'one'), /must have a path/);
        assert.equal(asked, 0);
        assert.ok(await keys.key(`${origin}/jwks`, 'one'));
      },
    );
  });

  test('keeps only public signature keys of a key set', async () => {
    const good = { ...(await newKeyPair('ES256')).publicJwk, kid: 'good' };
    const read = readKeySet({
      keys: [
        good,
        { ...good, kid: 'enc', use: 'enc' },
        { kty: 'oct', k: 'AA', kid: 'oct' },
        null,
        5,
        { ...good, kid: 7 },
      ],
    });
    assert.deepEqual([...read.keys()], ['good']);
    for (const wrong of [null, 5, [], {}, { keys: {} }]) assert.equal(readKeySet(wrong).size, 0);
  });
});
