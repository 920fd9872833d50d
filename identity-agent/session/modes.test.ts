import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { SessionMode } from '../../src/cis/protocol.ts';
import type { AgentStatus } from '../protocol.ts';
import { roleOf } from '../testing/cis.ts';
import { ada, ben, rightPin, type TestDesk, testDesk } from '../testing/desk.ts';
import { modeOf } from './modes.ts';

const all: readonly SessionMode[] = ['normal', 'enhancedNormal', 'sessionLockPersistence', 'mobility'];
const brief = ({ state, question, lock }: AgentStatus) => [state, question, lock?.reason ?? null];
const endings = (desk: TestDesk) => [...desk.cis.sessions.values()].map(({ ended }) => ended);
const silent = async (desk: TestDesk, claims = {}) =>
  (await desk.handOff((await desk.cis2.request(claims)).jws)).location.startsWith(desk.cis2.origin);

describe('modeOf', () => {
  test('prefers Mobility, Session Lock Persistence, Enhanced Normal and Normal in this order', () => {
    assert.equal(modeOf(all), 'mobility');
    assert.equal(modeOf(['enhancedNormal', 'sessionLockPersistence', 'normal']), 'sessionLockPersistence');
    assert.equal(modeOf(['normal', 'enhancedNormal']), 'enhancedNormal');
    assert.equal(modeOf(['normal']), 'normal');
    assert.equal(modeOf([]), 'normal');
  });
});

describe('Normal', () => {
  test('ends the session at removal, and ignores a locked screen and the time', async (t) => {
    const desk = await testDesk(t);
    await desk.signIn();
    assert.deepEqual(brief(await desk.call('screenLocked')), ['signedIn', null, null]);
    assert.ok(await silent(desk), 'another window of the same person');
    desk.clock.advance(7 * 3600);
    await desk.tick();
    assert.deepEqual(brief(await desk.call('screenUnlocked')), ['signedIn', null, null]);
    await desk.call('takeCard');
    assert.deepEqual(endings(desk), ['cardRemoved']);
  });
});

