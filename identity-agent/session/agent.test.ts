import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { assertMode } from '../../test/testing/platform.ts';
import type { AgentStatus } from '../protocol.ts';
import { roleOf } from '../testing/cis.ts';
import { ada, ben, refusedWith, rightPin, testDesk } from '../testing/desk.ts';

const brief = ({ state, question, attemptsLeft }: AgentStatus) => ({ state, question, attemptsLeft });

describe('the agent in Normal mode', () => {
  test('goes from no card over PIN to signed in, and back when the card is removed', async (t) => {
    const desk = await testDesk(t);
    assert.deepEqual(brief(await desk.call('status')), {
      state: 'noCard',
      question: null,
      attemptsLeft: null,
    });
    const inserted = await desk.call('insertCard', { card: 'ada' });
    assert.deepEqual(brief(inserted), { state: 'pinRequested', question: 'pin', attemptsLeft: 3 });
    assert.equal(inserted.card?.name, 'Dr Ada Fictional');
    const signedIn = await desk.call('answerPin', { pin: rightPin });
    assert.deepEqual(brief(signedIn), { state: 'signedIn', question: null, attemptsLeft: 3 });
    assert.equal(signedIn.person?.uid, ada);
    assert.equal(signedIn.role?.roleId, roleOf(1).roleId);
    assert.equal(desk.cis.live[0]?.roleId, roleOf(1).roleId);
    const taken = await desk.call('takeCard');
    assert.deepEqual(brief(taken), { state: 'noCard', question: null, attemptsLeft: null });
    assert.equal(taken.person, null);
    assert.deepEqual(
      [...desk.cis.sessions.values()].map(({ ended }) => ended),
      ['cardRemoved'],
    );
  });

  test('counts wrong PINs down to a blocked card, which stays blocked', async (t) => {
    const desk = await testDesk(t);
    await desk.call('insertCard', { card: 'ada' });
    await assert.rejects(desk.call('answerPin', { pin: '000000' }), refusedWith('wrong_pin', 2));
    await assert.rejects(desk.call('answerPin', { pin: '12' }), refusedWith('wrong_pin', 2));
    await assert.rejects(desk.call('answerPin', { pin: '000000' }), refusedWith('wrong_pin', 1));
    await assert.rejects(desk.call('answerPin', { pin: '000000' }), refusedWith('card_blocked', 0));
    assert.deepEqual(brief(await desk.call('status')), { state: 'blocked', question: null, attemptsLeft: 0 });
    await assert.rejects(desk.call('answerPin', { pin: rightPin }), refusedWith('card_blocked', 0));
    assert.equal(desk.cis.sessions.size, 0);
    assert.equal((await desk.call('insertCard', { card: 'locked' })).state, 'blocked');
  });

  test('shows no prompt when none is needed', async (t) => {
    const desk = await testDesk(t);
    await assert.rejects(desk.call('answerPin', { pin: rightPin }), refusedWith('no_open_question'));
    await desk.signIn();
    await assert.rejects(desk.call('answerPin', { pin: rightPin }), refusedWith('no_open_question'));
    await assert.rejects(desk.call('answerRole', { roleId: '1' }), refusedWith('no_open_question'));
  });

  test('asks for one of several roles, and accepts only those', async (t) => {
    const desk = await testDesk(t);
    desk.cis.roles.set(ada, [roleOf(1), roleOf(2)]);
    const asked = await desk.signIn();
    assert.deepEqual(brief(asked), { state: 'roleRequested', question: 'role', attemptsLeft: 3 });
    assert.equal(asked.roles.length, 2);
    await assert.rejects(desk.call('answerRole', { roleId: '999' }), refusedWith('unknown_role'));
    const chosen = await desk.call('answerRole', { roleId: roleOf(2).roleId });
    assert.equal(chosen.state, 'signedIn');
    assert.equal(desk.cis.live[0]?.roleId, roleOf(2).roleId);
  });

  test('lets a user without a role sign in by default', async (t) => {
    const lenient = await testDesk(t);
    lenient.cis.roles.set(ada, []);
    assert.equal((await lenient.signIn()).state, 'signedIn');
    const strict = await testDesk(t, { requireRole: true });
    strict.cis.roles.set(ada, []);
    const refused = await strict.signIn();
    assert.equal(refused.state, 'cardRejected');
    assert.equal(refused.problem, 'no_role');
    assert.equal(strict.cis.live.length, 0);
  });

  test("shows CIS's sentence for a refused card until it is inserted again", async (t) => {
    const desk = await testDesk(t);
    desk.cis.refused.set(ada, {
      code: 'certificate_expired',
      sentence: 'The certificate on this card has expired.',
    });
    const refused = await desk.signIn();
    assert.equal(refused.state, 'cardRejected');
    assert.equal(refused.reason, 'The certificate on this card has expired.');
    assert.equal(refused.question, null);
    desk.cis.refused.clear();
    await desk.call('takeCard');
    assert.equal((await desk.signIn()).state, 'signedIn');
  });

  test('keeps the prompt open while CIS does not respond', async (t) => {
    const desk = await testDesk(t);
    await desk.call('insertCard', { card: 'ada' });
    desk.cis.down = true;
    await assert.rejects(desk.call('answerPin', { pin: rightPin }), refusedWith('cis_unreachable'));
    assert.equal((await desk.call('status')).question, 'pin');
    desk.cis.down = false;
    assert.equal((await desk.call('answerPin', { pin: rightPin })).state, 'signedIn');
  });

  test('ends a session that was created while the card was removed', async (t) => {
    const desk = await testDesk(t);
    await desk.call('insertCard', { card: 'ada' });
    let open = () => undefined as void;
    desk.cis.gate = new Promise((resolve) => (open = resolve));
    const answer = desk.call('answerPin', { pin: rightPin });
    const turn = () => new Promise((resolve) => setImmediate(resolve));
    while (desk.cis.atGate === 0) await turn();
    const taken = desk.call('takeCard');
    while (desk.agent.card) await turn();
    open();
    await assert.rejects(answer, refusedWith('card_removed'));
    assert.equal((await taken).state, 'noCard');
    assert.equal(desk.agent.session, undefined);
    assert.deepEqual(
      [...desk.cis.sessions.values()].map(({ ended }) => ended),
      ['cardRemoved'],
    );
  });

  test("ends the former user's session when another card is inserted", async (t) => {
    const desk = await testDesk(t);
    await desk.signIn('ada');
    const after = await desk.signIn('ben');
    assert.equal(after.person?.uid, ben);
    assert.deepEqual(
      desk.cis.live.map(({ uid }) => uid),
      [ben],
    );
  });

  test('reports an end to CIS later if CIS did not respond', async (t) => {
    const desk = await testDesk(t);
    await desk.signIn();
    desk.cis.down = true;
    await desk.call('takeCard');
    assert.equal(desk.cis.live.length, 1);
    desk.cis.down = false;
    desk.clock.advance(6);
    await desk.tick();
    assert.deepEqual(
      [...desk.cis.sessions.values()].map(({ ended }) => ended),
      ['cardRemoved'],
    );
  });
});

