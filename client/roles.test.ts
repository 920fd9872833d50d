import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { rolesOf, selectedRole } from './roles.ts';
import { CARE_IDENTITY_LIMITS, sessionState } from './session-limits.ts';

const role = {
  person_orgid: '1',
  person_roleid: '093895563513',
  org_code: 'A9A5A',
  role_name: '',
  role_code: 'S8000',
};

describe('rolesOf and selectedRole', () => {
  test('accept a list, one object, or nothing', () => {
    assert.deepEqual(rolesOf({ sub: '1', nhsid_nrbac_roles: [role] }), [role]);
    assert.deepEqual(rolesOf({ sub: '1', nhsid_nrbac_roles: role }), [role]);
    assert.deepEqual(rolesOf({ sub: '1' }), []);
    assert.deepEqual(rolesOf({ sub: '1', nhsid_nrbac_roles: ['x', null, {}] }), []);
  });

  test('find the selected role by id, and none for a missing, empty or unknown id', () => {
    const userinfo = { sub: '1', nhsid_nrbac_roles: [role] };
    assert.equal(selectedRole(userinfo, '093895563513'), role);
    for (const id of [undefined, '', '93895563513']) assert.equal(selectedRole(userinfo, id), undefined);
  });
});

test('sessionState refuses a clock among the times', () => {
  const times = { startedAt: 0, lastUsedAt: 0, clock: { now: () => 0 } };
  assert.throws(() => sessionState(times), /clock is in the first argument of sessionState/);
});

test('sessionState is idle after 15 minutes without use and ends after 12 hours in any case', () => {
  const at = (now: number) => ({ clock: { now: () => now } });
  assert.equal(sessionState({ startedAt: 0, lastUsedAt: 0 }, at(899_999)), 'live');
  assert.equal(sessionState({ startedAt: 0, lastUsedAt: 0 }, at(900_000)), 'idle');
  const busy = { startedAt: 0, lastUsedAt: CARE_IDENTITY_LIMITS.absoluteMs - 1 };
  assert.equal(sessionState(busy, at(CARE_IDENTITY_LIMITS.absoluteMs)), 'ended');
});
