import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { decodeJwt } from '@alongside/kernel/jws';
import { sharePostgres, type TestDatabases } from '../../test/testing/postgres.ts';
import type { Cis2Registration } from '../oauth/applications.ts';
import { Browser, form, send } from './testing/browser.ts';
import { codeOf, consoleSecret, type Instance, secret, startInstance } from './testing/instance.ts';
import { redeem } from './testing/journey.ts';
import { otherProcess } from './testing/other-process.ts';
import { gp, nurse, nurseRole } from './testing/people.ts';
import { startRpEndpoint } from './testing/rp-endpoint.ts';
import { beginWith, requestUriOf, strongClient } from './testing/strong-client.ts';

// All conditional writes, on PostgreSQL.
let postgres: TestDatabases;
let cis2: Instance;
before(async () => {
  postgres = await sharePostgres();
  cis2 = await startInstance({}, await postgres.create('cis2'));
});
after(async () => {
  await cis2.stop();
  await postgres.stop();
});

test('a code is redeemed once by ten simultaneous requests', async () => {
  const client = await cis2.register();
  await cis2.agent.signIn(gp.uid);
  const code = codeOf(await cis2.signIn(new Browser(), client));
  const body = form({
    grant_type: 'authorization_code',
    code,
    redirect_uri: client.redirectUris[0] ?? '',
    client_id: client.clientId,
    client_secret: secret,
  });
  const type = { 'content-type': 'application/x-www-form-urlencoded' };
  const replies = await Promise.all(
    Array.from({ length: 10 }, () => send('POST', `${cis2.issuer}/access_token`, type, body)),
  );
  assert.equal(replies.filter(({ status }) => status === 200).length, 1);
});

test('a hand-off returns once for ten simultaneous requests', async () => {
  const client = await cis2.register();
  const browser = new Browser();
  await cis2.agent.signIn(gp.uid);
  const hop = await browser.get(cis2.authorizeUrl(client));
  const back = await cis2.agent.answer(hop.location);
  const replies = await Promise.all(Array.from({ length: 10 }, () => browser.get(back)));
  assert.equal(replies.filter(({ status }) => status === 302).length, 1);
});

test('a session is used silently and ends with its CIS session, which notifies the relying party', async () => {
  const rp = await startRpEndpoint();
  const client = await cis2.register({ backchannelLogoutUri: rp.url });
  const browser = new Browser();
  const sid = await cis2.agent.signIn(gp.uid);
  const { access_token } = await redeem(cis2, client, await cis2.signIn(browser, client));
  assert.ok(codeOf(await browser.get(cis2.authorizeUrl(client, { prompt: 'none' }))));
  const late = await browser.get(cis2.authorizeUrl(client, { prompt: 'login' }));
  const back = await cis2.agent.answer(late.location, { pin: true });
  await cis2.sessionEnded({
    sessionId: sid,
    agentId: cis2.agent.id,
    uid: gp.uid,
    cause: 'cardRemoved',
    generation: 'hscn',
  });
  await cis2.background.settled();
  assert.equal(rp.received.length, 1);
  assert.equal(
    (await send('GET', `${cis2.issuer}/userinfo`, { authorization: `Bearer ${access_token}` })).status,
    401,
  );
  assert.equal((await browser.get(back)).status, 403);
  await rp.stop();
});

const refresh = (client: Cis2Registration, refresh_token: string) =>
  send(
    'POST',
    `${cis2.issuer}/access_token`,
    { 'content-type': 'application/x-www-form-urlencoded' },
    form({ grant_type: 'refresh_token', refresh_token, client_id: client.clientId, client_secret: secret }),
  );

test('ten simultaneous refreshes have one successor', async () => {
  const standard = await cis2.register({ profile: 'standard', refreshTokens: true });
  const nhs = await cis2.register({ refreshTokens: true });
  await cis2.agent.signIn(gp.uid);
  for (const client of [standard, nhs]) {
    const scope = client === nhs ? 'openid' : 'openid offline_access';
    const { refresh_token } = await redeem(cis2, client, await cis2.signIn(new Browser(), client, { scope }));
    const replies = await Promise.all(Array.from({ length: 10 }, () => refresh(client, refresh_token)));
    const won = replies.filter(({ status }) => status === 200);
    assert.equal(won.length, client === nhs ? 1 : 10);
    assert.equal(new Set(won.map(({ body }) => JSON.parse(body).refresh_token)).size, 1);
  }
});

