import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { sql } from '../../../storage/database.ts';
import { apiCalls } from '../../service/registry.ts';
import { startConsole, type TestConsole } from '../../testing/console.ts';
import { consolePages } from '../../web/pages/registry.ts';
import type { ConsoleContext } from '../dependencies.ts';
import { errors } from '../errors.ts';
import { Administrators, newAdministrator } from './administrators.ts';
import { type Role, roles, rolesOf } from './roles.ts';
import { AdministratorSessions } from './sessions.ts';

// The calls are only listed.
const calls = apiCalls({ urls: {}, development: false } as ConsoleContext);
const pages = consolePages.filter(({ only }) => only !== 'development');

/** Streams without an end. */
const endless: readonly string[] = ['/changes'];

describe('roles of administrators', () => {
  let console_: TestConsole;
  let administrators: Administrators;
  const cookies = new Map<Role, string>();
  const ids = new Map<Role, string>();
  before(async () => {
    console_ = await startConsole({ development: false });
    administrators = new Administrators(console_.database, console_.clock);
    for (const role of roles) {
      const organisations = role === 'registration-authority' ? ['A9A5A'] : [];
      const administrator = newAdministrator({ name: `Has ${role}`, role, organisations });
      const sessions = new AdministratorSessions(console_.database, console_.clock, console_.urls.console);
      const { statements, cookie } = sessions.begin(administrator);
      const key = { id: `key-of-${role}`, publicKey: 'a2V5', counter: 0 };
      assert.ok(
        await administrators.join(await administrators.invite(administrator), administrator, key, statements),
      );
      cookies.set(role, cookie.split(';')[0] ?? '');
      ids.set(role, administrator.id);
    }
  });
  after(() => console_.close());

  const send = (role: Role, method: string, path: string, json?: unknown) =>
    console_.send(path, {
      method,
      ...(json === undefined ? {} : { json }),
      headers: {
        host: 'console.test',
        cookie: cookies.get(role) ?? '',
        ...(json === undefined ? {} : { 'content-type': 'application/json' }),
      },
    });
  const filled = (path: string) => path.replaceAll(/:\w+/g, 'x');

  for (const { method, path, roles: named } of calls)
    test(`names the roles of ${method} ${path}`, () => {
      assert.ok(named, 'State its "roles" in defineCall: [] admits administrators only.');
    });

  for (const { path, roles: named } of pages)
    test(`names the roles of the page ${path}`, () => {
      assert.ok(named, 'State its "roles" in definePage: [] admits administrators only.');
    });

  for (const role of roles) {
    test(`admits ${role} to its calls only`, async () => {
      for (const { method, path, roles: named } of calls) {
        const isAdmitted = rolesOf(named).includes(role);
        if (isAdmitted && endless.includes(path)) continue;
        const { status, body } = await send(role, method, `/api/v1${filled(path)}`);
        const isRefused = status === 403 && body.error === 'role_forbidden';
        assert.equal(isRefused, !isAdmitted, `${method} ${path} answered ${status} ${String(body.error)}`);
      }
    });

    test(`shows ${role} its pages only, and links to no other`, async () => {
      const home = (await send(role, 'GET', '/')).text;
      for (const { path, navigation, roles: named } of pages) {
        const isAdmitted = rolesOf(named).includes(role);
        const { status, text } = await send(role, 'GET', filled(path));
        assert.equal(status === 403, !isAdmitted, `${path} answered ${status}`);
        if (!isAdmitted) assert.match(text, /Your role in the console does not allow this/);
        if (navigation) assert.equal(home.includes(`<li><a href="${path}"`), isAdmitted, path);
      }
    });
  }

  test('shows read a refusal without its values, which may name a person', async () => {
    const facts = { headline: 'The person does not have this role', received: '555', expected: '556' };
    const { id: error, redirect: _, ...entry } = errors.refusalUnknown.entry;
    const record = { ...entry, messageId: 'shown-id', service: 'gateway', error, detail: 'of 656' };
    console_.refusals.record({ ...record, method: 'GET', path: '/x', facts }, '192.0.2.1');
    const shown = async (role: Role) => {
      const { body } = await send(role, 'GET', '/api/v1/refusals/shown-id');
      return [body.detail, body.facts];
    };
    assert.deepEqual(await shown('support'), ['of 656', facts]);
    assert.deepEqual(await shown('read'), ['', { headline: facts.headline }]);
  });

  test('leads read from a cause of refusals to the error, and others to the journeys, which read cannot search', async () => {
    await console_.database.run(
      sql(
        "INSERT INTO message (id, journey, at, size, refusal) VALUES ('m', 'j', ?, 0, ' console.refusalunknown x 404 ')",
        console_.clock.now(),
      ),
    );
    const linked = async (role: Role) =>
      /<a href="([^"]*)"><bdi>[^<]*<\/bdi><span[^>]*>[^<]*<\/span><\/a><br><code[^>]*><bdi>console\.refusalUnknown/.exec(
        (await send(role, 'GET', '/')).text,
      )?.[1];
    assert.equal(await linked('read'), '/errors/console.refusalUnknown');
    assert.equal(await linked('support'), '/journeys?q=console.refusalUnknown&amp;period=day');
    assert.equal(await linked('registration-authority'), undefined);
  });

  describe('a change of roles', () => {
    const change = (id: string | undefined, grant: object) =>
      send('administrator', 'PUT', `/api/v1/administrators/${id}/role`, grant);

    test('applies from the next request on, and is audited', async () => {
      assert.equal((await send('read', 'GET', '/api/v1/sessions')).status, 403);
      const changed = await change(ids.get('read'), { role: 'support' });
      assert.deepEqual([changed.status, changed.body.role], [200, 'support']);
      assert.notEqual((await send('read', 'GET', '/api/v1/sessions')).status, 403);
      const record = (await console_.audit.list()).findLast(
        ({ action }) => action === 'administrator.role-changed',
      );
      assert.deepEqual(
        [record?.target, record?.detail.role, record?.actor.startsWith('Has administrator')],
        [ids.get('read'), 'support', true],
      );
      assert.equal((await change(ids.get('read'), { role: 'read' })).status, 200);
    });

    test('is refused for the own role and for the last administrator', async () => {
      const own = ids.get('administrator');
      const answers = [
        await change(own, { role: 'read' }),
        await send('administrator', 'DELETE', `/api/v1/administrators/${own}`),
      ];
      assert.deepEqual(
        answers.map(({ body }) => body.error),
        ['own_role', 'own_role'],
      );
      assert.equal(await administrators.changeRole(String(own), { role: 'read', organisations: [] }), 'last');
      assert.equal(await administrators.remove(String(own)), 'last');
    });

    test('leaves one of two administrators that demote each other at once', async () => {
      const other = newAdministrator({ name: 'Other', role: 'administrator', organisations: [] });
      const key = { id: 'key-of-other', publicKey: 'a2V5', counter: 0 };
      await administrators.join(await administrators.invite(other), other, key, []);
      const grant = { role: 'read', organisations: [] } as const;
      const own = String(ids.get('administrator'));
      const results = await Promise.all([
        administrators.changeRole(own, grant),
        administrators.changeRole(other.id, grant),
      ]);
      assert.deepEqual(results.sort(), ['done', 'last']);
      await administrators.changeRole(own, { role: 'administrator', organisations: [] });
      await administrators.remove(other.id);
    });

    test('needs organisations for a registration authority, and for no other role', async () => {
      const invalid = [{ role: 'registration-authority' }, { role: 'read', organisations: ['A9A5A'] }];
      for (const grant of invalid) {
        const { status, body } = await change(ids.get('read'), grant);
        assert.deepEqual([status, body.field], [400, 'organisations'], JSON.stringify(grant));
      }
      const unknown = await change(ids.get('read'), { role: 'root' });
      assert.deepEqual([unknown.status, unknown.body.field], [400, 'role']);
      assert.equal((await change('nobody', { role: 'read' })).status, 404);
    });

    test('needs a passkey that was used within five minutes, like a rotation of keys', async () => {
      console_.base.advance(301);
      const invitation = { name: 'Late', role: 'read' };
      const answers = [
        await change(ids.get('read'), { role: 'support' }),
        await send('administrator', 'POST', '/api/v1/administrators/invitations', invitation),
        await send('administrator', 'DELETE', `/api/v1/administrators/${ids.get('read')}`),
        await send('administrator', 'POST', '/api/v1/keys/cis2/rotate', { now: true }),
        await send('administrator', 'POST', '/api/v1/audit/1/subject', {}),
      ];
      for (const { status, body } of answers)
        assert.deepEqual([status, body.error, body.confirm], [403, 'passkey_needed', '/confirm']);
      const page = (await send('administrator', 'GET', '/administrators')).text;
      assert.match(page, /<a href="\/confirm\?next=\/administrators">confirm with your passkey<\/a>/);
    });
  });
});
