import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, describe, test } from 'node:test';
import { decodeJwt } from '@alongside/kernel/jws';
import fc from 'fast-check';
import { jobNameOf, type SessionState } from '../../cis/protocol.ts';
import type { Cis2Registration } from '../../oauth/applications.ts';
import { detailsOf, searchRoles, settleRole } from '../model/roles.ts';
import { Browser, type Reply, send } from '../testing/browser.ts';
import { codeOf, type Instance, secret, startInstance } from '../testing/instance.ts';
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

/** The response to a POST is a page that redirects, because a form may not redirect to another origin. */
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
  test('continues without a role for a user without roles', async () => {
    await cis2.agent.signIn(starter.uid);
    assert.deepEqual(await roleOf(await cis2.signIn(browser, nhs, selected)), both(undefined));
  });
  test('selects the only role without a page', async () => {
    await cis2.agent.signIn(gp.uid, newer);
    assert.deepEqual(await roleOf(await cis2.signIn(browser, nhs, selected)), both(gpRole.roleId));
    assert.deepEqual(await roleOf(await ask(standard, selected), standard), both(gpRole.roleId));
  });
  test('asks between two roles and returns the chosen one in ID token and userinfo', async () => {
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
  test('keeps the role in the session for all clients and returns it without the scope', async () => {
    await cis2.agent.signIn(nurse.uid, newer);
    await choose(await cis2.signIn(browser, nhs, selected), nurseRole.roleId);
    assert.deepEqual(await roleOf(await ask(standard, selected), standard), both(nurseRole.roleId));
    const { token } = await roleOf(await ask(nhs, { scope: 'openid', prompt: 'none' }));
    assert.equal(token, nurseRole.roleId);
    const again = await ask(nhs, { ...selected, prompt: 'login' });
    const back = await browser.get(await cis2.agent.answer(again.location, { pin: true }));
    assert.deepEqual(await roleOf(back), both(nurseRole.roleId));
  });
  test('uses the role of the agent without a page', async () => {
    await cis2.agent.signIn(nurse.uid, { roleId: nurseRole.roleId });
    assert.deepEqual(await roleOf(await cis2.signIn(browser, nhs, selected)), both(nurseRole.roleId));
  });
  test('asks in a live session without a new sign-in', async () => {
    await cis2.agent.signIn(nurse.uid, newer);
    await cis2.signIn(browser, nhs, { scope: 'openid' });
    const page = await ask(standard, selected);
    assert.ok(isRolePage(page));
    assert.deepEqual(await roleOf(await choose(page, gpRole.roleId), standard), both(gpRole.roleId));
  });
  test('uses the role of the agent again after a new CIS session', async () => {
    await cis2.agent.signIn(nurse.uid, { roleId: gpRole.roleId });
    await choose(await cis2.signIn(browser, nhs, changed), nurseRole.roleId);
    await cis2.agent.signIn(nurse.uid, { roleId: gpRole.roleId });
    assert.deepEqual(await roleOf(await cis2.signIn(browser, nhs, selected)), both(gpRole.roleId));
  });
});

test('a role that is withdrawn, or a user who is disabled, between code and tokens gets into none', async () => {
  await cis2.agent.signIn(nurse.uid, { roleId: nurseRole.roleId });
  const back = await cis2.signIn(browser, nhs, selected);
  cis2.cis.people.set(nurse.uid, { ...nurse, roles: nurse.roles.filter((role) => role !== nurseRole) });
  assert.deepEqual(await roleOf(back), both(undefined));
  cis2.cis.people.set(nurse.uid, nurse);
  const another = codeOf(await ask(standard, { scope: 'openid' }));
  cis2.cis.people.set(nurse.uid, { ...nurse, disabled: true });
  const form = new URLSearchParams({
    grant_type: 'authorization_code',
    code: another,
    client_id: standard.clientId,
    client_secret: secret,
    redirect_uri: standard.redirectUris[0] ?? '',
  });
  const type = { 'content-type': 'application/x-www-form-urlencoded' };
  const { status, body } = await send('POST', `${cis2.issuer}/access_token`, type, String(form));
  assert.deepEqual([status, JSON.parse(body).error], [400, 'invalid_grant']);
});