describe('Enhanced Normal', () => {
  test('asks for the PIN again after the screen was locked, in the same session', async (t) => {
    const desk = await testDesk(t, { mode: 'enhancedNormal' });
    const heard: string[] = [];
    desk.agent.onNotice((name) => void heard.push(name));
    await desk.signIn();
    const [session] = desk.cis.live;
    const { ticket } = await desk.call<{ ticket: string }>('getTicketNoAuth');
    assert.deepEqual(brief(await desk.call('screenLocked')), ['locked', null, 'screen']);
    await assert.rejects(desk.call('getTicketNoAuth'), /No user is signed in/);
    assert.equal(await silent(desk, { interactive: true }), false, 'nobody vouches behind a locked screen');
    assert.deepEqual(brief(await desk.call('screenUnlocked')), ['pinRequested', 'pin', 'screen']);
    await assert.rejects(desk.call('answerPin', { pin: '999999' }), /PIN is wrong/);
    assert.deepEqual(brief(await desk.call('answerPin', { pin: rightPin })), ['signedIn', null, null]);
    assert.deepEqual(desk.cis.live, [session]);
    assert.equal(session?.pins, 2);
    assert.deepEqual(await desk.call('getTicketNoAuth'), { ticket }, 'no state is lost');
    assert.deepEqual(heard, [
      'cardInserted',
      'questionOpened',
      'signedIn',
      'sessionLocked',
      'questionOpened',
      'sessionUnlocked',
    ]);
  });

  test('ends the session at removal, locked or not', async (t) => {
    const desk = await testDesk(t, { mode: 'enhancedNormal' });
    await desk.signIn();
    await desk.call('takeCard');
    await desk.signIn();
    await desk.call('screenLocked');
    await desk.call('takeCard');
    assert.deepEqual(endings(desk), ['cardRemoved', 'cardRemoved']);
  });

  test('ends the session and blocks the card after three wrong PINs', async (t) => {
    const desk = await testDesk(t, { mode: 'enhancedNormal' });
    await desk.signIn();
    await desk.call('screenLocked');
    await desk.call('screenUnlocked');
    for (let n = 0; n < 3; n += 1) await assert.rejects(desk.call('answerPin', { pin: '999999' }));
    assert.deepEqual(brief(await desk.call('status')), ['blocked', null, null]);
    await desk.agent.settled();
    assert.deepEqual(endings(desk), ['signedOut']);
    assert.deepEqual(
      desk.cis.cards.pinStates.map(({ pin }) => pin),
      ['blocked'],
    );
  });

  test('asks for an unselected role after the PIN, not before', async (t) => {
    const desk = await testDesk(t, { mode: 'enhancedNormal' });
    desk.cis.roles.set(ada, [roleOf(1), roleOf(2)]);
    await desk.signIn();
    await desk.call('screenLocked');
    assert.deepEqual(brief(await desk.call('status')), ['locked', null, 'screen']);
    await assert.rejects(desk.call('answerRole', { roleId: roleOf(1).roleId }), /no such question/);
    await desk.call('screenUnlocked');
    await desk.call('answerPin', { pin: rightPin });
    assert.deepEqual(brief(await desk.call('status')), ['roleRequested', 'role', null]);
  });

  test('leaves a locked session if the screen is locked while CIS confirms the PIN', async (t) => {
    const desk = await testDesk(t, { mode: 'enhancedNormal' });
    await desk.call('insertCard', { card: 'ada' });
    let open = () => undefined as void;
    desk.cis.gate = new Promise((resolve) => (open = resolve));
    const told: string[] = [];
    desk.agent.onNotice((name) => told.push(name));
    const answer = desk.call('answerPin', { pin: rightPin });
    while (desk.cis.atGate === 0) await new Promise((resolve) => setImmediate(resolve));
    desk.agent.screen(true);
    open();
    await answer;
    assert.deepEqual(brief(await desk.call('status')), ['locked', null, 'screen']);
    assert.equal(await silent(desk, { interactive: true }), false);
    assert.deepEqual(told, ['signedIn', 'sessionLocked'], 'what comes last is what holds');
    assert.equal(desk.cis.presences.at(-1)?.sessionId, null, 'CIS2 does not take it for a signed-in desk');
  });

  test('ends the session if the screen stays locked', async (t) => {
    const desk = await testDesk(t, { mode: 'enhancedNormal', timers: { lockedFor: 300 } });
    await desk.signIn();
    await desk.call('screenLocked');
    desk.clock.advance(299);
    await desk.tick();
    assert.deepEqual(endings(desk), [null]);
    desk.clock.advance(1);
    await desk.tick();
    assert.deepEqual(endings(desk), ['signedOut']);
    assert.deepEqual(brief(await desk.call('screenUnlocked')), ['pinRequested', 'pin', null]);
  });
});

