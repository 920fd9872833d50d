import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { mergePatch } from '@alongside/kernel/json';
import { UsageError } from '@alongside/kernel/operator';
import fc from 'fast-check';
import { takeRepeated } from './command.ts';
import { patchFrom, patchOf } from './patch.ts';
import { registrationFrom } from './registration.ts';
import { memberLines } from './table.ts';

describe('takeRepeated', () => {
  test('takes repeated flags at any position, in either spelling', () => {
    const { values, rest } = takeRepeated(
      ['add', '--callback', 'a', '--json', '--callback=b=c', '--post-logout-redirect', 'd', '--name', 'n'],
      ['callback', 'postLogoutRedirect'],
    );
    assert.deepEqual(values, { callback: ['a', 'b=c'], postLogoutRedirect: ['d'] });
    assert.deepEqual(rest, ['add', '--json', '--name', 'n']);
  });

  test('refuses flags without a value', () => {
    for (const argv of [['--set'], ['--set', '--json']])
      assert.throws(() => takeRepeated(argv, ['set']), UsageError);
  });
});

describe('patchOf', () => {
  test('reads text unless it is true, false, null or JSON', () => {
    const patch = patchOf([
      'title=Dr',
      'idAssuranceLevel=2',
      'disabled=true',
      'persona=null',
      'professionalIds.gmc=1234567',
      'professionalIds.note="true"',
      'roles=[{"a":1}]',
      'email=a=b@example.test',
      'empty=',
    ]);
    assert.deepEqual(patch, {
      title: 'Dr',
      idAssuranceLevel: '2',
      disabled: true,
      persona: null,
      professionalIds: { gmc: '1234567', note: 'true' },
      roles: [{ a: 1 }],
      email: 'a=b@example.test',
      empty: '',
    });
    assert.deepEqual(patchOf(['limits.quota.limit=5'], { numbers: true }), {
      limits: { quota: { limit: 5 } },
    });
  });

  test('reaches exactly its member with any path of names', () => {
    const name = fc.stringMatching(/^[a-zA-Z_][a-zA-Z0-9_]{0,8}$/).filter((text) => text !== '__proto__');
    fc.assert(
      fc.property(fc.array(name, { minLength: 1, maxLength: 5 }), fc.jsonValue(), (path, value) => {
        const text =
          Array.isArray(value) || (typeof value === 'object' && value) ? JSON.stringify(value) : 'x';
        const expected = text === 'x' ? 'x' : JSON.parse(text);
        let found: unknown = mergePatch({}, patchOf([`${path.join('.')}=${text}`]));
        for (const step of path) found = (found as Record<string, unknown>)[step];
        assert.deepEqual(found, mergePatch(undefined, expected));
      }),
    );
  });

  for (const wrong of ['title', '=x', 'a..b=1', 'roles.0.orgCode=A1', '__proto__.x=1', 'a=[1', 'a.=1'])
    test(`refuses ${wrong}`, () => assert.throws(() => patchOf([wrong]), UsageError));

  test('refuses a path through a value', () => assert.throws(() => patchOf(['a=1', 'a.b=2']), UsageError));

  test('an edit needs a file or members, not both', () => {
    const file = (name?: string) => ({ flag: '--file', name });
    assert.throws(() => patchFrom({ file: file(), assignments: [] }), /Name the change/);
    assert.throws(() => patchFrom({ file: file('x'), assignments: ['a=1'] }), /not both/);
    assert.deepEqual(patchFrom({ file: file(), assignments: ['a=1'], own: { b: [] } }), { a: '1', b: [] });
  });
});

describe('registrationFrom', () => {
  const none = {
    callback: [],
    product: [],
    redirect: [],
    platformPostLogoutRedirect: [],
    postLogoutRedirect: [],
  };

  test('registers at CIS2 or at the platform if a flag of it is set', () => {
    const flags = { name: 'n', profile: 'fapi2', cis2Auth: 'private_key_jwt' };
    assert.deepEqual(registrationFrom(flags, { ...none, redirect: ['u', 'v'] }), {
      name: 'n',
      profile: 'fapi2',
      cis2: { tokenEndpointAuthMethod: 'private_key_jwt', redirectUris: ['u', 'v'] },
    });
    assert.deepEqual(registrationFrom({ name: 'n' }, { ...none, callback: ['u'], product: ['p'] }), {
      name: 'n',
      platform: { callbackUrls: ['u'], products: ['p'] },
    });
  });

  test('makes a native application a public client of the standard profile', () => {
    assert.deepEqual(registrationFrom({ name: 'n', native: true }, none), {
      name: 'n',
      profile: 'standard',
      platform: { applicationType: 'native', tokenEndpointAuthMethod: 'none' },
    });
    const atCis2 = { name: 'n', native: true, cis2Auth: 'private_key_jwt' };
    assert.deepEqual(registrationFrom(atCis2, { ...none, redirect: ['u'] }).cis2, {
      tokenEndpointAuthMethod: 'private_key_jwt',
      redirectUris: ['u'],
      applicationType: 'native',
    });
  });

  test('requires a name and a registration at CIS2 or the platform', () => {
    assert.throws(() => registrationFrom({}, { ...none, callback: ['u'] }), /--name/);
    assert.throws(() => registrationFrom({ name: 'n' }, none), /--callback/);
  });
});

test('memberLines shows members with the paths of --set', () => {
  assert.deepEqual(
    memberLines({ a: 1, b: { c: null, d: ['x', 'y'] }, e: [{ f: 1 }, { f: 2 }], g: [], h: {} }),
    ['a    1', 'b.c  -', 'b.d  x, y', 'e    {"f":1}', '     {"f":2}', 'g    -', 'h    -'],
  );
});