test('a session that ends during refreshes leaves no live token', async () => {
  const client = await cis2.register({ profile: 'standard', refreshTokens: true });
  for (let round = 0; round < 5; round++) {
    const sid = await cis2.agent.signIn(gp.uid);
    const scope = 'openid offline_access';
    const tokens = await redeem(cis2, client, await cis2.signIn(new Browser(), client, { scope }));
    const told = { sessionId: sid, agentId: cis2.agent.id, uid: gp.uid, generation: 'hscn' } as const;
    const [first, , second] = await Promise.all([
      refresh(client, tokens.refresh_token),
      cis2.sessionEnded({ ...told, cause: 'signedOut' }),
      refresh(client, tokens.refresh_token),
    ]);
    for (const { status, body } of [first, second]) {
      if (status !== 200) continue;
      const next = JSON.parse(body);
      assert.equal((await refresh(client, next.refresh_token)).status, 400);
      const authorization = `Bearer ${next.access_token}`;
      assert.equal((await send('GET', `${cis2.issuer}/userinfo`, { authorization })).status, 401);
    }
  }
});

test('a role is selected, kept and dropped', async () => {
  const client = await cis2.register();
  const browser = new Browser();
  await cis2.agent.signIn(nurse.uid, { generation: 'internet' });
  const selected = { scope: 'openid selectedrole' };
  const page = await cis2.signIn(browser, client, selected);
  assert.equal((await browser.post(page.location, { role: nurseRole.roleId })).status, 200);
  const role = async () => {
    const { id_token } = await redeem(cis2, client, await browser.get(cis2.authorizeUrl(client, selected)));
    return decodeJwt(id_token)?.claims.selected_roleid;
  };
  assert.equal(await role(), nurseRole.roleId);
  cis2.cis.people.set(nurse.uid, { ...nurse, roles: [] });
  assert.equal(await role(), undefined);
  cis2.cis.people.set(nurse.uid, nurse);
});

test('a pushed request and an assertion are each used once by ten simultaneous requests', async () => {
  const client = await strongClient(cis2);
  await cis2.agent.signIn(gp.uid);
  const browser = new Browser();
  await cis2.signIn(browser, client.registration, client.ask());
  const begin = beginWith(cis2, client, { request_uri: requestUriOf(await client.push()) });
  const replies = await Promise.all(Array.from({ length: 10 }, () => browser.get(begin)));
  assert.equal(replies.filter(({ location }) => location.includes('code=')).length, 1);
  const assertion = await client.assertion();
  const pushes = await Promise.all(
    Array.from({ length: 10 }, () => client.post('/par', { ...client.ask(), client_assertion: assertion })),
  );
  assert.equal(pushes.filter(({ status }) => status === 201).length, 1);
});

test('the console lists and ends sessions, and sends deliveries again', async () => {
  const rp = await startRpEndpoint();
  rp.answer = { status: 500, body: '' };
  const client = await cis2.register({ backchannelLogoutUri: rp.url });
  await cis2.agent.signIn(nurse.uid);
  await cis2.signIn(new Browser(), client);
  const call = async (method: string, path: string) => {
    const reply = await send(method, `${cis2.origin}${path}`, { authorization: `Bearer ${consoleSecret}` });
    return reply.body === '' ? reply.status : JSON.parse(reply.body);
  };
  const { sessions } = await call('GET', `/cis2/sessions?uid=${nurse.uid}`);
  const [{ sid, clients }] = sessions;
  assert.ok(clients.includes(client.clientId));
  assert.equal(await call('DELETE', `/cis2/sessions/${sid}`), 204);
  await cis2.background.settled();
  const failed = (await call('GET', '/cis2/deliveries')).deliveries.find(
    (one: { sid: string }) => one.sid === sid,
  );
  assert.deepEqual([failed.state, failed.attempts, failed.cause], ['pending', 1, 'administrator']);
  rp.answer = { status: 200, body: '' };
  assert.equal((await call('POST', `/cis2/deliveries/${failed.id}/send`)).state, 'delivered');
  assert.equal(rp.received.length, 2);
  await rp.stop();
});

test('an idle session and the sessions of a disabled person end once in any process', async () => {
  const rp = await startRpEndpoint();
  const client = await cis2.register({ backchannelLogoutUri: rp.url });
  const signIn = async () => {
    await cis2.agent.signIn(nurse.uid, { generation: 'internet' });
    return cis2.signIn(new Browser(), client);
  };
  await signIn();
  const processes = [otherProcess(cis2), otherProcess(cis2)];
  const round = () => Promise.all(processes.map((one) => one.endExpired(client.clientId)));
  await round();
  assert.equal(rp.received.length, 0);
  cis2.clock.advance(15 * 60);
  await round();
  assert.deepEqual(await round(), [[['expired', 'delivered']], [['expired', 'delivered']]]);
  assert.equal(rp.received.length, 1);
  cis2.clock.advance(-15 * 60);

  await signIn();
  const look = () => Promise.all(processes.map((one) => one.lookForGonePeople()));
  await look();
  cis2.cis.people.set(nurse.uid, { ...nurse, disabled: true });
  cis2.cis.changed.push(nurse.uid);
  await look();
  cis2.cis.people.set(nurse.uid, nurse);
  assert.equal(rp.received.length, 2);
  await rp.stop();
});
