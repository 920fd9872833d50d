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

describe('straight to the agent only on evidence that it answers', () => {
  test('no agent was heard: the choice', async () => {
    assert.equal(where(await ask(straight)), 'choice');
    assert.equal(where(await ask(nhs, { acr_values: 'AAL3_SMARTCARD' })), 'choice');
    assert.equal(where(await ask(nhs, { prompt: 'login' })), 'choice');
  });
  test('a live session, and a browser on the same computer', async () => {
    await cis2.agent.signIn(gp.uid);
    assert.equal(where(await ask()), 'agent');
  });
  test('an agent without a session: only when the smartcard is asked for', async () => {
    cis2.agent.idle();
    assert.equal(where(await ask(nhs)), 'choice');
    assert.equal(where(await ask(straight)), 'agent');
    assert.equal(where(await ask(nhs, { acr_values: 'AAL3_SMARTCARD' })), 'agent');
    assert.equal(where(await ask(nhs, { acr_values: 'AAL3_N3_SMARTCARD AAL3_CIS2_SMARTCARD' })), 'agent');
    assert.equal(where(await ask(nhs, { acr_values: 'AAL3_SMARTCARD AAL3_ANY' })), 'choice');
  });
  test('shows the choice behind a proxy that does not name its client: its own address is near nothing', async () => {
    await cis2.agent.signIn(gp.uid);
    assert.equal(where(await ask(straight, {}, { 'x-forwarded-for': '127.0.0.9' })), 'agent');
    assert.equal(where(await ask(straight, {}, { 'x-forwarded-for': '127.0.0.1' })), 'choice');
  });
  test('select_account always has the choice', async () => {
    await cis2.agent.signIn(gp.uid);
    assert.equal(where(await ask(straight, { prompt: 'select_account' })), 'choice');
  });
  test('prompt=none: a hop in a browser that has met the agent, else login_required, also on its computer', async () => {
    await cis2.agent.signIn(gp.uid);
    assert.equal(where(await ask(straight, { prompt: 'none' })), 'login_required');
    await cis2.signIn(browser, nhs);
    forgetSession(browser);
    assert.equal(where(await ask(nhs, { prompt: 'none' })), 'agent');
    cis2.cis.agents = [];
    assert.equal(where(await ask(nhs, { prompt: 'none' })), 'login_required');
  });
  test('a frame is no page: prompt=none in it is answered at once', async () => {
    await cis2.agent.signIn(gp.uid);
    assert.equal(where(await ask(nhs, { prompt: 'none' }, { 'sec-fetch-dest': 'iframe' })), 'login_required');
  });
});

