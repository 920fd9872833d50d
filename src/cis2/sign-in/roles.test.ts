import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, describe, test } from 'node:test';
import { decodeJwt } from '@alongside/kernel/jws';
import fc from 'fast-check';
import type { SessionState } from '../../cis/protocol.ts';
import type { Cis2Registration } from '../../oauth/applications.ts';
import { detailsOf, lastPart, searchRoles, settleRole } from '../model/roles.ts';
import { Browser, type Reply, send } from '../testing/browser.ts';
import { type Instance, startInstance } from '../testing/instance.ts';
import { forgetSession, redeem } from '../testing/journey.ts';
import { gp, gpRole, locum, nurse, nurseRole, starter } from '../testing/people.ts';

let cis2: Instance;
let nhs: Cis2Registration;
let standard: Cis2Registration;
let browser: Browser;
before(async () => {
  cis2 = await startInstance();
  nhs = await cis2.register();
  standard = await cis2.register({ profile: 'standard' });
});
after(() => cis2.stop());
beforeEach(() => {
  browser = new Browser();
});
afterEach(() => {
  for (const person of [gp, nurse, starter, locum]) cis2.cis.people.set(person.uid, person);
});

const selected = { scope: 'openid selectedrole' };
const changed = { scope: 'openid changedrole' };
const newer: Partial<SessionState> = { generation: 'internet' };

const ask = (client: Cis2Registration, parameters: Record<string, string>): Promise<Reply> =>
  browser.get(cis2.authorizeUrl(client, parameters));
const isRolePage = ({ location }: Reply): boolean => /\/interaction\/[^/]+\/role$/.test(location);
const errorOf = ({ location }: Reply): string | null => new URL(location).searchParams.get('error');
const offered = (body: string): string[] =>
  [...body.matchAll(/name="role" value="(\d+)"/g)].map(([, roleId]) => roleId ?? '');

/** The answer to a POST is a page that leads on, for a form may not lead to another origin by redirect. */
const choose = async (page: Reply, roleId: string): Promise<Reply> => {
  const reply = await browser.post(page.location, { role: roleId });
  assert.equal(reply.status, 200);
  const url = /http-equiv="refresh" content="0;url=([^"]+)"/.exec(reply.body)?.[1] ?? '';
  return { ...reply, location: url.replaceAll('&amp;', '&') };
};

const roleOf = async (back: Reply, client = nhs): Promise<{ token: unknown; userinfo: unknown }> => {
  const { id_token, access_token } = await redeem(cis2, client, back);
  const { body } = await send('GET', `${cis2.issuer}/userinfo`, { authorization: `Bearer ${access_token}` });
  return { token: decodeJwt(id_token)?.claims.selected_roleid, userinfo: JSON.parse(body).selected_roleid };
};
const both = (roleId: string | undefined) => ({ token: roleId, userinfo: roleId });

describe('selectedrole', () => {
  test('no role: on without one', async () => {
    await cis2.agent.signIn(starter.uid);
    assert.deepEqual(await roleOf(await cis2.signIn(browser, nhs, selected)), both(undefined));
  });
  test('one role: that one, no page', async () => {
    await cis2.agent.signIn(gp.uid, newer);
    assert.deepEqual(await roleOf(await cis2.signIn(browser, nhs, selected)), both(gpRole.roleId));
    assert.deepEqual(await roleOf(await ask(standard, selected), standard), both(gpRole.roleId));
  });
  test('two roles: the page, then the chosen one in ID token and userinfo', async () => {
    await cis2.agent.signIn(nurse.uid, newer);
    const page = await cis2.signIn(browser, nhs, selected);
    assert.ok(isRolePage(page));
    const { body, status } = await browser.get(page.location);
    assert.equal(status, 200);
    assert.deepEqual(offered(body), [gpRole.roleId, nurseRole.roleId]);
    assert.ok(!body.includes('type="search"'));
    assert.match(body, /Nurse Access Role<br><span class="hint">Example Surgery \(A9A5A\)/);
    assert.match(body, />Phlebotomy, CAR-384</);
    assert.deepEqual(await roleOf(await choose(page, nurseRole.roleId)), both(nurseRole.roleId));
  });
  test('is remembered in the session, for other clients too, and told without the scope', async () => {
    await cis2.agent.signIn(nurse.uid, newer);
    await choose(await cis2.signIn(browser, nhs, selected), nurseRole.roleId);
    assert.deepEqual(await roleOf(await ask(standard, selected), standard), both(nurseRole.roleId));
    const { token } = await roleOf(await ask(nhs, { scope: 'openid', prompt: 'none' }));
    assert.equal(token, nurseRole.roleId);
    const again = await ask(nhs, { ...selected, prompt: 'login' });
    const back = await browser.get(await cis2.agent.answer(again.location, { pin: true }));
    assert.deepEqual(await roleOf(back), both(nurseRole.roleId));
  });
  test('the role of the agent holds: no page', async () => {
    await cis2.agent.signIn(nurse.uid, { roleId: nurseRole.roleId });
    assert.deepEqual(await roleOf(await cis2.signIn(browser, nhs, selected)), both(nurseRole.roleId));
  });
  test('in a live session without a role: the page without a sign-in', async () => {
    await cis2.agent.signIn(nurse.uid, newer);
    await cis2.signIn(browser, nhs, { scope: 'openid' });
    const page = await ask(standard, selected);
    assert.ok(isRolePage(page));
    assert.deepEqual(await roleOf(await choose(page, gpRole.roleId), standard), both(gpRole.roleId));
  });
  test('with a session of CIS that is another one the agent’s role counts again', async () => {
    await cis2.agent.signIn(nurse.uid, { roleId: gpRole.roleId });
    await choose(await cis2.signIn(browser, nhs, changed), nurseRole.roleId);
    await cis2.agent.signIn(nurse.uid, { roleId: gpRole.roleId });
    assert.deepEqual(await roleOf(await cis2.signIn(browser, nhs, selected)), both(gpRole.roleId));
  });
});

