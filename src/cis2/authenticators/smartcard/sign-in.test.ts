import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, describe, test } from 'node:test';
import { decodeJwt } from '@alongside/kernel/jws';
import type { Cis2Registration } from '../../../oauth/applications.ts';
import { Browser, form, type Reply, send } from '../../testing/browser.ts';
import { codeOf, type Instance, secret, startInstance } from '../../testing/instance.ts';
import { forgetSession } from '../../testing/journey.ts';
import { gp, gpRole, nurse, nurseRole, starter } from '../../testing/people.ts';
import { handOffOf, TestAgent } from '../../testing/test-agent.ts';

let cis2: Instance;
let nhs: Cis2Registration;
let standard: Cis2Registration;
let straight: Cis2Registration;
let browser: Browser;

before(async () => {
  cis2 = await startInstance();
  nhs = await cis2.register();
  standard = await cis2.register({ profile: 'standard' });
  straight = await cis2.register({ firstAuthenticator: 'smartcard' });
});
after(() => cis2.stop());
let advanced = 0;
beforeEach(() => {
  browser = new Browser();
  cis2.cis.agents = [];
  advanced = 0;
});
afterEach(() => cis2.clock.advance(-advanced));

const advance = (seconds: number) => {
  advanced += seconds;
  cis2.clock.advance(seconds);
};
const seconds = () => Math.floor(cis2.clock.now() / 1000);
const ask = (
  client = nhs,
  parameters: Record<string, string | undefined> = {},
  headers = {},
): Promise<Reply> => browser.get(cis2.authorizeUrl(client, parameters), headers);
type Where = 'agent' | 'choice' | 'code' | string;
const where = ({ location }: Reply): Where => {
  const url = new URL(location);
  if (url.pathname === '/v1/cis2') return 'agent';
  if (url.pathname.startsWith('/interaction/')) return url.pathname.split('/')[3] ?? 'choice';
  return url.searchParams.has('code') ? 'code' : (url.searchParams.get('error') ?? location);
};

async function tokensOf(reply: Reply, client = nhs): Promise<Record<string, unknown>> {
  const body = form({
    grant_type: 'authorization_code',
    code: codeOf(reply),
    redirect_uri: client.redirectUris[0] ?? '',
    client_id: client.clientId,
    client_secret: secret,
  });
  const type = { 'content-type': 'application/x-www-form-urlencoded' };
  const answer = await send('POST', `${cis2.issuer}/access_token`, type, body);
  return decodeJwt(JSON.parse(answer.body).id_token)?.claims ?? {};
}

describe('choice between the agent and the choice page', () => {
  test('shows the choice without an agent', async () => {
    assert.equal(where(await ask(straight)), 'choice');
    assert.equal(where(await ask(nhs, { acr_values: 'AAL3_SMARTCARD' })), 'choice');
    assert.equal(where(await ask(nhs, { prompt: 'login' })), 'choice');
  });
  test('goes to an agent with a live session on the same computer', async () => {
    await cis2.agent.signIn(gp.uid);
    assert.equal(where(await ask()), 'agent');
  });
  test('goes to an agent without a session only for a requested smartcard', async () => {
    cis2.agent.idle();
    assert.equal(where(await ask(nhs)), 'choice');
    assert.equal(where(await ask(straight)), 'agent');
    assert.equal(where(await ask(nhs, { acr_values: 'AAL3_SMARTCARD' })), 'agent');
    assert.equal(where(await ask(nhs, { acr_values: 'AAL3_N3_SMARTCARD AAL3_CIS2_SMARTCARD' })), 'agent');
    assert.equal(where(await ask(nhs, { acr_values: 'AAL3_SMARTCARD AAL3_ANY' })), 'choice');
  });
  test('shows the choice behind a proxy that hides the client address', async () => {
    await cis2.agent.signIn(gp.uid);
    assert.equal(where(await ask(straight, {}, { 'x-forwarded-for': '127.0.0.9' })), 'agent');
    assert.equal(where(await ask(straight, {}, { 'x-forwarded-for': '127.0.0.1' })), 'choice');
  });
  test('shows the choice for select_account', async () => {
    await cis2.agent.signIn(gp.uid);
    assert.equal(where(await ask(straight, { prompt: 'select_account' })), 'choice');
  });
  test('goes to the agent for prompt=none only in a browser that has met it', async () => {
    await cis2.agent.signIn(gp.uid);
    assert.equal(where(await ask(straight, { prompt: 'none' })), 'login_required');
    await cis2.signIn(browser, nhs);
    forgetSession(browser);
    assert.equal(where(await ask(nhs, { prompt: 'none' })), 'agent');
    cis2.cis.agents = [];
    assert.equal(where(await ask(nhs, { prompt: 'none' })), 'login_required');
  });
  test('answers prompt=none in a frame at once', async () => {
    await cis2.agent.signIn(gp.uid);
    assert.equal(where(await ask(nhs, { prompt: 'none' }, { 'sec-fetch-dest': 'iframe' })), 'login_required');
  });
});

