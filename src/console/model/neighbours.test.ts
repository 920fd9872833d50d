import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import { startInstance, type TestInstance } from '../../../test/testing/instance.ts';
import { Navigator } from '../../../test/testing/navigate.ts';
import type { AuthoritiesAnswer, DeskSession } from '../../cis/protocol.ts';
import type { SessionAnswer } from '../../cis2/protocol.ts';
import { send } from '../testing/request.ts';

describe('the console with CIS and an agent', () => {
  let instance: TestInstance;
  let port: number;
  before(async () => {
    instance = await startInstance();
    port = Number(new URL(instance.urls.console).port);
  });
  beforeEach(() => instance.api('DELETE', '/readers/0/card'));
  after(() => instance?.stop());

  type Status = {
    state: string;
    question: string | null;
    roles: { roleId: string }[];
    person: { uid: string } | null;
    attemptsLeft: number | null;
  };
  const raw = (method: string, path: string, json?: unknown, headers = {}) =>
    send(port, `/api/v1${path}`, {
      method,
      json,
      headers: { host: new URL(instance.urls.console).host, ...headers },
    });
  const status = () => instance.api<Status>('GET', '/agent');

  describe('/people', () => {
    test('finds people, cards, organisations and job roles by name', async () => {
      const people = await instance.api<{ people: { persona: string }[] }>('GET', '/people?q=Harbottle%20W');
      assert.deepEqual(
        people.people.map(({ persona }) => persona),
        ['nurse'],
      );
      const last = await instance.api<{ people: unknown[]; next: null }>('GET', '/people?q=');
      assert.deepEqual([last.people.length, last.next], [16, null]);
      assert.equal((await raw('GET', `/people?q=${'x'.repeat(201)}`)).status, 400);
      assert.equal((await raw('GET', '/people?q=a&after=zzz')).status, 400);
      const { organisations } = await instance.api<{ organisations: { code: string }[] }>(
        'GET',
        '/organisations?q=alder',
      );
      assert.deepEqual(
        organisations.map(({ code }) => code),
        ['A9A5A'],
      );
      const { jobRoles } = await instance.api<{ jobRoles: { code: string; activities: unknown[] }[] }>(
        'GET',
        '/job-roles?q=nurse',
      );
      assert.deepEqual(
        jobRoles.map(({ code, activities }) => [code, activities.length]),
        [['S8000:G8000:R8001', 3]],
      );
      const card = await instance.api<{ serial: string }>('POST', '/registration-authority/cards', {
        actor: 'admin',
        person: 'nurse',
      });
      const found = await instance.api<{ cards: { serial: string; holder: string }[] }>(
        'GET',
        '/registration-authority/cards?q=harb&role=R8001',
      );
      assert.deepEqual(
        found.cards.map(({ serial, holder }) => [serial, holder]),
        [[card.serial, 'Harbottle Winifred Mrs']],
      );
      for (const q of [card.serial, ''])
        assert.equal(
          (await instance.api<typeof found>('GET', `/registration-authority/cards?q=${q}`)).cards[0]?.serial,
          card.serial,
        );
      const one = await instance.api<{ state: string }>(
        'GET',
        `/registration-authority/cards/${card.serial}`,
      );
      assert.equal(one.state, 'ordered');
    });

    test('lists the people of the directory', async () => {
      const { people } = await instance.api<{ people: { uid: string; persona: string }[] }>('GET', '/people');
      assert.ok(people.some(({ uid, persona }) => uid === '656005750108' && persona === 'gp'));
      const page = await instance.api<{ people: unknown[]; next: string }>('GET', '/people?limit=2');
      assert.equal(page.people.length, 2);
      const rest = await instance.api<{ people: { uid: string }[] }>('GET', `/people?after=${page.next}`);
      assert.ok(rest.people.every(({ uid }) => uid > page.next));
      const found = await instance.api<{ people: { uid: string }[] }>('GET', '/people?persona=gp');
      assert.deepEqual(
        found.people.map(({ uid }) => uid),
        ['656005750108'],
      );
      assert.equal((await raw('GET', '/people?limit=x')).status, 400);
    });

    test('finds a person by uid or persona', async () => {
      const byUid = await raw('GET', '/people/656005750108');
      assert.equal(byUid.status, 200);
      assert.deepEqual((await raw('GET', '/people/gp')).body, byUid.body);
      assert.ok(byUid.headers.etag);
      assert.equal((await raw('GET', '/people/nobody')).status, 404);
      assert.equal((await raw('GET', '/people/656005750000')).status, 404);
    });

    test('adds, changes and removes a person', async () => {
      const added = await raw('POST', '/people', { persona: 'new', givenName: 'Nell', familyName: 'Fresh' });
      assert.equal(added.status, 201);
      assert.equal(added.headers.location, `/api/v1/people/${String(added.body.uid)}`);
      const etag = (await raw('GET', '/people/new')).headers.etag ?? '';
      const changed = await raw('PATCH', '/people/new', { title: 'Dr' }, { 'if-match': etag });
      assert.deepEqual([changed.status, changed.body.title], [200, 'Dr']);
      assert.notEqual(changed.headers.etag, etag);
      assert.equal((await raw('PATCH', '/people/new', { title: 'Ms' }, { 'if-match': etag })).status, 412);
      assert.equal((await raw('DELETE', '/people/new', undefined, { 'if-match': etag })).status, 412);
      assert.equal((await raw('DELETE', '/people/new')).status, 204);
      assert.equal((await raw('DELETE', '/people/new')).status, 404);
    });

    test('changes nothing when its own userinfo document is sent back', async () => {
      const { people } = await instance.api<{ people: { uid: string }[] }>('GET', '/people?limit=1000');
      assert.ok(people.length >= 16);
      for (const person of people) {
        const document = await instance.api('GET', `/people/${person.uid}/userinfo`);
        const { status, body } = await raw('PUT', `/people/${person.uid}/userinfo`, document);
        assert.deepEqual([status, body], [200, person]);
      }
    });

    test('adds a person from a userinfo document', async () => {
      const document = {
        sub: '910000000001',
        nhsid_useruid: '910000000001',
        name: 'Bell Ada',
        given_name: 'Ada',
        family_name: 'Bell',
        idassurancelevel: 3,
        nhsid_nrbac_roles: {
          person_roleid: '910000000002',
          org_code: 'RXX99',
          role_name: '"Clinical":"Clinical Provision":"Nurse Access Role"',
          role_code: 'S8000:G8000:R8001',
          activities: 'Receive Self Claimed LR Alerts',
          activity_codes: 'B0016',
        },
        nhsid_user_orgs: [{ org_name: 'A HOSPITAL', org_code: 'RXX99' }],
        something_else: true,
      };
      const made = await raw('PUT', '/people/910000000001/userinfo', document);
      assert.equal(made.status, 201, made.text);
      const shown = await instance.api<Record<string, unknown>>('GET', '/people/910000000001/userinfo');
      assert.deepEqual(shown.nhsid_user_orgs, document.nhsid_user_orgs);
      assert.deepEqual((shown.nhsid_nrbac_roles as { activity_codes: string[] }[])[0]?.activity_codes, [
        'B0016',
      ]);
      const other = await raw('PUT', '/people/gp/userinfo', document);
      assert.deepEqual([other.status, other.body.field], [400, 'sub']);
      assert.equal((await raw('PUT', '/people/910000000001/userinfo', { nhsid_nrbac_roles: 3 })).status, 400);
      assert.equal((await raw('DELETE', '/people/910000000001')).status, 204);
    });

    test('returns every member of a userinfo document, also unmapped ones', async () => {
      const uid = '910000000003';
      const document = {
        sub: uid,
        uid,
        nhsid_useruid: uid,
        idassurancelevel: '3',
        email: 'ada@example.test',
        name: 'Ada Bell',
        display_name: 'Bell Ada of the Records',
        given_name: 'Ada',
        family_name: 'Bell',
        title: 'Dr',
        initials: 'AB',
        middle_names: 'Beth',
        gmc_id: 'GMC9',
        consultant_id: 'C9',
        nhsid_nrbac_roles: [
          {
            person_orgid: '910000000004',
            person_roleid: '910000000005',
            org_code: 'RXX98',
            role_name: '"Clinical":"Clinical Provision":"Nurse Access Role"',
            extra: [1],
            role_code: 'S8000:G8000:R8001',
            activities: ['Receive'],
            activity_codes: ['B0016'],
          },
        ],
        nhsid_user_orgs: [{ org_name: 'A HOSPITAL', org_code: 'RXX98' }],
        nhsid_org_memberships: [
          { person_orgid: '910000000004', org_name: 'A HOSPITAL', org_code: 'RXX98', gnc: 'G1' },
        ],
        nhsid_org_roles: [{ person_orgid: '910000000004', org_name: 'A HOSPITAL', org_code: 'RXX98' }],
        selected_roleid: '910000000005',
        something_else: { deep: [true, null, 1.5] },
      };
      const made = await raw('PUT', `/people/${uid}/userinfo`, document);
      assert.equal(made.status, 201, made.text);
      const shown = await instance.api<Record<string, unknown>>('GET', `/people/${uid}/userinfo`);
      assert.deepEqual(
        Object.fromEntries(Object.entries(shown).sort()),
        Object.fromEntries(Object.entries(document).sort()),
      );
      assert.equal((await raw('PUT', `/people/${uid}/userinfo`, shown)).status, 200);
      assert.deepEqual(await instance.api('GET', `/people/${uid}/userinfo`), shown);
      const { something_else: _, ...less } = document;
      assert.equal((await raw('PUT', `/people/${uid}/userinfo`, less)).status, 200);
      assert.ok(!('something_else' in (await instance.api('GET', `/people/${uid}/userinfo`))));
      assert.equal((await raw('DELETE', `/people/${uid}`)).status, 204);
    });

    test('relays the invalid field that CIS names', async () => {
      const answer = await raw('POST', '/people', { givenName: 'A', familyName: 'B', shoeSize: 9 });
      assert.equal(answer.status, 422);
      assert.match(answer.text, /shoeSize/);
      assert.equal(
        (await raw('POST', '/people', { persona: 'gp', givenName: 'A', familyName: 'B' })).status,
        409,
      );
    });

    test('returns people as userinfo documents', async () => {
      const document = (await raw('GET', '/people/nurse/userinfo')).body;
      assert.equal(document.sub, '656005750105');
      assert.equal(document.nhsid_useruid, '656005750105');
      assert.equal(document.idassurancelevel, '3');
      assert.equal((document.nhsid_nrbac_roles as unknown[]).length, 3);
      assert.match(JSON.stringify(document.nhsid_nrbac_roles), /"person_roleid":"\d{12}"/);
      assert.equal(document.nmc_id, 'NMC123');
      assert.equal('middle_names' in (await raw('GET', '/people/clinician/userinfo')).body, false);
      assert.equal((await raw('GET', '/people/nobody/userinfo')).status, 404);
    });
  });

  describe('/cards, /readers and /agent', () => {
    test('inserts a card, refuses a wrong PIN, accepts the right one and removes the card', async () => {
      const reader = await instance.api<{ card: { persona: string; name: string } }>(
        'PUT',
        '/readers/0/card',
        { card: 'gp' },
      );
      assert.equal(reader.card.persona, 'gp');
      assert.deepEqual(await instance.api('GET', '/readers/0'), reader);
      assert.equal((await status()).state, 'pinRequested');
      const wrong = await instance.call('POST', '/agent/pin', { pin: '000000' });
      assert.deepEqual([wrong.status, wrong.body.error, wrong.body.attemptsLeft], [403, 'wrong_pin', 2]);
      const right = await instance.call('POST', '/agent/pin', { pin: '123456' });
      assert.deepEqual([right.status, right.body.state], [200, 'signedIn']);
      assert.equal((await instance.call('POST', '/agent/pin', { pin: '123456' })).status, 409);
      const out = await instance.api<{ card: null }>('DELETE', '/readers/0/card');
      assert.equal(out.card, null);
      assert.equal((await status()).state, 'noCard');
    });

    test('selects one of several roles', async () => {
      await instance.api('PUT', '/readers/0/card', { card: '656005750104' });
      const asked = await instance.api<Status>('POST', '/agent/pin', { pin: '123456' });
      assert.deepEqual([asked.state, asked.question], ['roleRequested', 'role']);
      assert.equal((await instance.call('POST', '/agent/role', { roleId: '1' })).status, 422);
      const chosen = await instance.api<Status>('POST', '/agent/role', { roleId: asked.roles[1]?.roleId });
      assert.equal(chosen.state, 'signedIn');
      const signedOut = await instance.api<Status>('DELETE', '/agent/session');
      assert.equal(signedOut.person, null);
    });

    test('blocks a card after three wrong PINs until its attempts are restored', async () => {
      const card = await instance.api<{ serial: string; uid: string }>('POST', '/cards', {
        person: 'starter',
        pin: '654321',
      });
      assert.equal(card.uid, '656005750113');
      await instance.api('PUT', '/readers/0/card', { card: card.serial });
      const answers = [];
      for (let attempt = 0; attempt < 4; attempt++)
        answers.push(await instance.call('POST', '/agent/pin', { pin: '111111' }));
      assert.deepEqual(
        answers.map(({ status: code, body }) => [code, body.error]),
        [
          [403, 'wrong_pin'],
          [403, 'wrong_pin'],
          [423, 'card_blocked'],
          [423, 'card_blocked'],
        ],
      );
      assert.equal((await status()).state, 'blocked');
      await instance.api('PATCH', `/cards/${card.serial}`, { locked: false });
      assert.equal((await instance.call('POST', '/agent/pin', { pin: '654321' })).status, 200);
      assert.equal((await raw('DELETE', `/cards/${card.serial}`)).status, 204);
      assert.equal((await raw('DELETE', `/cards/${card.serial}`)).status, 404);
    });

    test('refuses an invalid card and one for an unknown person', async () => {
      assert.equal((await instance.call('POST', '/cards', { person: 'nobody' })).status, 404);
      for (const body of [
        {},
        { person: 'gp', pin: '1' },
        { person: 'gp', keyType: 'DSA' },
        { person: 'gp', colour: 'red' },
      ])
        assert.equal((await instance.call('POST', '/cards', body)).status, 400);
      assert.equal((await instance.call('PUT', '/readers/0/card', { card: 'nobody' })).status, 404);
      for (const card of ['nobody', '1'.repeat(201)]) {
        assert.equal((await instance.call('PATCH', `/cards/${card}`, {})).status, 404);
        assert.equal((await instance.call('DELETE', `/cards/${card}`)).status, 404);
      }
    });
  });

  test('lists the sessions of a person with what depends on them, and ends them all', async () => {
    await instance.signInAtDesk('gp');
    await new Navigator().go(`${instance.urls.sample}/sign-in/combined`);
    const desk = async () =>
      (await instance.api<{ sessions: DeskSession[] }>('GET', '/desk-sessions?person=gp')).sessions;
    const [atDesk] = await desk();
    assert.deepEqual([atDesk?.uid, atDesk?.generation], ['656005750108', 'hscn']);
    const { sessions } = await instance.api<{ sessions: SessionAnswer[] }>('GET', '/sessions?person=gp');
    assert.equal(sessions[0]?.cisSessionId, atDesk?.id);
    assert.deepEqual(sessions[0]?.tokens, {
      access: 2,
      refresh: 1,
      applications: ['platform', 'demo-combined'],
    });
    const { ends } = await instance.api<{ ends: object }>('GET', '/clock/effects?advance=172800');
    assert.deepEqual(ends, { ...ends, deskSessions: 1, accessTokens: 2, refreshTokens: 1 });
    assert.deepEqual(await instance.api('DELETE', '/people/gp/sessions'), { sessions: 1, deskSessions: 1 });
    assert.deepEqual(await desk(), []);
    assert.equal((await instance.call('DELETE', `/desk-sessions/${atDesk?.id}`)).status, 404);
    assert.equal((await instance.call('DELETE', '/people/nobody/sessions')).status, 404);
  });

  test('previews an import without changing anything', async () => {
    const state = await instance.api<Record<string, { uid?: string; givenName?: string }[]>>(
      'GET',
      '/export',
    );
    const preview = async () =>
      (await instance.api<{ preview: Record<string, object | null> }>('POST', '/import/preview', state))
        .preview;
    const same = await preview();
    assert.ok(Object.keys(same).length === 7);
    for (const [list, counts] of Object.entries(same))
      assert.deepEqual(counts, { ...counts, added: 0, changed: 0, removed: 0 }, list);
    const { people = [] } = state;
    const [first, second] = people;
    state.people = [
      { ...first, givenName: 'Changed' },
      { ...second, uid: '999999999999' },
      ...people.slice(2),
    ];
    delete state.cards;
    const changed = await preview();
    assert.deepEqual(changed.people, {
      now: people.length,
      afterwards: people.length,
      added: 1,
      changed: 1,
      removed: 1,
    });
    assert.equal(changed.cards, null);
    state.people.push({ ...first });
    const refused = await instance.call('POST', '/import/preview', state);
    assert.deepEqual([refused.status, refused.body.field], [400, `people.${people.length}.uid`]);
    assert.equal((await raw('GET', '/people/999999999999')).status, 404);
  });

  test('restores only the chosen parts', async () => {
    await instance.api('PUT', '/clock', { advance: 60 });
    await instance.api('PUT', '/faults/pds-slow', {});
    await raw('DELETE', '/people/nurse');
    await raw('DELETE', '/applications/demo-native');
    await instance.api('POST', '/reset', { parts: ['people', 'faults'] });
    assert.equal((await raw('GET', '/people/nurse')).status, 200);
    assert.equal((await raw('GET', '/applications/demo-native')).status, 404);
    assert.equal((await instance.api<{ offsetSeconds: number }>('GET', '/clock')).offsetSeconds, 60);
    assert.deepEqual(await instance.api('DELETE', '/faults'), { off: [] });
    await instance.signInAtDesk('nurse');
    assert.equal((await instance.call('POST', '/reset', { parts: [] })).status, 400);
    assert.equal((await instance.call('POST', '/reset', { parts: ['moon'] })).body.field, 'parts.0');
    await instance.api('POST', '/reset', { parts: ['clock', 'applications'] });
  });

  test('lists the certificates of the issuing authority with their revocation list', async () => {
    const { authorities } = await instance.api<AuthoritiesAnswer>('GET', '/certificates');
    assert.deepEqual(
      authorities.map(({ name, crl }) => [name, crl === null]),
      [
        ['Alongside TEST Authentication', false],
        ['Alongside TEST Root Authority', true],
      ],
    );
    const { address = '', nextUpdate = '', thisUpdate = '' } = authorities[0]?.crl ?? {};
    assert.equal((await fetch(address)).status, 200);
    assert.equal(Date.parse(nextUpdate) - Date.parse(thisUpdate), 3_600_000);
  });

  test('keeps agent sessions when the clock moves', async () => {
    await instance.signInAtDesk('gp');
    await instance.api('PUT', '/clock', { advance: 3_000 });
    assert.equal((await status()).state, 'signedIn');
    await instance.signInAtDesk('clinician');
    const { clock } = await instance.api<{ clock: { offsetSeconds: number } }>('GET', '/state');
    assert.equal(clock.offsetSeconds, 3_000);
    await instance.api('DELETE', '/clock');
  });

  test('resets people, cards, registrations and the clock', async () => {
    await instance.signInAtDesk('gp');
    await instance.api('PUT', '/clock', { advance: 60 });
    await raw('DELETE', '/people/nurse');
    await raw('DELETE', '/applications/demo-native');
    await raw('DELETE', '/cards/locum');
    assert.deepEqual(await instance.api('POST', '/reset'), { reset: true });
    assert.equal((await raw('GET', '/people/nurse')).status, 200);
    assert.equal((await raw('GET', '/applications/demo-native')).status, 200);
    const { cards } = await instance.api<{ cards: { persona: string | null }[] }>('GET', '/cards');
    assert.ok(cards.some(({ persona }) => persona === 'locum'));
    assert.equal((await status()).person, null);
    assert.deepEqual((await instance.events()).length, 0);
    assert.equal((await instance.api<{ offsetSeconds: number }>('GET', '/clock')).offsetSeconds, 0);
    await instance.signInAtDesk('gp');
    assert.equal((await status()).state, 'signedIn');
  });
});