describe('Session Lock Persistence', () => {
  test('locks at removal and resumes with the PIN without loss', async (t) => {
    const desk = await testDesk(t, { mode: 'sessionLockPersistence' });
    desk.cis.roles.set(ada, [roleOf(1), roleOf(2)]);
    await desk.signIn();
    await desk.call('answerRole', { roleId: roleOf(2).roleId });
    const before = await desk.call('status');
    const { ticket } = await desk.call<{ ticket: string }>('getTicketNoAuth');
    const taken = await desk.call('takeCard');
    assert.deepEqual(brief(taken), ['locked', null, 'card']);
    assert.equal(taken.lock?.endsAt, new Date(desk.clock.now() + 600_000).toISOString());
    assert.equal(await silent(desk, { interactive: false }), true, 'CIS2 hears that nobody is there');
    assert.deepEqual(desk.cis2.reasons, ['login_required']);
    assert.deepEqual(brief(await desk.call('insertCard', { card: 'ada' })), ['pinRequested', 'pin', 'card']);
    const resumed = await desk.call('answerPin', { pin: rightPin });
    assert.deepEqual(
      [resumed.state, resumed.role],
      ['signedIn', before.role],
      'the role is not asked for again',
    );
    assert.deepEqual(await desk.call('getTicketNoAuth'), { ticket });
    assert.equal(desk.cis.sessions.size, 1);
  });

  test('reports no session to CIS while locked, and the session again afterwards', async (t) => {
    const desk = await testDesk(t, { mode: 'sessionLockPersistence' });
    await desk.signIn();
    const named = () => desk.cis.presences.at(-1)?.sessionId;
    assert.equal(named(), desk.cis.live[0]?.id);
    await desk.call('takeCard');
    assert.equal(named(), null);
    desk.clock.advance(121);
    await desk.tick();
    assert.equal(named(), null, 'also with the regular presence');
    await desk.signIn();
    assert.equal(named(), desk.cis.live[0]?.id);
  });

  test('sends no heartbeat while locked, and ends the session after the time limit', async (t) => {
    const desk = await testDesk(t, { mode: 'sessionLockPersistence', timers: { lockedFor: 240 } });
    await desk.signIn();
    await desk.call('takeCard');
    desk.clock.advance(200);
    await desk.tick();
    assert.equal(desk.cis.live[0]?.heartbeats, 0);
    desk.clock.advance(40);
    assert.equal(desk.agent.session !== undefined, true, 'nothing runs by itself');
    assert.deepEqual(brief(await desk.call('status')), ['noCard', null, null]);
    await desk.agent.settled();
    assert.deepEqual(endings(desk), ['cardRemoved']);
  });

  test('restarts the time limit with each lock', async (t) => {
    const desk = await testDesk(t, { mode: 'sessionLockPersistence' });
    await desk.signIn();
    for (let n = 0; n < 3; n += 1) {
      await desk.call('takeCard');
      desk.clock.advance(400);
      await desk.tick();
      await desk.signIn();
    }
    assert.deepEqual(endings(desk), [null]);
    desk.clock.advance(3600);
    await desk.tick();
    assert.deepEqual(endings(desk), [null], 'an open session has no such time');
  });

  test("does not unlock with another user's card, and ends the session at their sign-in", async (t) => {
    const desk = await testDesk(t, { mode: 'sessionLockPersistence' });
    await desk.signIn('ada');
    await desk.call('takeCard');
    await desk.call('insertCard', { card: 'ben' });
    await assert.rejects(desk.call('answerPin', { pin: '999999' }));
    assert.deepEqual(endings(desk), [null], 'a wrong PIN is no sign-in');
    await desk.call('answerPin', { pin: rightPin });
    assert.deepEqual(endings(desk), ['anotherPerson', null]);
    assert.equal((await desk.call('status')).person?.uid, ben);
  });

  test('leaves a locked session if the card is removed while its PIN is confirmed', async (t) => {
    const desk = await testDesk(t, { mode: 'sessionLockPersistence' });
    await desk.call('insertCard', { card: 'ada' });
    let open = () => undefined as void;
    desk.cis.gate = new Promise((resolve) => (open = resolve));
    const answer = desk.call('answerPin', { pin: rightPin });
    const turn = () => new Promise((resolve) => setImmediate(resolve));
    while (desk.cis.atGate === 0) await turn();
    const taken = desk.call('takeCard');
    while (desk.agent.card) await turn();
    open();
    await answer;
    await taken;
    assert.deepEqual(brief(await desk.call('status')), ['locked', null, 'card']);
    assert.equal(desk.agent.vouching, undefined);
  });
});