describe('changedrole', () => {
  for (const generation of ['hscn', 'internet'] as const)
    test(`shows the page and changes only the session at CIS2 in the generation ${generation}`, async () => {
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
  test('asks after a sign-in in the same request', async () => {
    await cis2.agent.signIn(nurse.uid, { roleId: gpRole.roleId });
    const page = await cis2.signIn(browser, nhs, changed);
    assert.deepEqual(await roleOf(await choose(page, nurseRole.roleId)), both(nurseRole.roleId));
  });
  test('shows no page with one role', async () => {
    await cis2.agent.signIn(gp.uid);
    assert.deepEqual(await roleOf(await cis2.signIn(browser, nhs, changed)), both(gpRole.roleId));
  });
});

describe('prompt=none', () => {
  test('fails with interaction_required, state and iss if the page is needed', async () => {
    await cis2.agent.signIn(nurse.uid, newer);
    await cis2.signIn(browser, nhs, { scope: 'openid' });
    const reply = await ask(nhs, { ...selected, prompt: 'none' });
    const { error, state, iss } = Object.fromEntries(new URL(reply.location).searchParams);
    assert.deepEqual([error, state, iss], ['interaction_required', 'state-1', cis2.issuer]);
    assert.equal(errorOf(await ask(nhs, { ...changed, prompt: 'none' })), 'interaction_required');
  });
  test('fails with interaction_required through the agent', async () => {
    await cis2.agent.signIn(nurse.uid, newer);
    await cis2.signIn(browser, nhs);
    forgetSession(browser);
    const reply = await cis2.signIn(browser, nhs, { ...selected, prompt: 'none' });
    assert.equal(errorOf(reply), 'interaction_required');
  });
  test('succeeds with a valid role', async () => {
    await cis2.agent.signIn(nurse.uid, newer);
    await choose(await cis2.signIn(browser, nhs, selected), gpRole.roleId);
    assert.deepEqual(await roleOf(await ask(nhs, { ...selected, prompt: 'none' })), both(gpRole.roleId));
  });
});

describe('a role that is withdrawn during the session', () => {
  test('is dropped and asked for again', async () => {
    await cis2.agent.signIn(locum.uid, newer);
    const [first, ...others] = locum.roles;
    await choose(await cis2.signIn(browser, nhs, selected), first?.roleId ?? '');
    cis2.cis.people.set(locum.uid, { ...locum, roles: others });
    assert.equal((await roleOf(await ask(nhs, { scope: 'openid' }))).token, undefined);
    // It stays dropped after the role is granted again.
    cis2.cis.people.set(locum.uid, locum);
    const page = await ask(nhs, selected);
    assert.ok(isRolePage(page));
    cis2.cis.people.set(locum.uid, { ...locum, roles: others });
    const { body, status } = await browser.post(page.location, { role: first?.roleId ?? '' });
    assert.equal(status, 400);
    assert.match(body, /Choose the role you are working in/);
  });
  test('is replaced by the only other role', async () => {
    await cis2.agent.signIn(nurse.uid, { roleId: nurseRole.roleId });
    await cis2.signIn(browser, nhs, selected);
    cis2.cis.people.set(nurse.uid, { ...nurse, roles: [gpRole] });
    assert.deepEqual(await roleOf(await ask(nhs, selected)), both(gpRole.roleId));
  });
  test('leaves the session without a role if it was the only one', async () => {
    await cis2.agent.signIn(gp.uid);
    await cis2.signIn(browser, nhs, selected);
    cis2.cis.people.set(gp.uid, { ...gp, roles: [] });
    assert.deepEqual(await roleOf(await ask(nhs, selected)), both(undefined));
  });
  test('leads to the page if it was the role of the agent', async () => {
    await cis2.agent.signIn(nurse.uid, { roleId: '999999999999' });
    assert.ok(isRolePage(await cis2.signIn(browser, nhs, selected)));
  });
  test('is replaced while the page is open by the only other role', async () => {
    await cis2.agent.signIn(nurse.uid, newer);
    const page = await cis2.signIn(browser, nhs, selected);
    cis2.cis.people.set(nurse.uid, { ...nurse, roles: [nurseRole] });
    assert.match((await browser.get(page.location)).location, /\/resume$/);
    assert.deepEqual(await roleOf(await choose(page, gpRole.roleId)), both(nurseRole.roleId));
  });
  test('ends the silent sign-in of a disabled person', async () => {
    await cis2.agent.signIn(nurse.uid, { roleId: nurseRole.roleId });
    await cis2.signIn(browser, nhs);
    cis2.cis.people.set(nurse.uid, { ...nurse, disabled: true });
    assert.equal(errorOf(await cis2.signIn(browser, nhs)), 'access_denied');
  });
});

describe('role page', () => {
  const open = async (uid: string): Promise<Reply> => {
    await cis2.agent.signIn(uid, newer);
    return cis2.signIn(browser, nhs, selected);
  };
  test('has a search by GET with more than five roles', async () => {
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
  test('is shown again for a role of another person, no role or two roles', async () => {
    const page = await open(nurse.uid);
    for (const values of [{ role: '656005000001' }, { role: '' }, {}] as Record<string, string>[]) {
      const { status, body } = await browser.post(page.location, values);
      assert.equal(status, 400);
      assert.match(body, /role="alert"/);
    }
    assert.deepEqual(await roleOf(await choose(page, gpRole.roleId)), both(gpRole.roleId));
  });
  test('returns to the client after cancel', async () => {
    const { status, body } = await browser.post((await open(nurse.uid)).location, { cancel: '1' });
    assert.equal(status, 200);
    assert.match(body, /url=[^"]*error=access_denied/);
  });
  test('accepts one answer, from the browser that began', async () => {
    const page = await open(nurse.uid);
    assert.equal((await new Browser().get(page.location)).status, 400);
    assert.equal((await new Browser().post(page.location, { role: gpRole.roleId })).status, 400);
    const replies = await Promise.all(
      Array.from({ length: 5 }, () => browser.post(page.location, { role: gpRole.roleId })),
    );
    assert.equal(replies.filter(({ status, body }) => status === 200 && body.includes('code=')).length, 1);
  });
  test('does not exist before a sign-in', async () => {
    const choice = await ask(nhs, { ...selected, prompt: 'select_account' });
    const reply = await browser.get(`${choice.location}/role`);
    assert.equal(reply.location, choice.location);
    assert.equal((await browser.post(`${choice.location}/role`, { role: gpRole.roleId })).status, 303);
  });
  test('rejects a session that has ended', async () => {
    const sid = await cis2.agent.signIn(nurse.uid, newer);
    await cis2.signIn(browser, nhs, { scope: 'openid' });
    const page = await ask(nhs, selected);
    const told = { sessionId: sid, agentId: cis2.agent.id, uid: nurse.uid, cause: 'administrator' } as const;
    await cis2.sessionEnded({ ...told, generation: 'internet' });
    const reply = await browser.post(page.location, { role: gpRole.roleId });
    assert.equal(reply.location, page.location.replace(/\/role$/, ''));
  });
  test('creates no session after the CIS session has ended', async () => {
    const sid = await cis2.agent.signIn(nurse.uid, newer);
    const page = await cis2.signIn(browser, nhs, selected);
    const told = { sessionId: sid, agentId: cis2.agent.id, uid: nurse.uid, cause: 'administrator' } as const;
    await cis2.sessionEnded({ ...told, generation: 'internet' });
    assert.equal((await browser.post(page.location, { role: gpRole.roleId })).status, 403);
  });
  test('follows the confirmation of the user and does not replace it', async () => {
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
  test('records the choice as one event', async () => {
    await cis2.agent.signIn(nurse.uid, newer);
    const own = { ...selected, state: 'state-of-this-journey' };
    await choose(await cis2.signIn(browser, nhs, own), gpRole.roleId);
    const events = await cis2.events.list({});
    const role = events.filter(({ name }) => name === 'cis2.role').at(-1);
    const code = events.filter(({ name }) => name === 'cis2.code').at(-1);
    assert.deepEqual([role?.detail, role?.journey], [{ roles: 2 }, code?.journey]);
  });
});

describe('search of roles', () => {
  test('uses the last quoted part of a name', () => {
    assert.equal(jobNameOf('"Admin & Clerical":"Management - A & C":"Manager"'), 'Manager');
    assert.equal(jobNameOf('Manager'), 'Manager');
    assert.equal(jobNameOf('"a":""'), '');
    assert.equal(detailsOf(gpRole), '');
  });
  test('finds all roles for an empty search, else some of them in order', () => {
    assert.deepEqual(searchRoles(locum.roles, '  '), locum.roles);
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (search) => {
        const found = searchRoles(locum.roles, search);
        assert.deepEqual(
          found,
          locum.roles.filter((role) => found.includes(role)),
        );
        // A match of more words is a match of fewer words.
        const fewer = search.trim().split(/\s+/).slice(1).join(' ');
        if (search.length <= 100)
          for (const role of found) assert.ok(searchRoles(locum.roles, fewer).includes(role));
      }),
    );
  });
  test('settles only roles of the person', () => {
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
