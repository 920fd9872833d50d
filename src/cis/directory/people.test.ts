import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { type Person, paths } from '../protocol.ts';
import { startCis, type TestCis, type UnknownBody, uids } from '../testing/cis.ts';

describe('directory API', () => {
  let cis: TestCis;
  before(async () => {
    cis = await startCis();
  });
  after(() => cis.close());

  const newPerson = (changes: Record<string, unknown> = {}) => ({
    givenName: 'Ada',
    familyName: 'Newcome',
    roles: [
      {
        roleCode: 'S8000:G8000:R8000',
        roleName: '"Clinical":"Clinical Provision":"Clinical Practitioner Access Role"',
        orgCode: 'A9A5A',
      },
    ],
    ...changes,
  });
  const add = <Body = UnknownBody>(person: unknown) =>
    cis.call<Body>(paths.people, { body: person, as: 'console' });
  const patch = (uid: string, body: unknown, headers: Record<string, string> = {}) =>
    cis.call(paths.person(uid), { method: 'PATCH', body, headers, as: 'console' });

  test('lets services read, and only the console write', async () => {
    const statuses = async (method: string, path: string, body?: unknown) => {
      const options = { method, ...(body === undefined ? {} : { body }) };
      const calls = [
        {},
        { as: 'cardIssuer' as const },
        { as: 'cis2' as const },
        { as: 'authorisation' as const },
      ];
      return Promise.all(calls.map(async (by) => (await cis.call(path, { ...options, ...by })).status));
    };
    assert.deepEqual(await statuses('GET', paths.people), [401, 403, 200, 200]);
    assert.deepEqual(await statuses('GET', paths.person(uids.gp)), [401, 403, 200, 200]);
    assert.deepEqual(await statuses('GET', paths.organisations), [401, 403, 200, 200]);
    assert.deepEqual(await statuses('POST', paths.people, newPerson()), [401, 403, 403, 403]);
    assert.deepEqual(await statuses('PATCH', paths.person(uids.gp), {}), [401, 403, 403, 403]);
    assert.deepEqual(await statuses('DELETE', paths.person(uids.gp)), [401, 403, 403, 403]);
    for (const authorization of [
      'Basic c2VjcmV0',
      'bearer secret-of-cis2',
      'Bearer ',
      'Bearer secret-of-cis2 x',
      'Bearer secret-of-cis',
    ])
      assert.equal((await cis.call(paths.people, { headers: { authorization } })).status, 401, authorization);
  });

  test('lists people in pages by uid, or one by persona', async () => {
    const all = (await cis.call(paths.people, { as: 'console' })).body;
    const everybody = (all.people as Person[]).map(({ uid }) => uid);
    assert.equal(all.next, null);
    const collected: string[] = [];
    for (let after: unknown = ''; after !== null; ) {
      const { body } = await cis.call(`${paths.people}?limit=7&after=${after}`, { as: 'console' });
      collected.push(...(body.people as Person[]).map(({ uid }) => uid));
      after = body.next;
    }
    assert.deepEqual(collected, everybody);
    assert.deepEqual(collected, [...collected].sort());
    const byPersona = (await cis.call(`${paths.people}?persona=gp`, { as: 'cis2' })).body.people as Person[];
    assert.deepEqual(
      byPersona.map(({ uid }) => uid),
      [uids.gp],
    );
    assert.deepEqual((await cis.call(`${paths.people}?persona=nobody`, { as: 'cis2' })).body.people, []);
    for (const limit of ['0', '1001', 'x', '1.5'])
      assert.equal((await cis.call(`${paths.people}?limit=${limit}`, { as: 'cis2' })).status, 400);
  });

  test('adds a person and completes the missing members', async () => {
    const {
      status,
      body: person,
      headers,
    } = await add<Person>(newPerson({ title: 'Prof', middleNames: 'Bea Cecily' }));
    assert.equal(status, 201);
    assert.match(person.uid, /^\d{12}$/);
    assert.equal(headers.get('location'), paths.person(person.uid));
    assert.equal(headers.get('etag'), '"1"');
    assert.deepEqual([person.displayName, person.initials], ['Newcome Ada Prof', 'ABC']);
    assert.deepEqual(
      [person.persona, person.email, person.idAssuranceLevel, person.disabled],
      [null, '', '3', false],
    );
    const [role] = person.roles;
    assert.match(role?.roleId ?? '', /^\d{12}$/);
    assert.equal(role?.orgName, 'Alder Vale Test Practice');
    assert.deepEqual(person.organisations, [
      { personOrgId: role?.personOrgId, orgCode: 'A9A5A', orgName: 'Alder Vale Test Practice', member: true },
    ]);
    const read = await cis.call(paths.person(person.uid), { as: 'cis2' });
    assert.deepEqual(read.body, person);
    const record = (await cis.audit.list()).findLast(({ action }) => action === 'directory.person-added');
    assert.deepEqual([record?.actor, record?.target], ['console', person.uid]);
  });

  test('adds a person as read under another uid', async () => {
    const { body: nurse } = await cis.call<Person>(paths.person(uids.nurse), { as: 'console' });
    const roles = nurse.roles.map(({ roleId: _, ...role }) => role);
    const again = { ...nurse, uid: '123456789012', persona: null, roles };
    const added = await add(again);
    assert.equal(added.status, 201, JSON.stringify(added.body));
    assert.deepEqual(added.body.organisations, nurse.organisations);
    assert.equal((await add(again)).status, 409);
    assert.equal((await add({ ...again, uid: '123456789013', persona: 'nurse' })).status, 409);
  });

  test('adds a new organisation with its name', async () => {
    const role = { ...newPerson().roles[0], orgCode: 'Y51' };
    const nameless = await add(newPerson({ roles: [role] }));
    assert.deepEqual([nameless.status, nameless.body.field], [422, 'roles.0.orgName']);
    assert.equal((await add(newPerson({ roles: [{ ...role, orgName: 'Fir Tree Test Unit' }] }))).status, 201);
    const { body } = await cis.call(paths.organisations, { as: 'console' });
    assert.ok(
      (body.organisations as object[]).some(
        (entry) => JSON.stringify(entry) === '{"code":"Y51","name":"Fir Tree Test Unit"}',
      ),
    );
    const renamed = await add(newPerson({ roles: [{ ...role, orgName: 'Something else' }] }));
    assert.deepEqual([renamed.status, renamed.body.field], [422, 'roles.0.orgName']);
  });

  describe('invalid people', () => {
    const role = newPerson().roles[0];
    const inRole = (changes: object) => ({ roles: [{ ...role, ...changes }] });
    const wrong: [string, Record<string, unknown>, string][] = [
      ['a short uid', { uid: '12345678901' }, 'uid'],
      ['a uid as a number', { uid: 123456789012 }, 'uid'],
      ['an ODS code in lower case', inRole({ orgCode: 'a9a5a' }), 'roles.0.orgCode'],
      ['a role code without groups', inRole({ roleCode: 'R8000' }), 'roles.0.roleCode'],
      ['a role name of two parts', inRole({ roleName: '"Clinical":"Nurse"' }), 'roles.0.roleName'],
      ['a role id with letters', inRole({ roleId: '55525424010x' }), 'roles.0.roleId'],
      [
        'an activity that is a role',
        inRole({ activities: [{ name: 'x', code: 'R8000' }] }),
        'roles.0.activities.0.code',
      ],
      [
        'a workgroup with letters',
        inRole({ workgroups: [{ name: 'x', code: 'W1' }] }),
        'roles.0.workgroups.0.code',
      ],
      [
        'an area of work of two parts',
        inRole({ areasOfWork: [{ name: 'x', code: 'P0020:Q0300' }] }),
        'roles.0.areasOfWork.0.code',
      ],
      ["another person's role", inRole({ roleId: '555010842101' }), 'roles.0.roleId'],
      [
        'one role id twice',
        { roles: [role, role].map((one) => ({ ...one, roleId: '111111111111' })) },
        'roles.roleId',
      ],
      [
        'an organisation twice',
        { organisations: [{ orgCode: 'A9A5A' }, { orgCode: 'A9A5A' }] },
        'organisations.orgCode',
      ],
      ['an assurance level that does not exist', { idAssuranceLevel: '4' }, 'idAssuranceLevel'],
      ['an unknown authenticator', { authenticators: ['fingerprint'] }, 'authenticators.0'],
      ['a missing family name', { familyName: undefined }, 'familyName'],
      ['a control character', { givenName: 'A\u0007da' }, 'givenName'],
      ['an e-mail address without a domain', { email: 'ada' }, 'email'],
      ['a persona with a space', { persona: 'a b' }, 'persona'],
      ['an unknown member', { shoeSize: 42 }, 'shoeSize'],
    ];
    for (const [name, changes, field] of wrong) {
      test(`rejects ${name}`, async () => {
        const { status, body } = await add(newPerson(changes));
        assert.deepEqual([status, body.error, body.field], [422, 'invalid_person', field]);
        assert.ok(String(body.problem).length > 5);
      });
    }
  });

  test('returns the changed and removed people in order', async () => {
    const changes = async (query = '') => (await cis.call(`${paths.changes}${query}`, { as: 'cis2' })).body;
    const { last, uids: none } = (await changes()) as { last: number; uids: string[] };
    assert.deepEqual(none, []);
    const { body: added } = await add(newPerson({ persona: null }));
    assert.deepEqual(await changes(`?after=${last}`), { uids: [], gone: [], last });
    await patch(uids.starter, { title: 'Dame' });
    await patch(uids.starter, { title: 'Dr' });
    const uid = String(added.uid);
    assert.equal((await cis.call(paths.person(uid), { as: 'console', method: 'DELETE' })).status, 204);
    const heard = (await changes(`?after=${last}`)) as { last: number; uids: string[]; gone: string[] };
    assert.deepEqual([heard.uids, heard.gone], [[uids.starter, uid], [uid]]);
    assert.deepEqual(await changes(`?after=${heard.last}`), { uids: [], gone: [], last: heard.last });
    // A failed change is not reported.
    assert.equal((await cis.call(paths.person(uid), { as: 'console', method: 'DELETE' })).status, 404);
    assert.deepEqual(await changes(`?after=${heard.last}`), { uids: [], gone: [], last: heard.last });
    // A person who is enabled again was still disabled for a moment.
    for (const disabled of [true, false]) await patch(uids.starter, { disabled });
    const { gone } = (await changes(`?after=${heard.last}`)) as { gone: string[] };
    assert.deepEqual(gone, [uids.starter]);
    for (const wrong of ['x', '-1', '1.5'])
      assert.equal((await cis.call(`${paths.changes}?after=${wrong}`, { as: 'cis2' })).status, 400);
    assert.equal((await cis.call(paths.changes, {})).status, 401);
  });

  test('changes initials and display name with the other names, unless they differ from them', async () => {
    const namesAfter = async (body: object) => {
      const { initials, displayName } = (await patch(uids.unproven, body)).body;
      return [initials, displayName];
    };
    const { givenName, familyName, middleNames, title } = (await patch(uids.unproven, {})).body;
    assert.deepEqual(
      await namesAfter({ givenName: 'Una', middleNames: 'Vi', familyName: 'Wren', title: 'Dr' }),
      ['UV', 'Wren Una Dr'],
    );
    assert.deepEqual(await namesAfter({ displayName: 'Own name' }), ['UV', 'Own name']);
    assert.deepEqual(await namesAfter({ givenName: 'Xia' }), ['XV', 'Own name']);
    await patch(uids.unproven, { givenName, familyName, middleNames, title, displayName: null });
  });

  test('changes only the members of a merge patch', async () => {
    const before = await cis.call(paths.person(uids.clinician), { as: 'console' });
    const changed = await patch(uids.clinician, {
      email: 'new@example.test',
      professionalIds: { gphc: null, gmc: 'GMC999' },
    });
    assert.equal(changed.status, 200);
    assert.deepEqual(changed.body, {
      ...before.body,
      email: 'new@example.test',
      professionalIds: { gmc: 'GMC999' },
    });
    assert.equal(changed.headers.get('etag'), '"2"');
    const media = { 'content-type': 'application/merge-patch+json' };
    assert.equal((await patch(uids.clinician, { title: 'Sir' }, media)).status, 200);
    assert.equal((await patch(uids.clinician, {}, { 'content-type': 'text/plain' })).status, 415);
    assert.equal((await patch(uids.clinician, { uid: '123456789099' })).body.field, 'uid');
    assert.equal((await patch(uids.clinician, { givenName: null })).body.field, 'givenName');
    assert.equal((await patch(uids.clinician, { persona: 'gp' })).status, 409);
    assert.equal((await patch('000000000000', {})).status, 404);
  });

  test('rejects a change of an old revision, and applies every simultaneous change without one', async () => {
    const { headers } = await cis.call(paths.person(uids.admin), { as: 'console' });
    const tag = { 'if-match': String(headers.get('etag')) };
    assert.equal((await patch(uids.admin, { title: 'Dame' }, tag)).status, 200);
    const late = await patch(uids.admin, { title: 'Lady' }, tag);
    assert.deepEqual([late.status, late.body.error], [412, 'precondition_failed']);
    assert.equal((await patch(uids.admin, {}, { 'if-match': '"of others"' })).status, 412);
    assert.equal((await patch(uids.admin, {}, { 'if-match': '*' })).status, 200);
    const names = ['gmc', 'gmp', 'gdc', 'gdp', 'gphc', 'nmc', 'rcn', 'consultant'];
    const answers = await Promise.all(
      names.map((name) => patch(uids.admin, { professionalIds: { [name]: `${name}-1` } })),
    );
    assert.ok(answers.every(({ status }) => status === 200));
    const { body } = await cis.call(paths.person(uids.admin), { as: 'console' });
    assert.deepEqual(body.professionalIds, Object.fromEntries(names.map((name) => [name, `${name}-1`])));
    const remove = (headersOf: Record<string, string>) =>
      cis.call(paths.person(uids.admin), { method: 'DELETE', headers: headersOf, as: 'console' });
    assert.equal((await remove(tag)).status, 412);
    assert.equal((await remove({})).status, 204);
    assert.equal((await remove({})).status, 404);
  });
});
