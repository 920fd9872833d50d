import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import type { Cis2Registration } from '../../oauth/applications.ts';
import type { DeliveriesAnswer, DeliveryAnswer, SessionsAnswer } from '../protocol.ts';
import { Browser, type Reply, send } from '../testing/browser.ts';
import { consoleSecret, type Instance, startInstance } from '../testing/instance.ts';
import { choice, redeem } from '../testing/journey.ts';
import { gp, nurse } from '../testing/people.ts';
import { type RpEndpoint, startRpEndpoint } from '../testing/rp-endpoint.ts';

let cis2: Instance;
let rp: RpEndpoint;
let client: Cis2Registration;
before(async () => {
  rp = await startRpEndpoint();
  cis2 = await startInstance();
  client = await cis2.register({ backchannelLogoutUri: rp.url });
});
after(async () => {
  await cis2.stop();
  await rp.stop();
});
beforeEach(() => {
  rp.received = [];
  rp.answer = { status: 200, body: '{}' };
});

const call = (method: string, path: string, secret = consoleSecret): Promise<Reply> =>
  send(method, `${cis2.origin}${path}`, { authorization: `Bearer ${secret}` });
const sessionsOf = async (uid: string) =>
  (JSON.parse((await call('GET', `/cis2/sessions?uid=${uid}`)).body) as SessionsAnswer).sessions;
const deliveries = async (since = '') =>
  (JSON.parse((await call('GET', `/cis2/deliveries${since}`)).body) as DeliveriesAnswer).deliveries;
const settled = () => cis2.background.settled();
const toldOf = () =>
  rp.received.map((form) => {
    const [, claims = ''] = (form.get('logout_token') ?? '').split('.');
    return JSON.parse(Buffer.from(claims, 'base64url').toString()) as { sub: string; sid: string };
  });

/** Signs in without a smartcard, and so without a CIS session. */
async function signInWithout(uid: string): Promise<Browser> {
  cis2.agent.idle();
  const browser = new Browser();
  await browser.post(`${await choice(cis2, browser, client, {})}/persona/answer`, { uid });
  return browser;
}

describe('authentication of the console', () => {
  for (const [method, path] of [
    ['GET', '/cis2/sessions'],
    ['DELETE', '/cis2/sessions/x'],
    ['DELETE', '/cis2/people/000000000000/sessions'],
    ['GET', '/cis2/deliveries'],
    ['POST', '/cis2/deliveries/x/send'],
  ] as const)
    test(`rejects ${method} ${path} without the secret or with another one`, async () => {
      for (const reply of [await send(method, `${cis2.origin}${path}`), await call(method, path, 'x')])
        assert.equal(reply.status, 401);
    });
  test('disables the console API without a configured secret', async () => {
    const alone = await startInstance({ consoleSecret: undefined as never });
    try {
      assert.equal((await send('GET', `${alone.origin}/cis2/sessions`)).status, 404);
    } finally {
      await alone.stop();
    }
  });
});

describe('list of sessions', () => {
  test('shows level, role and relying parties, and an administrator can end a session', async () => {
    await cis2.agent.signIn(gp.uid, { roleId: gp.roles[0]?.roleId ?? null });
    const back = await cis2.signIn(new Browser(), client, { scope: 'openid profile' });
    const { access_token: token } = await redeem(cis2, client, back);
    const [session, ...others] = await sessionsOf(gp.uid);
    assert.ok(session && others.length === 0);
    const { sid, level, methods, clients, roleId } = session;
    assert.deepEqual([level, methods, clients], [3, ['N3_SMARTCARD'], [client.clientId]]);
    assert.equal(roleId, gp.roles[0]?.roleId);
    assert.deepEqual(await sessionsOf(nurse.uid), []);

    assert.equal((await call('DELETE', `/cis2/sessions/${sid}`)).status, 204);
    await settled();
    assert.deepEqual(
      toldOf().map((told) => [told.sub, told.sid]),
      [[gp.uid, sid]],
    );
    assert.deepEqual(await sessionsOf(gp.uid), []);
    const userinfo = await send('GET', `${cis2.issuer}/userinfo`, { authorization: `Bearer ${token}` });
    assert.equal(userinfo.status, 401);
    assert.equal((await call('DELETE', `/cis2/sessions/${sid}`)).status, 404);
    const audited = (await cis2.audit.list()).find(({ action }) => action === 'cis2.session-ended');
    assert.equal(audited?.target, gp.uid);
  });
  test('rejects an invalid query', async () => {
    for (const path of ['/cis2/sessions?uid=x', '/cis2/deliveries?since=yesterday'])
      assert.equal((await call('GET', path)).status, 400);
  });
});