describe('changedrole', () => {
  for (const generation of ['hscn', 'internet'] as const)
    test(`shows the page in the generation ${generation}, and changes the session at CIS2 alone`, async () => {
      const sid = await cis2.agent.signIn(nurse.uid, { generation, roleId: gpRole.roleId });
      const first = await redeem(cis2, nhs, await cis2.signIn(browser, nhs, selected));
      const page = await ask(nhs, changed);
      assert.ok(isRolePage(page));
      const { body } = await browser.get(page.location);
      assert.match(body, new RegExp(`value="${gpRole.roleId}"[^>]*checked`));
      const back = await choose(page, nurseRole.roleId);
      const { id_token } = await redeem(cis2, nhs, back);
      const { selected_roleid, sid: after } = decodeJwt(id_token)?.claims ?? {};
      assert.deepEqual([selected_roleid, after], [nurseRole.roleId, decodeJwt(first.id_token)?.claims.sid]);
      assert.equal(cis2.cis.sessions.get(sid)?.roleId, gpRole.roleId);
      assert.ok(!cis2.cis.calls.some((call) => call.includes('/role')));
      assert.deepEqual(await roleOf(await ask(standard, selected), standard), both(nurseRole.roleId));
      const next = await browser.get(cis2.authorizeUrl(nhs, { ...selected, prompt: 'login' }));
      const renewed = await browser.get(await cis2.agent.answer(next.location, { pin: true }));
      assert.deepEqual(await roleOf(renewed), both(nurseRole.roleId));
    });
  test('after a sign-in in the same request', async () => {
    await cis2.agent.signIn(nurse.uid, { roleId: gpRole.roleId });
    const page = await cis2.signIn(browser, nhs, changed);
    assert.deepEqual(await roleOf(await choose(page, nurseRole.roleId)), both(nurseRole.roleId));
  });
  test('with one role there is nothing to choose', async () => {
    await cis2.agent.signIn(gp.uid);
    assert.deepEqual(await roleOf(await cis2.signIn(browser, nhs, changed)), both(gpRole.roleId));
  });
});

describe('prompt=none', () => {
  test('in a session that needs the page: interaction_required, with state and iss', async () => {
    await cis2.agent.signIn(nurse.uid, newer);
    await cis2.signIn(browser, nhs, { scope: 'openid' });
    const reply = await ask(nhs, { ...selected, prompt: 'none' });
    const { error, state, iss } = Object.fromEntries(new URL(reply.location).searchParams);
    assert.deepEqual([error, state, iss], ['interaction_required', 'state-1', cis2.issuer]);
    assert.equal(errorOf(await ask(nhs, { ...changed, prompt: 'none' })), 'interaction_required');
  });
  test('through the agent', async () => {
    await cis2.agent.signIn(nurse.uid, newer);
    await cis2.signIn(browser, nhs);
    forgetSession(browser);
    const reply = await cis2.signIn(browser, nhs, { ...selected, prompt: 'none' });
    assert.equal(errorOf(reply), 'interaction_required');
  });
  test('a choice that holds is no question', async () => {
    await cis2.agent.signIn(nurse.uid, newer);
    await choose(await cis2.signIn(browser, nhs, selected), gpRole.roleId);
    assert.deepEqual(await roleOf(await ask(nhs, { ...selected, prompt: 'none' })), both(gpRole.roleId));
  });
});