describe('silent single sign-on', () => {
  test('redirects from the live session without the agent', async () => {
    await cis2.agent.signIn(gp.uid);
    const first = await tokensOf(await cis2.signIn(browser, nhs));
    const again = await ask(standard);
    assert.equal(where(again), 'code');
    assert.equal((await tokensOf(again, standard)).sid, first.sid);
  });
  test('answers prompt=none from the live session', async () => {
    await cis2.agent.signIn(gp.uid);
    await cis2.signIn(browser, nhs);
    assert.equal(where(await ask(nhs, { prompt: 'none' })), 'code');
  });
  test('goes to the agent again after 15 idle minutes and keeps the sid', async () => {
    await cis2.agent.signIn(gp.uid);
    const { sid } = await tokensOf(await cis2.signIn(browser, nhs));
    advance(899);
    assert.equal(where(await ask()), 'code');
    advance(899);
    assert.equal(where(await ask()), 'code');
    advance(900);
    assert.equal(where(await ask()), 'agent');
    assert.equal((await tokensOf(await cis2.signIn(browser, nhs))).sid, sid);
  });
  test('does not use a session after its CIS session has ended without a notice', async () => {
    const sid = await cis2.agent.signIn(gp.uid);
    await cis2.signIn(browser, nhs);
    cis2.cis.end(sid, 'cardRemoved');
    cis2.agent.idle();
    assert.equal(where(await ask()), 'choice');
    const { end_cause } =
      (await cis2.database.get<{ end_cause: string }>({
        text: 'SELECT end_cause FROM cis2_session WHERE cis_session_id = ?',
        values: [sid],
      })) ?? {};
    assert.equal(end_cause, 'cardRemoved');
  });
  test('does not use a session while CIS does not respond', async () => {
    await cis2.agent.signIn(gp.uid);
    await cis2.signIn(browser, nhs);
    cis2.cis.down = true;
    const reply = await ask(nhs, { prompt: 'none' });
    const chosen = await ask(nhs, { prompt: 'none', scope: 'openid selectedrole' });
    cis2.cis.down = false;
    // login_required would make clients end their sessions.
    assert.deepEqual([where(reply), where(chosen)], ['temporarily_unavailable', 'temporarily_unavailable']);
    assert.equal(where(await ask()), 'code');
  });
  test('does not use the session of an unexpected user', async () => {
    await cis2.agent.signIn(gp.uid);
    await cis2.signIn(browser, nhs);
    const claims = JSON.stringify({ id_token: { sub: { value: nurse.uid } } });
    assert.equal(where(await cis2.signIn(browser, nhs, { claims, prompt: 'none' })), 'login_required');
    assert.equal(where(await cis2.signIn(browser, nhs, { claims })), 'login_required');
    const own = JSON.stringify({ id_token: { sub: { value: gp.uid } } });
    assert.equal(where(await ask(nhs, { claims: own })), 'code');
  });
});

describe('prompt=login', () => {
  test('asks the agent for the PIN', async () => {
    await cis2.agent.signIn(gp.uid);
    const before = await tokensOf(await cis2.signIn(browser, nhs));
    advance(60);
    const hop = await ask(nhs, { prompt: 'login' });
    assert.equal(handOffOf(hop.location).claims.prompt_login, true);
    const back = await browser.get(await cis2.agent.answer(hop.location, { pin: true }));
    const after = await tokensOf(back);
    assert.equal(after.sid, before.sid);
    assert.equal(after.auth_time, seconds());
  });
  test('refuses a proof with the earlier PIN', async () => {
    await cis2.agent.signIn(gp.uid);
    await cis2.signIn(browser, nhs);
    advance(60);
    const hop = await ask(nhs, { prompt: 'login' });
    const back = await browser.get(await cis2.agent.answer(hop.location));
    assert.equal(where(back), 'choice');
    assert.match((await browser.get(back.location)).body, /needs your PIN again/);
  });
  test('sets a new cookie at each sign-in', async () => {
    await cis2.agent.signIn(gp.uid);
    const cookie = () => [...browser.jar].find(([name]) => name.endsWith('-session'))?.[1];
    await cis2.signIn(browser, nhs);
    const before = cookie();
    const hop = await ask(nhs, { prompt: 'login' });
    const back = await cis2.agent.answer(hop.location, { pin: true });
    await browser.get(back);
    assert.notEqual(cookie(), before);
    const old = new Browser();
    for (const [name, value] of browser.jar)
      old.jar.set(name, name.endsWith('-session') ? (before ?? '') : value);
    cis2.cis.agents = [];
    assert.equal(where(await old.get(cis2.authorizeUrl(nhs, { prompt: 'none' }))), 'login_required');
  });
  test('keeps the session after a cancelled sign-in and returns an error to the client', async () => {
    await cis2.agent.signIn(gp.uid);
    await cis2.signIn(browser, nhs);
    const hop = await ask(nhs, { prompt: 'login' });
    assert.equal(
      where(await browser.get(await cis2.agent.refuse(hop.location, 'cancelled'))),
      'access_denied',
    );
    assert.equal(where(await ask()), 'code');
  });
});