describe('log of deliveries', () => {
  test('shows each notification with its cause and result, and can send it again', async () => {
    rp.answer = { status: 500, body: '' };
    await cis2.agent.signIn(nurse.uid);
    await cis2.signIn(new Browser(), client);
    const [session] = await sessionsOf(nurse.uid);
    await call('DELETE', `/cis2/sessions/${session?.sid}`);
    await settled();
    const failed = (await deliveries()).find(({ sid }) => sid === session?.sid);
    assert.ok(failed);
    const { state, attempts, result, cause, clientId, address, uid } = failed;
    assert.deepEqual([state, attempts, result, cause], ['pending', 1, 'status 500', 'administrator']);
    assert.deepEqual([clientId, address, uid], [client.clientId, rp.url, nurse.uid]);
    assert.ok(failed.dueAt && failed.triedAt);

    rp.answer = { status: 200, body: '{}' };
    for (let time = 2; time <= 3; time++) {
      const again = await call('POST', `/cis2/deliveries/${failed.id}/send`);
      assert.equal((JSON.parse(again.body) as DeliveryAnswer).state, 'delivered');
      assert.equal(rp.received.length, time);
    }
    const told = (await deliveries()).find(({ id }) => id === failed.id);
    assert.deepEqual([told?.state, told?.result, told?.dueAt], ['delivered', 'status 200', null]);
  });
  test('filters by time', async () => {
    assert.deepEqual(await deliveries(`?since=${new Date(cis2.clock.now() + 1_000).toISOString()}`), []);
    assert.ok((await deliveries('?since=2020-01-01T00:00:00Z')).length > 0);
  });
  test('answers 404 for an unknown id', async () => {
    assert.equal((await call('POST', '/cis2/deliveries/x/send')).status, 404);
  });
  test('answers ten simultaneous requests with the result of an attempt', async () => {
    const [any] = await deliveries();
    const replies = await Promise.all(
      Array.from({ length: 10 }, () => call('POST', `/cis2/deliveries/${any?.id}/send`)),
    );
    for (const { status, body } of replies) {
      assert.equal(status, 200);
      assert.equal((JSON.parse(body) as DeliveryAnswer).state, 'delivered');
    }
    // A request that waits for the attempt of another makes none.
    assert.ok(rp.received.length >= 1 && rp.received.length <= 10);
  });
});

describe('disabled or removed person', () => {
  const cases: [string, () => void][] = [
    ['disabled', () => cis2.cis.people.set(nurse.uid, { ...nurse, disabled: true })],
    ['gone from the directory', () => cis2.cis.people.delete(nurse.uid)],
  ];
  for (const [name, leave] of cases)
    test(`loses a session without a card at its next use: ${name}`, async () => {
      const browser = await signInWithout(nurse.uid);
      const [session] = await sessionsOf(nurse.uid);
      leave();
      try {
        const reply = await browser.get(cis2.authorizeUrl(client, { prompt: 'none' }));
        assert.ok(!reply.location.includes('code='), reply.location);
        await settled();
        assert.deepEqual(
          toldOf().map(({ sid }) => sid),
          [session?.sid],
        );
      } finally {
        cis2.cis.people.set(nurse.uid, nurse);
      }
    });
  test('loses all sessions when CIS reports the end of the smartcard session', async () => {
    await signInWithout(gp.uid);
    const sessionId = await cis2.agent.signIn(gp.uid);
    await cis2.signIn(new Browser(), client);
    assert.equal((await sessionsOf(gp.uid)).length, 2);
    const told = { sessionId, agentId: cis2.agent.id, uid: gp.uid, generation: 'hscn' } as const;
    await cis2.sessionEnded({ ...told, cause: 'disabled' });
    await settled();
    assert.deepEqual(await sessionsOf(gp.uid), []);
    assert.equal(rp.received.length, 2);
  });
});