describe('regular work', () => {
  test('sends a heartbeat every 120 s while signed in, and forgets a session that CIS has ended', async (t) => {
    const desk = await testDesk(t);
    await desk.signIn();
    const [session] = desk.cis.live;
    assert.ok(session);
    desk.clock.advance(119);
    await desk.tick();
    assert.equal(session.heartbeats, 0);
    desk.clock.advance(6);
    await desk.tick();
    assert.equal(session.heartbeats, 1);
    session.ended = 'administrator';
    desk.clock.advance(130);
    await desk.tick();
    const after = await desk.call('status');
    assert.deepEqual(brief(after), { state: 'pinRequested', question: 'pin', attemptsLeft: 3 });
    assert.equal(after.person, null);
  });

  test('learns at once that CIS has ended the session, with the reason', async (t) => {
    const desk = await testDesk(t);
    await desk.signIn();
    const [session] = desk.cis.live;
    assert.ok(session);
    const heard = new Promise<string>((resolve) =>
      desk.agent.onNotice((name, params) => name === 'signedOut' && resolve(JSON.stringify(params))),
    );
    await desk.cis.watched(session);
    desk.cis.endSession(session, 'administrator');
    assert.equal(await heard, '{"cause":"administrator"}');
    assert.deepEqual(brief(await desk.call('status')), {
      state: 'pinRequested',
      question: 'pin',
      attemptsLeft: 3,
    });
    assert.equal(session.heartbeats, 0, 'waiting is no heartbeat');
    // The next session is watched as well.
    await desk.call('answerPin', { pin: rightPin });
    const next = desk.cis.live[0];
    assert.ok(next);
    await desk.cis.watched(next);
  });

  test('asks again for the end after CIS was down', async (t) => {
    const desk = await testDesk(t);
    await desk.signIn();
    const [session] = desk.cis.live;
    assert.ok(session);
    await desk.cis.watched(session);
    desk.cis.dropWatches();
    while (!desk.cis.isWatched(session)) {
      desk.clock.advance(6);
      await desk.tick();
    }
  });

  test('announces the agent at the start, every 120 s, and after a sign-in', async (t) => {
    const desk = await testDesk(t);
    assert.deepEqual(desk.cis.presences, [{ agentId: desk.agent.id, sessionId: null }]);
    await desk.signIn();
    assert.equal(desk.cis.presences.at(-1)?.sessionId, desk.cis.live[0]?.id);
    const before = desk.cis.presences.length;
    desk.clock.advance(60);
    await desk.tick();
    assert.equal(desk.cis.presences.length, before);
    desk.clock.advance(61);
    await desk.tick();
    assert.equal(desk.cis.presences.length, before + 1);
  });

  test('keeps its own key private', async (t) => {
    const desk = await testDesk(t);
    assertMode(join(desk.folder, 'data', 'agent.key'), 0o600);
  });

  test('ends the session when the agent stops', async (t) => {
    const desk = await testDesk(t);
    await desk.signIn();
    await desk.service.stop();
    assert.deepEqual(
      [...desk.cis.sessions.values()].map(({ ended }) => ended),
      ['agentStopped'],
    );
  });
});

