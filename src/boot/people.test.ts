import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { seedPeople } from '../cis/directory/seed/people.ts';
import { mockClaimsOf } from './people.ts';

describe('mockClaimsOf', () => {
  for (const person of seedPeople()) {
    const [role, ...others] = person.roles;
    const only = role && others.length === 0 ? role.roleId : undefined;
    test(`${person.persona}: names ${only ? 'the only role' : `none of ${person.roles.length} roles`}`, () => {
      const { idToken, userinfo } = mockClaimsOf(person);
      assert.deepEqual([idToken.selected_roleid, userinfo.selected_roleid || undefined], [only, only]);
      assert.equal((userinfo.nhsid_nrbac_roles as unknown[]).length, person.roles.length);
    });
  }

  test("returns given and family name as name, and the directory's display_name", () => {
    const person = seedPeople().find(({ persona }) => persona === 'admin');
    assert.ok(person);
    const { userinfo } = mockClaimsOf({ ...person, displayName: 'Shown' });
    assert.deepEqual(
      [userinfo.name, userinfo.display_name],
      [`${person.givenName} ${person.familyName}`, 'Shown'],
    );
  });

  test('prefers the values of an imported userinfo document', () => {
    const [person] = seedPeople();
    assert.ok(person);
    const otherClaims = { name: 'As pasted', selected_roleid: '1', more: { a: [1] } };
    const { userinfo } = mockClaimsOf({ ...person, otherClaims });
    assert.deepEqual(
      [userinfo.name, userinfo.selected_roleid, userinfo.more],
      ['As pasted', '1', { a: [1] }],
    );
  });
});