describe('a role that is withdrawn during the session', () => {
  test('is dropped, and asked for anew', async () => {
    await cis2.agent.signIn(locum.uid, newer);
    const [first, ...others] = locum.roles;
    await choose(await cis2.signIn(browser, nhs, selected), first?.roleId ?? '');
    cis2.cis.people.set(locum.uid, { ...locum, roles: others });
    assert.equal((await roleOf(await ask(nhs, { scope: 'openid' }))).token, undefined);
    // It stays dropped, also when it is given back.
    cis2.cis.people.set(locum.uid, locum);
    const page = await ask(nhs, selected);
    assert.ok(isRolePage(page));
    cis2.cis.people.set(locum.uid, { ...locum, roles: others });
    const { body, status } = await browser.post(page.location, { role: first?.roleId ?? '' });
    assert.equal(status, 400);
    assert.match(body, /Choose the role you are working in/);
  });
  test('the only one that is left is taken', async () => {
    await cis2.agent.signIn(nurse.uid, { roleId: nurseRole.roleId });
    await cis2.signIn(browser, nhs, selected);
    cis2.cis.people.set(nurse.uid, { ...nurse, roles: [gpRole] });
    assert.deepEqual(await roleOf(await ask(nhs, selected)), both(gpRole.roleId));
  });
  test('the last one: on without', async () => {
    await cis2.agent.signIn(gp.uid);
    await cis2.signIn(browser, nhs, selected);
    cis2.cis.people.set(gp.uid, { ...gp, roles: [] });
    assert.deepEqual(await roleOf(await ask(nhs, selected)), both(undefined));
  });
  test('the agent’s: the page is shown in place of it', async () => {
    await cis2.agent.signIn(nurse.uid, { roleId: '999999999999' });
    assert.ok(isRolePage(await cis2.signIn(browser, nhs, selected)));
  });
  test('while the page is open, so that one is left: that one', async () => {
    await cis2.agent.signIn(nurse.uid, newer);
    const page = await cis2.signIn(browser, nhs, selected);
    cis2.cis.people.set(nurse.uid, { ...nurse, roles: [nurseRole] });
    assert.match((await browser.get(page.location)).location, /\/resume$/);
    assert.deepEqual(await roleOf(await choose(page, gpRole.roleId)), both(nurseRole.roleId));
  });
  test('a disabled person does not go on silently', async () => {
    await cis2.agent.signIn(nurse.uid, { roleId: nurseRole.roleId });
    await cis2.signIn(browser, nhs);
    cis2.cis.people.set(nurse.uid, { ...nurse, disabled: true });
    assert.equal(errorOf(await cis2.signIn(browser, nhs)), 'access_denied');
  });
});

