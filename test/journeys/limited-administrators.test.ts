import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { json as jsonAnswer } from '@alongside/kernel/answer';
import { createListener, type HttpRequest } from '@alongside/kernel/http';
import { silentLog } from '@alongside/kernel/log';
import type { CardRecord, Person } from '../../src/cis/protocol.ts';
import { startCis, type TestCis, uids } from '../../src/cis/testing/cis.ts';
import { Administrators, newAdministrator } from '../../src/console/model/administrators/administrators.ts';
import { AdministratorSessions } from '../../src/console/model/administrators/sessions.ts';
import { startConsole, type TestConsole } from '../../src/console/testing/console.ts';

const practice = 'A9A5A';
const gpRole = {
  roleCode: 'S8000:G8000:R8000',
  roleName: '"Clinical":"Clinical Provision":"Clinical Practitioner Access Role"',
};

describe('a registration authority in the console', () => {
  let cis: TestCis;
  let listener: ReturnType<typeof createListener>;
  let console_: TestConsole;
  let cookie: string;
  /** Runs before CIS serves a request of the console. Its response, if any, is sent instead. */
  let first: (request: HttpRequest) => Promise<ReturnType<typeof jsonAnswer> | undefined> = async () =>
    undefined;
  before(async () => {
    cis = await startCis();
    const routes = cis.service.routes.map((route) => ({
      ...route,
      endpoint: async (request: HttpRequest) => (await first(request)) ?? route.endpoint(request),
    }));
    listener = createListener(routes, { name: 'cis', log: silentLog, development: true });
    const url = `http://127.0.0.1:${await listener.listen(0)}`;
    console_ = await startConsole({ development: false, cis: { url, secret: 'secret-of-the-console' } });
    const officer = newAdministrator({
      name: 'Officer',
      role: 'registration-authority',
      organisations: [practice],
    });
    const sessions = new AdministratorSessions(console_.database, console_.clock, console_.urls.console);
    const begun = sessions.begin(officer);
    const administrators = new Administrators(console_.database, console_.clock);
    const key = { id: 'key', publicKey: 'a2V5', counter: 0 };
    await administrators.join(await administrators.invite(officer), officer, key, begun.statements);
    cookie = begun.cookie.split(';')[0] ?? '';
  });
  after(async () => {
    await console_?.close();
    await listener?.close();
    await cis?.close();
  });

  const send = async (method: string, path: string, json?: object, more: Record<string, string> = {}) => {
    const { status, body } = await console_.send(`/api/v1${path}`, {
      method,
      ...(json ? { json } : {}),
      headers: {
        host: 'console.test',
        cookie,
        ...(json ? { 'content-type': 'application/json' } : {}),
        ...more,
      },
    });
    return { status, body: body as Record<string, unknown>, answer: [status, body.error ?? null] as const };
  };
  const foreign = [403, 'other_organisation'] as const;

  /** A person of another organisation. */
  const stranger = async () => {
    const roles = [{ ...gpRole, orgCode: 'Y51', orgName: 'Elsewhere' }];
    const { body } = await cis.call<Person>('/directory/people', {
      body: { givenName: 'Other', familyName: 'Elsewhere', roles },
      as: 'console',
    });
    return body;
  };

  test('lists, finds and reads only people and cards of its organisations', async () => {
    const { uid } = await stranger();
    for (const path of ['/people', '/people?q=', '/people?q=else', `/people?organisation=Y51`]) {
      const { status, body } = await send('GET', path);
      assert.equal(status, 200, path);
      for (const person of body.people as Person[]) {
        assert.ok([...person.roles, ...person.organisations].some(({ orgCode }) => orgCode === practice));
      }
    }
    // Each page is full although others have the same names.
    for (const familyName of ['Same', 'Same', 'Same', 'Same']) {
      const roles = [{ ...gpRole, orgCode: practice }];
      await cis.call('/directory/people', { body: { givenName: 'A', familyName, roles }, as: 'console' });
      await cis.call('/directory/people', { body: { givenName: 'A', familyName }, as: 'console' });
    }
    const first = (await send('GET', '/people?q=same&limit=3')).body;
    const second = (
      await send('GET', `/people?q=same&limit=3&after=${encodeURIComponent(String(first.next))}`)
    ).body;
    assert.deepEqual(
      [first, second].map(({ people }) => (people as Person[]).length),
      [3, 1],
    );
    assert.equal(second.next, null);
    const persona = ((await send('GET', '/people?persona=gp')).body.people as Person[])[0];
    assert.equal(persona?.uid, uids.gp);
    assert.deepEqual((await send('GET', `/people/${uid}`)).answer, foreign);
    assert.deepEqual((await send('GET', `/people/${uid}/userinfo`)).answer, foreign);
    assert.deepEqual((await send('GET', `/directory/activities/${uid}`)).answer, foreign);
    assert.deepEqual((await send('GET', `/people/${uid}/authenticators`)).answer, foreign);
    assert.deepEqual((await send('POST', `/people/${uid}/enrolments`, { kind: 'passkey' })).answer, foreign);
    assert.equal((await send('GET', `/people/${uids.gp}`)).status, 200);
  });

  test('finds by one search only people of its organisations and errors, and no journey, application or session', async () => {
    const { uid } = await stranger();
    const search = async (q: string) => {
      const { status, body } = await send('GET', `/search?q=${q}`);
      assert.equal(status, 200, q);
      return body.results as { kind: string; href: string }[];
    };
    assert.deepEqual(
      (await search(uids.gp)).map(({ kind, href }) => [kind, href]),
      [['person', `/people/${uids.gp}`]],
    );
    for (const q of [uid, 'Else', 'demo-combined', '/api/v1/people'])
      assert.deepEqual(
        (await search(q)).filter(({ href }) => href.includes(uid) || !/people|errors/.test(href)),
        [],
        q,
      );
    const kinds = new Set((await search('journey')).map(({ kind }) => kind));
    assert.deepEqual([...kinds], ['error']);
  });

  test('changes and removes only people, and of them only what belongs to its organisations', async () => {
    const { uid, roles: elsewhere } = await stranger();
    assert.deepEqual((await send('PATCH', `/people/${uid}`, { title: 'Dr' })).answer, foreign);
    assert.deepEqual((await send('DELETE', `/people/${uid}`)).answer, foreign);

    const { body: nurse } = await send('GET', '/people/nurse');
    const { roles } = nurse as unknown as Person;
    const own = roles.filter(({ orgCode }) => orgCode === practice);
    assert.ok(own.length > 0 && own.length < roles.length);
    const refused = [
      { roles: own },
      { roles: null },
      { roles: [...roles, ...elsewhere] },
      { roles: [...roles, null] },
      { organisations: [] },
      { otherClaims: { nhsid_nrbac_roles: [] } },
    ];
    for (const change of refused)
      assert.deepEqual(
        (await send('PATCH', '/people/nurse', change)).answer,
        foreign,
        JSON.stringify(change),
      );
    assert.deepEqual((await send('DELETE', '/people/nurse')).answer, foreign);
    const more = { ...gpRole, orgCode: practice };
    assert.equal((await send('PATCH', '/people/nurse', { roles: [...roles, more] })).status, 200);
  });

  test('changes only the revision that was checked, whatever If-Match says', async (t) => {
    t.after(() => {
      first = async () => undefined;
    });
    const at = (orgCode: string) => ({ ...gpRole, orgCode });
    for (const tag of ['*', ' * ', '"2"', undefined]) {
      const body = { givenName: 'Moves', familyName: 'Soon', roles: [at(practice)] };
      const { uid } = (await cis.call<Person>('/directory/people', { body, as: 'console' })).body;
      // The person moves after the check, before the change.
      first = async ({ method }) => {
        if (method !== 'PATCH') return undefined;
        first = async () => undefined;
        const moved = { roles: [at(practice), at('Y51')] };
        await cis.call(`/directory/people/${uid}`, { method: 'PATCH', body: moved, as: 'console' });
        return undefined;
      };
      const more: Record<string, string> = tag === undefined ? {} : { 'if-match': tag };
      const { answer } = await send('PATCH', `/people/${uid}`, { disabled: true }, more);
      assert.deepEqual(answer, [412, 'precondition_failed'], String(tag));
      first = async () => undefined;
      const { disabled } = (await send('GET', `/people/${uid}`)).body;
      assert.equal(disabled, false, String(tag));
    }
  });

  test('refuses what CIS did not let it check, and changes nothing', async (t) => {
    t.after(() => {
      first = async () => undefined;
    });
    first = async ({ method }) =>
      method === 'GET' ? jsonAnswer(429, { error: 'slow_down', error_description: 'Wait.' }) : undefined;
    for (const path of [`/people/${uids.gp}`, `/registration-authority/cards/1234`]) {
      const [method, body] = path.startsWith('/people') ? ['PATCH', { title: 'X' }] : ['GET'];
      const reply = await send(String(method), path, body as object | undefined);
      assert.deepEqual(reply.answer, [400, 'refused'], path);
    }
    first = async () => undefined;
    assert.notEqual((await send('GET', `/people/${uids.gp}`)).body.title, 'X');
  });

  test('adds people to its organisations only', async () => {
    const person = { givenName: 'New', familyName: 'Colleague' };
    const at = (orgCode: string) => ({ ...gpRole, orgCode });
    const refused = [
      person,
      { ...person, roles: [] },
      { ...person, roles: 'x' },
      { ...person, roles: [at('Y51')] },
      { ...person, roles: [at(practice), at('Y51')] },
      { ...person, roles: [at(practice)], otherClaims: { a: 1 } },
    ];
    for (const body of refused)
      assert.deepEqual((await send('POST', '/people', body)).answer, foreign, JSON.stringify(body));
    const added = await send('POST', '/people', { ...person, roles: [at(practice)] });
    assert.equal(added.status, 201);
    assert.equal((await send('DELETE', `/people/${added.body.uid}`)).status, 204);
  });

  test('orders and changes cards only of people of its organisations', async () => {
    const { uid } = await stranger();
    const order = { actor: 'admin', person: uid };
    assert.deepEqual((await send('POST', '/registration-authority/cards', order)).answer, foreign);
    const { body } = await cis.call<CardRecord>('/cards', {
      body: { actor: uids.admin, uid },
      as: 'console',
    });
    const card = `/registration-authority/cards/${body.serial}`;
    assert.match(body.serial ?? '', /\w/);
    assert.deepEqual((await send('GET', card)).answer, foreign);
    const acts = [
      ['revoke', { reason: 'superseded' }],
      ['replace', { reason: 'superseded' }],
      ['renew', {}],
      ['unblock', {}],
    ] as const;
    for (const [act, members] of acts)
      assert.deepEqual(
        (await send('POST', `${card}/${act}`, { actor: 'admin', ...members })).answer,
        foreign,
      );
    const { body: listed } = await send('GET', '/registration-authority/cards');
    assert.ok(!JSON.stringify(listed).includes(String(body.serial)));
    const own = await send('POST', '/registration-authority/cards', { actor: 'admin', person: 'gp' });
    assert.equal(own.status, 201, JSON.stringify(own.body));
    const listedOwn = (await send('GET', '/registration-authority/cards')).body;
    assert.ok(JSON.stringify(listedOwn).includes(String(own.body.serial)));
  });
});