describe('Mobility', () => {
  test('continues without the card, and asks for the PIN again when it is too old', async (t) => {
    const desk = await testDesk(t, { mode: 'mobility', timers: { pinAgainAfter: 1800 } });
    await desk.signIn();
    await desk.call('takeCard');
    desk.clock.advance(1799);
    await desk.tick();
    const before = await desk.call('status');
    assert.deepEqual(brief(before), ['signedIn', null, null]);
    assert.equal(before.pinAgainAt, new Date(desk.clock.now() + 1000).toISOString());
    assert.ok(await silent(desk));
    assert.equal(desk.cis2.proofs[0]?.card_present, false);
    desk.clock.advance(1);
    assert.equal(await silent(desk), false, 'also when no tick came in between');
    assert.deepEqual(brief(await desk.call('status')), ['locked', null, 'time']);
    await desk.signIn();
    assert.deepEqual(brief(await desk.call('status')), ['signedIn', null, null]);
    assert.deepEqual(endings(desk), [null]);
    desk.clock.advance(1799);
    await desk.tick();
    assert.equal((await desk.call('status')).state, 'signedIn', 'counted from the last PIN');
  });

  test('asks for the PIN of an inserted card at once', async (t) => {
    const desk = await testDesk(t, { mode: 'mobility', timers: { pinAgainAfter: 60 } });
    await desk.signIn();
    desk.clock.advance(60);
    await desk.tick();
    assert.deepEqual(brief(await desk.call('status')), ['pinRequested', 'pin', 'time']);
    await desk.call('answerPin', { pin: rightPin });
    assert.deepEqual(brief(await desk.call('status')), ['signedIn', null, null]);
  });

  test('ends the session without the PIN in time, and ignores the screen', async (t) => {
    const desk = await testDesk(t, { mode: 'mobility', timers: { pinAgainAfter: 60, lockedFor: 60 } });
    await desk.signIn();
    assert.deepEqual(brief(await desk.call('screenLocked')), ['signedIn', null, null]);
    desk.clock.advance(60);
    await desk.tick();
    desk.clock.advance(60);
    await desk.tick();
    assert.deepEqual(endings(desk), ['signedOut']);
  });

  test('ends the session after the computer slept past both limits', async (t) => {
    const desk = await testDesk(t, { mode: 'mobility' });
    await desk.signIn();
    desk.clock.advance(9 * 3600);
    assert.equal(await silent(desk, { interactive: false }), true);
    assert.deepEqual(desk.cis2.reasons, ['login_required']);
  });
});

