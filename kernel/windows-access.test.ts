import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { onWindows } from '../test/testing/platform.ts';
import { changeableBy, closeToOthers, openTo, otherReader, parseSddl, readAccess } from './windows-access.ts';

const jo = 'S-1-5-21-1-2-3-1001';
const accessOf = (sddl: string) => {
  const access = parseSddl(sddl);
  assert.ok(access, sddl);
  return access;
};

describe('parseSddl', () => {
  test('reads owner and allowing entries, without those that deny or only pass on', () => {
    const text = `O:BAG:SYD:PAI(D;;FA;;;BG)(A;OICI;FA;;;SY)(A;OICIIO;GA;;;CO)(A;ID;0x1200a9;;;BU)(A;;FRFX;;;${jo})S:(ML;;NW;;;LW)`;
    assert.deepEqual(parseSddl(text), {
      owner: 'S-1-5-32-544',
      entries: [
        { user: 'S-1-5-18', rights: 0x1f01ff },
        { user: 'BU', rights: 0x1200a9 },
        { user: jo, rights: 0x1200a9 },
      ],
    });
  });

  test('counts a conditional entry as if its condition held', () => {
    const { entries } = accessOf('O:BAD:(XA;;FX;;;S-1-1-0;(@User.x == (1)))(A;;FR;;;BU)');
    assert.deepEqual(
      entries.map(({ user }) => user),
      ['S-1-1-0', 'BU'],
    );
  });

  for (const text of ['O:BA', 'O:BAG:BA', 'O:BAD:NO_ACCESS_CONTROL'])
    test(`grants everyone all rights without a list: ${text}`, () =>
      assert.deepEqual(accessOf(text).entries, [{ user: 'WD', rights: 0xffffffff }]));

  test('refuses other text', () => {
    for (const text of ['', 'D:(A;;FA;;;WD)', 'Access denied']) assert.equal(parseSddl(text), undefined);
  });
});

describe('changeableBy', () => {
  for (const [name, sddl] of [
    ['a file that users may read', 'O:BAG:SYD:AI(A;ID;FA;;;SY)(A;ID;FA;;;BA)(A;ID;0x1200a9;;;BU)'],
    ['a file of SYSTEM', 'O:SYD:P(A;;FA;;;SY)(A;;FA;;;OW)'],
    [
      'a file of TrustedInstaller',
      'O:S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478464D:(A;;FR;;;AU)',
    ],
  ] as const)
    test(`accepts ${name}`, () => assert.equal(changeableBy(accessOf(sddl), 'file'), undefined));

  for (const [reason, sddl] of [
    [`belongs to ${jo}, not to Administrators or SYSTEM`, `O:${jo}D:P(A;;FA;;;BA)(A;;FR;;;BU)`],
    ['can be changed by Users', 'O:BAD:(A;;FRFW;;;BU)'],
    ['can be changed by Authenticated Users', 'O:BAD:(A;ID;0x1301bf;;;AU)'],
    ['can be changed by Everyone', 'O:BA'],
    [`can be changed by ${jo}`, `O:BAD:(A;;WD;;;${jo})`],
    ['can be changed by Users', 'O:BAD:(A;;FRZZ;;;BU)'],
  ] as const)
    test(`refuses a file that ${reason}: ${sddl}`, () =>
      assert.equal(changeableBy(accessOf(sddl), 'file'), reason));

  test('accepts a folder in which users may create files, which they then own, but not delete others', () => {
    const usual = 'O:BAG:SYD:AI(A;OICIID;FA;;;SY)(A;OICIID;0x1200a9;;;BU)(A;CIID;DCLCRPCR;;;BU)';
    assert.equal(changeableBy(accessOf(usual), 'folder'), undefined);
    assert.equal(changeableBy(accessOf(usual), 'file'), 'can be changed by Users');
    assert.equal(changeableBy(accessOf('O:BAD:(A;;DT;;;BU)'), 'folder'), 'can be changed by Users');
  });
});

describe('otherReader', () => {
  const open = { user: jo, accesses: [accessOf(`O:${jo}D:AI(A;ID;0x1200a9;;;BU)`)] };

  test('names a user who can open an existing folder', () => {
    assert.equal(
      otherReader('.', () => open),
      'Users',
    );
    assert.equal(
      otherReader('./missing', () => open),
      undefined,
    );
  });

  test('names no one where access cannot be read', () => {
    assert.equal(
      otherReader('.', () => undefined),
      undefined,
    );
    if (!onWindows) assert.equal(otherReader('.'), undefined);
  });
});

describe('readAccess', { skip: !onWindows && '`npm run windows` runs it' }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'access-ü-'));
  after(() => rmSync(folder, { recursive: true, force: true }));

  test('reads owner and entries of each path, and this user', () => {
    const file = join(folder, 'file');
    writeFileSync(file, '');
    const read = readAccess([folder, file]);
    assert.ok(read);
    assert.match(read.user, /^S-1-5-21-/);
    for (const { owner, entries } of read.accesses) {
      assert.match(owner, /^S-1-5-|^[A-Z]{2}$/);
      assert.ok(entries.length > 0);
    }
  });

  test('shows that a new folder is closed to others', () => {
    const closed = join(folder, 'closed');
    // Wine makes a list of its mode, 0755, which is open to Everyone.
    mkdirSync(closed);
    closeToOthers(closed);
    assert.equal(otherReader(closed), undefined);
    writeFileSync(join(closed, 'file'), 'still open to its user');
  });

  test('is undefined if one is missing', () => {
    assert.equal(readAccess([folder, join(folder, 'missing')]), undefined);
  });
});

describe('openTo', () => {
  test('is nobody for a folder of the user, administrators and SYSTEM', () => {
    assert.equal(openTo(accessOf(`O:${jo}D:P(A;OICI;FA;;;${jo})(A;;FA;;;SY)(A;;FA;;;BA)`), jo), undefined);
    assert.equal(openTo(accessOf(`O:BAD:P(A;OICI;FA;;;${jo})(A;OICIIO;GA;;;CO)`), jo), undefined);
  });

  for (const [other, sddl] of [
    ['Users', `O:${jo}D:AI(A;ID;FA;;;${jo})(A;OICIID;0x1200a9;;;BU)`],
    ['Authenticated Users', `O:${jo}D:AI(A;ID;0x1301bf;;;AU)`],
    ['S-1-5-21-1-2-3-1002', `O:${jo}D:(A;;FR;;;S-1-5-21-1-2-3-1002)`],
    ['S-1-5-21-1-2-3-1002', `O:S-1-5-21-1-2-3-1002D:(A;;FA;;;${jo})`],
    ['Users', `O:${jo}D:(A;;GR;;;BU)`],
  ] as const)
    test(`names ${other}: ${sddl}`, () => assert.equal(openTo(accessOf(sddl), jo), other));
});