describe('silent single sign-on', () => {
  test('from the live session, redirects only, without the agent', async () => {
    await cis2.agent.signIn(gp.uid);
    const first = await tokensOf(await cis2.signIn(browser, nhs));
    const again = await ask(standard);
    assert.equal(where(again), 'code');
    assert.equal((await tokensOf(again, standard)).sid, first.sid);
  });
  test('prompt=none is answered from it', async () => {
    await cis2.agent.signIn(gp.uid);
    await cis2.signIn(browser, nhs);
    assert.equal(where(await ask(nhs, { prompt: 'none' })), 'code');
  });
  test('after 15 idle minutes the agent is asked again, and the sid stays', async () => {
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
  test('not when its CIS session has ended, even if nobody said so', async () => {
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
  test('not while CIS cannot be asked', async () => {
    await cis2.agent.signIn(gp.uid);
    await cis2.signIn(browser, nhs);
    cis2.cis.down = true;
    const reply = await ask(nhs, { prompt: 'none' });
    const chosen = await ask(nhs, { prompt: 'none', scope: 'openid selectedrole' });
    cis2.cis.down = false;
    // Clients end what they have when nobody is signed in, and that is not known.
    assert.deepEqual([where(reply), where(chosen)], ['temporarily_unavailable', 'temporarily_unavailable']);
    assert.equal(where(await ask()), 'code');
  });
  test('not for another person than the expected one', async () => {
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
  test('wants the PIN again, and gets it', async () => {
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
  test('a proof whose PIN is the old one does not do', async () => {
    await cis2.agent.signIn(gp.uid);
    await cis2.signIn(browser, nhs);
    advance(60);
    const hop = await ask(nhs, { prompt: 'login' });
    const back = await browser.get(await cis2.agent.answer(hop.location));
    assert.equal(where(back), 'choice');
    assert.match((await browser.get(back.location)).body, /needs your PIN again/);
  });
  test('the cookie is a new one at each sign-in', async () => {
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
  test('cancelled: the session is as it was, and the client is told', async () => {
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
  test('published profile: a fresh proof of the live session meets it', async () => {
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
  test('without max_age auth_time is the time of the PIN', async () => {
    await cis2.agent.signIn(gp.uid);
    const pin = seconds();
    advance(600);
    assert.equal((await tokensOf(await cis2.signIn(browser, nhs))).auth_time, pin);
  });
  test('strict reading: the PIN itself must be that new, so the agent is asked for it', async () => {
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
  test('strict reading without a person to ask: login_required', async () => {
    await cis2.agent.signIn(gp.uid);
    await cis2.signIn(browser, nhs);
    advance(600);
    const hop = await ask(standard, { max_age: '300', prompt: 'none' });
    assert.equal(where(await browser.get(await cis2.agent.answer(hop.location))), 'login_required');
  });
  test('max_age=0 is a fresh proof each time', async () => {
    await cis2.agent.signIn(gp.uid);
    await cis2.signIn(browser, nhs);
    advance(1);
    assert.equal(where(await cis2.signIn(browser, nhs, { max_age: '0' })), 'code');
  });
});

describe('levels', () => {
  const out = { generation: 'internet', mode: 'mobility' } as const;
  test('the generation is in amr', async () => {
    await cis2.agent.signIn(gp.uid);
    assert.deepEqual((await tokensOf(await cis2.signIn(browser, nhs))).amr, ['N3_SMARTCARD']);
    await cis2.agent.signIn(gp.uid, { generation: 'internet' });
    const claims = await tokensOf(
      await cis2.signIn(new Browser(), nhs, { acr_values: 'AAL3_CIS2_SMARTCARD' }),
    );
    assert.deepEqual([claims.amr, claims.acr], [['CIS2_SMARTCARD'], 'AAL3_CIS2_SMARTCARD']);
  });
  test('without the card’s signature: third level for the published profile alone', async () => {
    await cis2.agent.signIn(gp.uid, out);
    const hop = await ask(nhs);
    const claims = await tokensOf(
      await browser.get(await cis2.agent.answer(hop.location, { cardPresent: false })),
    );
    assert.equal(claims.authentication_assurance_level, '3');
    // The same session is not enough elsewhere, nor is another proof of the same kind.
    const other = await ask(standard);
    assert.equal(where(other), 'agent');
    const back = await browser.get(await cis2.agent.answer(other.location, { cardPresent: false }));
    assert.match((await browser.get(back.location)).body, /does not meet what the application needs/);
    const lower = await cis2.signIn(browser, standard, { acr_values: 'AAL2_OR_AAL3_ANY' });
    const { acr, authentication_assurance_level } = await tokensOf(lower, standard);
    assert.deepEqual([acr, authentication_assurance_level], ['AAL2_OR_AAL3_ANY', '2']);
  });
  test('a proof without the card does not meet max_age', async () => {
    await cis2.agent.signIn(gp.uid, out);
    advance(600);
    const hop = await ask(nhs, { max_age: '300' });
    assert.equal(
      where(await browser.get(await cis2.agent.answer(hop.location, { cardPresent: false }))),
      'smartcard',
    );
  });
  test('the acr of the token is the first asked one that was met', async () => {
    await cis2.agent.signIn(gp.uid);
    const reply = await cis2.signIn(browser, nhs, { acr_values: 'AAL3_FIDO2 AAL2_OR_AAL3_ANY AAL3_ANY' });
    assert.equal((await tokensOf(reply)).acr, 'AAL2_OR_AAL3_ANY');
  });
  test('the other generation than the asked one: back to the choice', async () => {
    await cis2.agent.signIn(gp.uid);
    assert.equal(where(await cis2.signIn(browser, nhs, { acr_values: 'AAL3_CIS2_SMARTCARD' })), 'choice');
    const silent = await cis2.signIn(browser, nhs, { acr_values: 'AAL3_CIS2_SMARTCARD', prompt: 'none' });
    assert.equal(where(silent), 'login_required');
  });
});

describe('people and roles', () => {
  test('with A’s session in the browser and B’s card at the desk: B, never A', async () => {
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
  test('nor when A’s card left and A’s session lived on, newer generation', async () => {
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
    // One person at a desk: every session that this agent made for A is over, in any browser.
    cis2.cis.agents = [];
    assert.equal(where(await elsewhere.get(cis2.authorizeUrl(nhs, { prompt: 'none' }))), 'login_required');
  });
  test('another person in the same browser ends the former session, at whatever agent it was', async () => {
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
  test('the agent’s role is the role, without any scope', async () => {
    await cis2.agent.signIn(nurse.uid, { roleId: nurseRole.roleId });
    assert.equal((await tokensOf(await cis2.signIn(browser, nhs))).selected_roleid, nurseRole.roleId);
  });
  test('no role chosen: none in the token, unless selectedrole finds a single one', async () => {
    await cis2.agent.signIn(nurse.uid);
    assert.ok(!('selected_roleid' in (await tokensOf(await cis2.signIn(browser, nhs)))));
    await cis2.agent.signIn(gp.uid);
    assert.ok(!('selected_roleid' in (await tokensOf(await cis2.signIn(new Browser(), nhs)))));
    const single = await tokensOf(await cis2.signIn(new Browser(), nhs, { scope: 'openid selectedrole' }));
    assert.equal(single.selected_roleid, gpRole.roleId);
  });
  test('a person without role signs in', async () => {
    await cis2.agent.signIn(starter.uid);
    assert.equal(where(await cis2.signIn(browser, nhs, { scope: 'openid selectedrole' })), 'code');
  });
  test('a disabled or unknown person: access_denied', async () => {
    await cis2.agent.signIn('656005750199');
    assert.equal(where(await cis2.signIn(browser, nhs)), 'access_denied');
    cis2.cis.people.set('656005750198', { ...gp, uid: '656005750198', disabled: true });
    await cis2.agent.signIn('656005750198');
    assert.equal(where(await cis2.signIn(browser, nhs)), 'access_denied');
  });
});