describe('max_age', () => {
  test('is met by a new proof of the live session under the published profile', async () => {
    await cis2.agent.signIn(gp.uid);
    advance(600);
    const first = await cis2.signIn(browser, nhs, { max_age: '300' });
    assert.equal((await tokensOf(first)).auth_time, seconds());
    advance(200);
    const proved = seconds() - 200;
    assert.equal((await tokensOf(await ask(nhs, { max_age: '300' }))).auth_time, proved);
    advance(101);
    assert.equal(where(await ask(nhs, { max_age: '300' })), 'agent');
  });
  test('returns the time of the PIN as auth_time without max_age', async () => {
    await cis2.agent.signIn(gp.uid);
    const pin = seconds();
    advance(600);
    assert.equal((await tokensOf(await cis2.signIn(browser, nhs))).auth_time, pin);
  });
  test('asks the agent for a new PIN under the strict reading', async () => {
    await cis2.agent.signIn(gp.uid);
    advance(600);
    const hop = await ask(standard, { max_age: '300' });
    const back = await browser.get(await cis2.agent.answer(hop.location));
    assert.equal(where(back), 'smartcard');
    const again = await browser.get(back.location);
    assert.equal(handOffOf(again.location).claims.prompt_login, true);
    const done = await browser.get(await cis2.agent.answer(again.location, { pin: true }));
    assert.equal((await tokensOf(done, standard)).auth_time, seconds());
  });
  test('returns login_required to a silent client under the strict reading', async () => {
    await cis2.agent.signIn(gp.uid);
    await cis2.signIn(browser, nhs);
    advance(600);
    const hop = await ask(standard, { max_age: '300', prompt: 'none' });
    assert.equal(where(await browser.get(await cis2.agent.answer(hop.location))), 'login_required');
  });
  test('requires a new proof each time for max_age=0', async () => {
    await cis2.agent.signIn(gp.uid);
    await cis2.signIn(browser, nhs);
    advance(1);
    assert.equal(where(await cis2.signIn(browser, nhs, { max_age: '0' })), 'code');
  });
});

describe('level of a sign-in by smartcard', () => {
  const out = { generation: 'internet', mode: 'mobility' } as const;
  test('contains the generation in amr', async () => {
    await cis2.agent.signIn(gp.uid);
    assert.deepEqual((await tokensOf(await cis2.signIn(browser, nhs))).amr, ['N3_SMARTCARD']);
    await cis2.agent.signIn(gp.uid, { generation: 'internet' });
    const claims = await tokensOf(
      await cis2.signIn(new Browser(), nhs, { acr_values: 'AAL3_CIS2_SMARTCARD' }),
    );
    assert.deepEqual([claims.amr, claims.acr], [['CIS2_SMARTCARD'], 'AAL3_CIS2_SMARTCARD']);
  });
  test('is level 3 without the card’s signature only under the published profile', async () => {
    await cis2.agent.signIn(gp.uid, out);
    const hop = await ask(nhs);
    const claims = await tokensOf(
      await browser.get(await cis2.agent.answer(hop.location, { cardPresent: false })),
    );
    assert.equal(claims.authentication_assurance_level, '3');
    // For other profiles, neither this session nor a similar proof is enough.
    const other = await ask(standard);
    assert.equal(where(other), 'agent');
    const back = await browser.get(await cis2.agent.answer(other.location, { cardPresent: false }));
    assert.match((await browser.get(back.location)).body, /needs a different way to sign in/);
    const asked = JSON.stringify({ id_token: { authentication_assurance_level: null } });
    const lower = await cis2.signIn(browser, standard, { acr_values: 'AAL2_OR_AAL3_ANY', claims: asked });
    const { acr, authentication_assurance_level } = await tokensOf(lower, standard);
    assert.deepEqual([acr, authentication_assurance_level], ['AAL2_OR_AAL3_ANY', '2']);
  });
  test('does not meet max_age with a proof without the card', async () => {
    await cis2.agent.signIn(gp.uid, out);
    advance(600);
    const hop = await ask(nhs, { max_age: '300' });
    assert.equal(
      where(await browser.get(await cis2.agent.answer(hop.location, { cardPresent: false }))),
      'smartcard',
    );
  });
  test('returns the first requested acr that was met', async () => {
    await cis2.agent.signIn(gp.uid);
    const reply = await cis2.signIn(browser, nhs, { acr_values: 'AAL3_FIDO2 AAL2_OR_AAL3_ANY AAL3_ANY' });
    assert.equal((await tokensOf(reply)).acr, 'AAL2_OR_AAL3_ANY');
  });
  test('returns to the choice for the other generation of agent', async () => {
    await cis2.agent.signIn(gp.uid);
    assert.equal(where(await cis2.signIn(browser, nhs, { acr_values: 'AAL3_CIS2_SMARTCARD' })), 'choice');
    const silent = await cis2.signIn(browser, nhs, { acr_values: 'AAL3_CIS2_SMARTCARD', prompt: 'none' });
    assert.equal(where(silent), 'login_required');
  });
});

