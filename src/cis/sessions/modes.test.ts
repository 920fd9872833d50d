import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { thumbprint } from '@alongside/kernel/jws';
import { type Generation, paths, type SessionMode, signInMessage } from '../protocol.ts';
import { issueCard, type TestCard } from '../testing/cards.ts';
import { startCis, startSubscriber, type TestCis, type TestSubscriber, uids } from '../testing/cis.ts';
import { Desk } from '../testing/desk.ts';

const modes: readonly SessionMode[] = ['normal', 'enhancedNormal', 'sessionLockPersistence', 'mobility'];
const generations: readonly Generation[] = ['hscn', 'internet'];
const all = generations.flatMap((generation) => modes.map((mode) => ({ generation, mode })));

describe('sessions in each mode and generation', () => {
  let cis: TestCis;
  let subscriber: TestSubscriber;
  let gp: TestCard;
  let nurse: TestCard;
  beforeEach(async () => {
    subscriber = await startSubscriber();
    cis = await startCis({ subscribers: [{ url: subscriber.url, secret: 'x' }] });
    [gp, nurse] = await Promise.all([issueCard(cis, uids.gp), issueCard(cis, uids.nurse)]);
  });
  afterEach(async () => {
    await cis.close();
    await subscriber.close();
  });

  const stateOf = async (id: string) => (await cis.call(paths.session(id), { as: 'cis2' })).body;

  async function pinAgain(desk: Desk, card: TestCard) {
    const challenge = await desk.challenge();
    const signed = card.sign(signInMessage(challenge, thumbprint(desk.sessionKey.jwk)));
    return desk.sessionCall('POST', paths.pin(desk.sessionId), { ...signed, challenge });
  }

  for (const { generation, mode } of all) {
    const name = `${generation}, ${mode}`;

    test(`${name}: stores both with the session, the audit record and the event`, async () => {
      const desk = new Desk(cis);
      await desk.signIn(gp, { generation, mode });
      const state = await stateOf(desk.sessionId);
      assert.deepEqual([state.generation, state.mode], [generation, mode]);
      const [audit] = (await cis.audit.list()).filter(({ action }) => action === 'cis.sign-in');
      assert.deepEqual([audit?.detail.generation, audit?.detail.mode], [generation, mode]);
      const [event] = await cis.events('cis.sign-in');
      assert.deepEqual(event?.detail, { generation, mode });
    });

    test(`${name}: lives with a heartbeat every 120 s or a PIN and ends after 600 s without`, async () => {
      const desk = new Desk(cis);
      const { heartbeatEvery } = await desk.signIn(gp, { generation, mode });
      assert.equal(heartbeatEvery, 120);
      for (let n = 0; n < 8; n++) {
        cis.clock.advance(120);
        assert.equal((await desk.heartbeat()).status, 200);
      }
      cis.clock.advance(599);
      assert.equal((await pinAgain(desk, gp)).status, 200);
      cis.clock.advance(599);
      assert.equal((await stateOf(desk.sessionId)).active, true);
      cis.clock.advance(1);
      const state = await stateOf(desk.sessionId);
      assert.deepEqual([state.active, state.endCause], [false, 'expired']);
      assert.equal((await pinAgain(desk, gp)).status, 410);
    });

    test(`${name}: ends only the sessions of the former person when another signs in at the workstation`, async () => {
      const [desk, elsewhere] = [new Desk(cis), new Desk(cis)];
      const former = await desk.signIn(gp, { generation, mode });
      const other = await elsewhere.signIn(gp, { generation, mode });
      for (const next of all) {
        subscriber.told.length = 0;
        const before = desk.sessionId;
        const card = (await stateOf(before)).uid === uids.gp ? nurse : gp;
        await desk.signIn(card, next);
        assert.deepEqual(
          subscriber.told.map(({ sessionId, cause, agentId }) => [sessionId, cause, agentId]),
          [[before, 'anotherPerson', desk.agentId]],
        );
        assert.equal((await stateOf(before)).active, false);
      }
      assert.equal((await stateOf(former.sessionId)).endCause, 'anotherPerson');
      assert.equal((await stateOf(other.sessionId)).active, true);
    });
  }
});