describe('other modes and the newer generation', () => {
  test('shows no prompt at insertion in the newer generation, and keeps the session without the card', async (t) => {
    const desk = await testDesk(t, { generation: 'internet' });
    const inserted = await desk.call('insertCard', { card: 'ada' });
    assert.equal(inserted.question, null);
    await assert.rejects(desk.call('answerPin', { pin: rightPin }), refusedWith('no_open_question'));
    desk.agent.askForPin();
    desk.cis.roles.set(ada, [roleOf(1), roleOf(2)]);
    assert.equal((await desk.call('answerPin', { pin: rightPin })).state, 'signedIn');
    assert.equal((await desk.call('takeCard')).state, 'signedIn');
    assert.equal(desk.cis.live.length, 1);
    await desk.call('insertCard', { card: 'ben' });
    assert.equal(desk.agent.vouching, undefined, 'nobody vouches for Ada while the card of Ben is in');
    desk.agent.askForPin();
    await desk.call('answerPin', { pin: rightPin });
    assert.deepEqual(
      desk.cis.live.map(({ uid }) => uid),
      [ben],
    );
  });

  test('locks with Session Lock Persistence, and resumes the same session with the PIN', async (t) => {
    const desk = await testDesk(t, { mode: 'sessionLockPersistence' });
    await desk.signIn();
    const [before] = desk.cis.live;
    assert.equal((await desk.call('takeCard')).state, 'locked');
    assert.equal(desk.agent.vouching, undefined);
    assert.equal((await desk.signIn()).state, 'signedIn');
    assert.deepEqual(desk.cis.live, [before]);
    assert.equal(before?.pins, 2);
  });

  test('keeps the session without the card with Mobility', async (t) => {
    const desk = await testDesk(t, { mode: 'mobility' });
    await desk.signIn();
    assert.equal((await desk.call('takeCard')).state, 'signedIn');
    assert.ok(desk.agent.vouching);
  });
});