describe('users and roles', () => {
  test('signs in B, not A, with A’s session in the browser and B’s card in the reader', async () => {
    const old = await cis2.agent.signIn(gp.uid);
    const first = await tokensOf(await cis2.signIn(browser, nhs));
    cis2.cis.end(old, 'cardRemoved');
    await cis2.sessionEnded({
      sessionId: old,
      agentId: cis2.agent.id,
      uid: gp.uid,
      cause: 'cardRemoved',
      generation: 'hscn',
    });
    await cis2.agent.signIn(nurse.uid);
    const second = await tokensOf(await cis2.signIn(browser, nhs));
    assert.equal(second.sub, nurse.uid);
    assert.notEqual(second.sid, first.sid);
  });
  test('signs in B, not A, after A removed the card in the newer generation', async () => {
    const old = await cis2.agent.signIn(gp.uid, { generation: 'internet' });
    await cis2.signIn(browser, nhs);
    const elsewhere = new Browser();
    await cis2.signIn(elsewhere, nhs);
    cis2.cis.end(old, 'cardRemoved');
    await cis2.sessionEnded({
      sessionId: old,
      agentId: cis2.agent.id,
      uid: gp.uid,
      cause: 'cardRemoved',
      generation: 'internet',
    });
    assert.equal(where(await ask(nhs, { prompt: 'none' })), 'code');
    await cis2.agent.signIn(nurse.uid, { generation: 'internet' });
    const reply = await cis2.signIn(browser, nhs);
    assert.equal((await tokensOf(reply)).sub, nurse.uid);
    // The agent has one user at a time, so every session of A through it has ended, in any browser.
    cis2.cis.agents = [];
    assert.equal(where(await elsewhere.get(cis2.authorizeUrl(nhs, { prompt: 'none' }))), 'login_required');
  });
  test('ends the session of the previous user of the browser at any agent', async () => {
    await cis2.agent.signIn(gp.uid);
    const { sid } = await tokensOf(await cis2.signIn(browser, nhs));
    const another = await TestAgent.create(cis2.cis, cis2.clock, cis2.origin);
    await another.signIn(nurse.uid);
    const hop = await ask(nhs, { prompt: 'login' });
    await browser.get(await another.answer(hop.location, { pin: true }));
    const row = await cis2.database.get<{ end_cause: string }>({
      text: 'SELECT end_cause FROM cis2_session WHERE sid = ?',
      values: [String(sid)],
    });
    assert.equal(row?.end_cause, 'anotherPerson');
  });
  test('uses the agent’s role without any scope', async () => {
    await cis2.agent.signIn(nurse.uid, { roleId: nurseRole.roleId });
    assert.equal((await tokensOf(await cis2.signIn(browser, nhs))).selected_roleid, nurseRole.roleId);
  });
  test('returns no role unless selectedrole finds a single one', async () => {
    await cis2.agent.signIn(nurse.uid);
    assert.ok(!('selected_roleid' in (await tokensOf(await cis2.signIn(browser, nhs)))));
    await cis2.agent.signIn(gp.uid);
    assert.ok(!('selected_roleid' in (await tokensOf(await cis2.signIn(new Browser(), nhs)))));
    const single = await tokensOf(await cis2.signIn(new Browser(), nhs, { scope: 'openid selectedrole' }));
    assert.equal(single.selected_roleid, gpRole.roleId);
  });
  test('signs in a user without a role', async () => {
    await cis2.agent.signIn(starter.uid);
    assert.equal(where(await cis2.signIn(browser, nhs, { scope: 'openid selectedrole' })), 'code');
  });
  test('returns access_denied for a disabled or unknown user', async () => {
    await cis2.agent.signIn('656005750199');
    assert.equal(where(await cis2.signIn(browser, nhs)), 'access_denied');
    cis2.cis.people.set('656005750198', { ...gp, uid: '656005750198', disabled: true });
    await cis2.agent.signIn('656005750198');
    assert.equal(where(await cis2.signIn(browser, nhs)), 'access_denied');
  });
});
