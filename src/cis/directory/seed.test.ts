import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { type Person, paths } from '../protocol.ts';
import { startCis, type TestCis } from '../testing/cis.ts';
import { completePerson, readDraft } from './person.ts';
import { seedPeople } from './seed/people.ts';
import { seed } from './seed.ts';

const rolesOf = ({ roles }: Person) => roles.map(({ roleCode }) => roleCode.slice(-5));

describe('seeded people', () => {
  let cis: TestCis;
  before(async () => {
    cis = await startCis();
  });
  after(() => cis.close());

  const everybody = async () => (await cis.call(paths.people, { as: 'console' })).body.people as Person[];

  test('have the documented personas, authenticators and roles', () => {
    const table = seedPeople().map((person) => [
      person.persona,
      person.uid.slice(-3),
      person.idAssuranceLevel,
      person.authenticators.join(),
      rolesOf(person).join(),
    ]);
    const practitioner = (persona: string, uid: string, level = '3') => [
      persona,
      uid,
      level,
      'smartcard',
      'R8000',
    ];
    assert.deepEqual(table, [
      ['gp', '108', '3', 'smartcard,securityKey', 'R0260'],
      ['clinician', '107', '3', 'smartcard', 'R8000'],
      ['admin', '104', '3', 'smartcard,windowsHello', 'R8008,R5080'],
      ['nurse', '105', '3', 'smartcard,passkey', 'R8001,R8001,R8001'],
      ['locum', '106', '3', 'smartcard,tabletApp', 'R8000,R8003,R8000,R8008,R8003,R8000,R8003,R8000'],
      ['clinician-aal2', '109', '3', 'authenticatorApp', 'R8000'],
      ['aal1', '110', '3', 'password', 'R8008'],
      ['gp-aal2', '111', '3', 'authenticatorApp,passkey', 'R0260'],
      ['admin-aal2', '112', '3', 'authenticatorApp', 'R8008'],
      ['starter', '113', '3', 'smartcard', ''],
      practitioner('unproven', '114', '1'),
      practitioner('locked', '115'),
      practitioner('expired', '116'),
      practitioner('revoked', '117'),
      practitioner('renew', '118'),
      practitioner('foreign', '119'),
    ]);
    const of = (persona: string) => seedPeople().find((person) => person.persona === persona);
    assert.equal(of('locum')?.organisations.length, 5);
    assert.equal(of('admin')?.organisations.length, 2);
    assert.equal(of('gp')?.uid, '656005750108');
    assert.equal(of('gp')?.email, 'gp@example.test');
  });

  test('are valid and have unique ids', () => {
    const people = seedPeople();
    for (const person of people)
      assert.deepEqual(completePerson(readDraft(person), person.uid, new Map()), person);
    const roleIds = people.flatMap(({ roles }) => roles.map(({ roleId }) => roleId));
    const personOrgIds = people.flatMap(({ organisations }) =>
      organisations.map(({ personOrgId }) => personOrgId),
    );
    assert.equal(new Set([...roleIds, ...personOrgIds]).size, roleIds.length + personOrgIds.length);
  });

  test('are added once, so that removed people return only after a reset', async () => {
    assert.equal((await everybody()).length, 16);
    await cis.call(paths.person('656005750119'), { method: 'DELETE', as: 'console' });
    await cis.call(paths.person('656005750108'), { method: 'PATCH', body: { title: 'Sir' }, as: 'console' });
    await Promise.all([seed(cis.database), seed(cis.database)]);
    assert.equal((await everybody()).length, 15);
    await cis.reset();
    const sorted = seedPeople().sort((a, b) => (a.uid < b.uid ? -1 : 1));
    assert.deepEqual(await everybody(), JSON.parse(JSON.stringify(sorted)));
  });
});