describe('the newer generation', () => {
  const atPage = async (desk: TestDesk, application: string) => {
    const { location } = await desk.handOff((await desk.cis2.request({ client_name: application })).jws);
    assert.ok(location.startsWith(`${desk.origin}/interaction/`), location);
    const { pathname } = new URL(location);
    return { pathname, page: await desk.visit(pathname) };
  };

  test('asks for the PIN once for each application, and does not sign out at removal', async (t) => {
    const desk = await testDesk(t, { generation: 'internet' });
    assert.equal(
      (await desk.call('insertCard', { card: 'ada' })).question,
      null,
      'nothing shows at insertion',
    );
    for (const application of ['Clinic', 'Pharmacy']) {
      const { pathname, page } = await atPage(desk, application);
      const card = desk.cardField(page.body);
      assert.equal((await desk.post(`${pathname}/pin`, { pin: rightPin, card })).status, 200);
    }
    assert.equal(desk.cis.sessions.size, 1, 'one session for both');
    assert.equal(desk.cis.live[0]?.pins, 2);
    await desk.call('takeCard');
    for (const client_name of ['Clinic', 'Pharmacy'])
      assert.ok(await silent(desk, { client_name }), client_name);
    const third = await atPage(desk, 'Radiology');
    assert.match(third.page.body, /Put your smartcard into the reader/);
    assert.deepEqual(endings(desk), [null]);
  });

  test('distinguishes applications with the same name by the client id that CIS2 signed', async (t) => {
    const desk = await testDesk(t, { generation: 'internet' });
    await desk.call('insertCard', { card: 'ada' });
    const own = { client_name: 'Clinic', client_id: 'clinic-1' };
    const { location } = await desk.handOff((await desk.cis2.request(own)).jws);
    const { pathname } = new URL(location);
    const card = desk.cardField((await desk.visit(pathname)).body);
    assert.equal((await desk.post(`${pathname}/pin`, { pin: rightPin, card })).status, 200);
    assert.ok(await silent(desk, { ...own, client_name: 'Clinic, renamed' }));
    for (const other of [{ client_id: 'clinic-2' }, { client_id: 'Clinic' }, {}])
      assert.equal(await silent(desk, { client_name: 'Clinic', ...other, interactive: false }), true);
    assert.deepEqual(desk.cis2.reasons, ['login_required', 'login_required', 'login_required']);
    await assert.rejects(desk.call('getTicketNoAuth', { application: 'clinic-1' }), /No user is signed in/);
  });

  test('distinguishes desktop applications by their names', async (t) => {
    const desk = await testDesk(t, { generation: 'internet' });
    await desk.call('insertCard', { card: 'ada' });
    const first = desk.call<{ ticket: string }>('getTicket', { application: 'One' });
    while ((await desk.call('status')).question !== 'pin');
    await desk.call('answerPin', { pin: rightPin });
    const { ticket } = await first;
    assert.deepEqual(await desk.call('getTicketNoAuth', { application: 'One' }), { ticket });
    await assert.rejects(desk.call('getTicketNoAuth', { application: 'Two' }), /No user is signed in/);
    const second = desk.call<{ ticket: string }>('getTicket', { application: 'Two' });
    while ((await desk.call('status')).question !== 'pin');
    await desk.call('answerPin', { pin: rightPin });
    assert.deepEqual(await second, { ticket });
  });

  test('leaves the role to CIS2, and ignores modes and the screen', async (t) => {
    const desk = await testDesk(t, { generation: 'internet', mode: 'enhancedNormal' });
    desk.cis.roles.set(ada, [roleOf(1), roleOf(2)]);
    await desk.call('insertCard', { card: 'ada' });
    const { pathname, page } = await atPage(desk, 'Clinic');
    await desk.post(`${pathname}/pin`, { pin: rightPin, card: desk.cardField(page.body) });
    assert.equal(desk.cis2.proofs[0]?.selected_roleid, undefined);
    assert.deepEqual(brief(await desk.call('screenLocked')), ['signedIn', null, null]);
  });

  test("ends everything of the former user after another user's PIN", async (t) => {
    const desk = await testDesk(t, { generation: 'internet' });
    await desk.call('insertCard', { card: 'ada' });
    desk.agent.askForPin();
    await desk.call('answerPin', { pin: rightPin });
    await desk.call('insertCard', { card: 'ben' });
    desk.agent.askForPin();
    await desk.call('answerPin', { pin: rightPin });
    assert.deepEqual(endings(desk), ['anotherPerson', null]);
  });
});

describe('one user at a workstation', () => {
  for (const mode of all)
    test(`ends the former session at another user's sign-in: ${mode}`, async (t) => {
      const desk = await testDesk(t, { mode });
      await desk.signIn('ada');
      const { ticket } = await desk.call<{ ticket: string }>('getTicketNoAuth');
      await desk.signIn('ben');
      assert.deepEqual(
        desk.cis.live.map(({ uid }) => uid),
        [ben],
      );
      assert.notDeepEqual(await desk.call('getTicketNoAuth'), { ticket });
    });

  test('ends the former session at CIS also if CIS did not respond at first', async (t) => {
    const desk = await testDesk(t, { mode: 'mobility' });
    await desk.signIn('ada');
    await desk.call('insertCard', { card: 'ben' });
    desk.cis.down = true;
    await assert.rejects(desk.call('answerPin', { pin: rightPin }), /CIS does not answer/);
    assert.equal(desk.agent.session, undefined, 'nobody vouches for Ada any more');
    desk.cis.down = false;
    desk.clock.advance(6);
    await desk.tick();
    assert.deepEqual(endings(desk), ['anotherPerson']);
  });
});