describe('the page', () => {
  const open = async (uid: string): Promise<Reply> => {
    await cis2.agent.signIn(uid, newer);
    return cis2.signIn(browser, nhs, selected);
  };
  test('more than five roles: a search by GET', async () => {
    const page = await open(locum.uid);
    const all = await browser.get(page.location);
    assert.equal(offered(all.body).length, 8);
    assert.match(all.body, /<form method="get" [^>]*role="search">/);
    assert.ok(all.body.includes('Example Hospital &lt;North &amp; South&gt; (RBA)'));
    const some = await browser.get(`${page.location}?search=north+NURSE`);
    assert.deepEqual(offered(some.body), ['656005000005']);
    assert.match(some.body, /role="status">1 of 8 roles/);
    const none = await browser.get(`${page.location}?search=%3Cscript%3E`);
    assert.deepEqual(offered(none.body), []);
    assert.match(none.body, /None of your roles/);
    assert.ok(!none.body.includes('<script>'));
    assert.ok(!/<button>Continue/.test(none.body));
    assert.deepEqual(await roleOf(await choose(page, '656005000005')), both('656005000005'));
  });
  test('another’s role, no role, two roles: the page again', async () => {
    const page = await open(nurse.uid);
    for (const values of [{ role: '656005000001' }, { role: '' }, {}] as Record<string, string>[]) {
      const { status, body } = await browser.post(page.location, values);
      assert.equal(status, 400);
      assert.match(body, /role="alert"/);
    }
    assert.deepEqual(await roleOf(await choose(page, gpRole.roleId)), both(gpRole.roleId));
  });
  test('cancel goes back to the client', async () => {
    const { status, body } = await browser.post((await open(nurse.uid)).location, { cancel: '1' });
    assert.equal(status, 200);
    assert.match(body, /url=[^"]*error=access_denied/);
  });
  test('is for the browser that began, and for one answer', async () => {
    const page = await open(nurse.uid);
    assert.equal((await new Browser().get(page.location)).status, 400);
    assert.equal((await new Browser().post(page.location, { role: gpRole.roleId })).status, 400);
    const replies = await Promise.all(
      Array.from({ length: 5 }, () => browser.post(page.location, { role: gpRole.roleId })),
    );
    assert.equal(replies.filter(({ status, body }) => status === 200 && body.includes('code=')).length, 1);
  });
  test('before anybody has signed in it is not there', async () => {
    const choice = await ask(nhs, { ...selected, prompt: 'select_account' });
    const reply = await browser.get(`${choice.location}/role`);
    assert.equal(reply.location, choice.location);
    assert.equal((await browser.post(`${choice.location}/role`, { role: gpRole.roleId })).status, 303);
  });
  test('a session that ended meanwhile counts no more', async () => {
    const sid = await cis2.agent.signIn(nurse.uid, newer);
    await cis2.signIn(browser, nhs, { scope: 'openid' });
    const page = await ask(nhs, selected);
    const told = { sessionId: sid, agentId: cis2.agent.id, uid: nurse.uid, cause: 'administrator' } as const;
    await cis2.sessionEnded({ ...told, generation: 'internet' });
    const reply = await browser.post(page.location, { role: gpRole.roleId });
    assert.equal(reply.location, page.location.replace(/\/role$/, ''));
  });
  test('a sign-in whose session at CIS ended meanwhile makes none here', async () => {
    const sid = await cis2.agent.signIn(nurse.uid, newer);
    const page = await cis2.signIn(browser, nhs, selected);
    const told = { sessionId: sid, agentId: cis2.agent.id, uid: nurse.uid, cause: 'administrator' } as const;
    await cis2.sessionEnded({ ...told, generation: 'internet' });
    assert.equal((await browser.post(page.location, { role: gpRole.roleId })).status, 403);
  });
  test('comes after the word of the person, and cannot take its place', async () => {
    await cis2.agent.signIn(nurse.uid, newer);
    const confirm = await cis2.signIn(browser, standard, { ...selected, prompt: 'consent' });
    assert.match(confirm.location, /\/confirm$/);
    const role = confirm.location.replace('/confirm', '/role');
    const early = await browser.post(role, { role: gpRole.roleId });
    assert.equal(early.location, confirm.location);
    const page = await browser.post(confirm.location, { answer: 'yes' });
    assert.equal(page.location, role);
    assert.deepEqual(await roleOf(await choose(page, gpRole.roleId), standard), both(gpRole.roleId));
  });
  test('the choice is one arrow of the journey', async () => {
    await cis2.agent.signIn(nurse.uid, newer);
    const own = { ...selected, state: 'state-of-this-journey' };
    await choose(await cis2.signIn(browser, nhs, own), gpRole.roleId);
    const events = await cis2.events.list({});
    const role = events.filter(({ name }) => name === 'cis2.role').at(-1);
    const code = events.filter(({ name }) => name === 'cis2.code').at(-1);
    assert.deepEqual([role?.detail, role?.journey], [{ roles: 2 }, code?.journey]);
  });
});

describe('words and search', () => {
  test('the last quoted part of a name', () => {
    assert.equal(lastPart('"Admin & Clerical":"Management - A & C":"Manager"'), 'Manager');
    assert.equal(lastPart('Manager'), 'Manager');
    assert.equal(lastPart('"a":""'), '');
    assert.equal(detailsOf(gpRole), '');
  });
  test('an empty search finds all, any search a part of them, in their order', () => {
    assert.deepEqual(searchRoles(locum.roles, '  '), locum.roles);
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (search) => {
        const found = searchRoles(locum.roles, search);
        assert.deepEqual(
          found,
          locum.roles.filter((role) => found.includes(role)),
        );
        // What holds for more words holds for fewer.
        const fewer = search.trim().split(/\s+/).slice(1).join(' ');
        if (search.length <= 100)
          for (const role of found) assert.ok(searchRoles(locum.roles, fewer).includes(role));
      }),
    );
  });
  test('every settled role is one of the person’s', () => {
    const ids = fc.option(fc.constantFrom(...locum.roles.map(({ roleId }) => roleId), '1'));
    const scopes = fc.subarray(['openid', 'selectedrole', 'changedrole']);
    fc.assert(
      fc.property(fc.subarray([...locum.roles]), scopes, fc.array(ids), (roles, scope, held) => {
        const { roleId, asks } = settleRole({ ...locum, roles }, scope, held);
        assert.ok(roleId === null || roles.some((role) => role.roleId === roleId));
        assert.ok(!asks || (roles.length > 1 && scope.some((value) => value.endsWith('role'))));
      }),
    );
  });
});
