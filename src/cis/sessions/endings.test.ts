import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, describe, test } from 'node:test';
import { Vault } from '@alongside/kernel/secrets';
import { Cards } from '../cards/cards.ts';
import { Directory } from '../directory/directory.ts';
import { CertificateRecords } from '../issuing-authority/certificate-records.ts';
import { paths } from '../protocol.ts';
import { issueCard, type TestCard } from '../testing/cards.ts';
import { startCis, startSubscriber, type TestCis, type TestSubscriber, uids } from '../testing/cis.ts';
import { Desk } from '../testing/desk.ts';

// Short waits, so that a test of a second attempt takes no time.
const delivery = { timeout: 60_000, first: 5, most: 20 };

describe('Endings', () => {
  let cis: TestCis;
  let subscriber: TestSubscriber;
  let gp: TestCard;
  let nurse: TestCard;
  beforeEach(async () => {
    subscriber = await startSubscriber();
    cis = await startCis({ subscribers: [{ url: subscriber.url, secret: 'known to both' }], delivery });
    [gp, nurse] = await Promise.all([issueCard(cis, uids.gp), issueCard(cis, uids.nurse)]);
  });
  afterEach(async () => {
    await cis.close();
    await subscriber.close();
  });

  const activeOf = async (id: string) => (await cis.call(paths.session(id), { as: 'cis2' })).body.active;

  test('ends the former session at a workstation and notifies the subscriber before it responds to the new sign-in', async () => {
    const desk = new Desk(cis);
    const elsewhere = new Desk(cis);
    const first = await desk.signIn(gp);
    const other = await elsewhere.signIn(gp);
    const second = await desk.signIn(nurse);
    assert.deepEqual(subscriber.told, [
      {
        sessionId: first.sessionId,
        agentId: desk.agentId,
        uid: uids.gp,
        cause: 'anotherPerson',
        generation: 'hscn',
      },
    ]);
    assert.deepEqual(subscriber.authorizations, ['Bearer known to both']);
    assert.equal(await activeOf(first.sessionId), false);
    assert.equal(await activeOf(second.sessionId), true);
    assert.equal(
      await activeOf(other.sessionId),
      true,
      'a session of the same person at another desk goes on',
    );
    const [event] = await cis.events('cis.session-ended');
    assert.deepEqual([event?.from, event?.to, event?.detail], ['cis', 'cis2', { cause: 'anotherPerson' }]);
  });

  test('ends the session of the same person after the agent has lost its key', async () => {
    const desk = new Desk(cis);
    const first = await desk.signIn(gp);
    const second = await desk.signIn(gp);
    assert.deepEqual(
      subscriber.told.map(({ sessionId, cause }) => [sessionId, cause]),
      [[first.sessionId, 'agentStopped']],
    );
    assert.equal(await activeOf(second.sessionId), true);
  });

  test('ends no session for a refused sign-in', async () => {
    const desk = new Desk(cis);
    const first = await desk.signIn(gp);
    await desk.trySignIn(await issueCard(cis, uids.nurse, { profile: 'revoked' }));
    assert.equal(await activeOf(first.sessionId), true);
    assert.deepEqual(subscriber.told, []);
  });

  test('leaves one live session after simultaneous sign-ins at one workstation', async () => {
    const desk = new Desk(cis);
    const requests = [];
    for (const card of [gp, nurse, gp, nurse, gp]) requests.push(await desk.signInRequest(card));
    const answers = await Promise.all(requests.map((body) => desk.send(body)));
    const lives = await Promise.all(answers.map(({ body }) => activeOf(String(body.sessionId))));
    assert.equal(lives.filter(Boolean).length, 1);
    assert.equal(new Set(subscriber.told.map(({ sessionId }) => sessionId)).size, 4);
  });

  test('notifies the subscriber of a sign-out before it responds', async () => {
    const desk = new Desk(cis);
    await desk.signIn(gp, { generation: 'internet', mode: 'mobility' });
    await desk.sessionCall('DELETE', paths.session(desk.sessionId), { cause: 'cardRemoved' });
    assert.deepEqual(
      subscriber.told.map(({ cause, generation }) => [cause, generation]),
      [['cardRemoved', 'internet']],
    );
  });

  test('ends expired sessions once in the sweep', async () => {
    const desk = new Desk(cis);
    await desk.signIn(gp);
    await cis.service.sweep();
    assert.equal(subscriber.told.length, 0);
    cis.clock.advance(600);
    await Promise.all([cis.service.sweep(), cis.service.sweep()]);
    assert.deepEqual(
      subscriber.told.map(({ cause }) => cause),
      ['expired'],
    );
  });

  test('ends an expired session when it is read, and notifies in the background', async () => {
    const desk = new Desk(cis);
    await desk.signIn(gp);
    cis.clock.advance(600);
    assert.equal(await activeOf(desk.sessionId), false);
    await subscriber.heard(1);
    await cis.service.sweep();
    assert.deepEqual(
      subscriber.told.map(({ cause }) => cause),
      ['expired'],
    );
  });

  test('reports the cause expired for an expired session that another person displaces', async () => {
    const desk = new Desk(cis);
    await desk.signIn(gp);
    cis.clock.advance(600);
    await desk.signIn(nurse);
    assert.deepEqual(
      subscriber.told.map(({ uid, cause }) => [uid, cause]),
      [[uids.gp, 'expired']],
    );
  });

  test('ends all sessions of a disabled or removed person', async () => {
    const [one, two, three] = [new Desk(cis), new Desk(cis), new Desk(cis)];
    await one.signIn(gp);
    await two.signIn(gp);
    await three.signIn(nurse);
    await cis.call(paths.person(uids.gp), { method: 'PATCH', body: { disabled: true }, as: 'console' });
    assert.deepEqual(
      subscriber.told.map(({ uid, cause }) => [uid, cause]),
      [
        [uids.gp, 'disabled'],
        [uids.gp, 'disabled'],
      ],
    );
    await cis.call(paths.person(uids.nurse), { method: 'DELETE', as: 'console' });
    assert.deepEqual([subscriber.told[2]?.uid, subscriber.told[2]?.cause], [uids.nurse, 'administrator']);
  });

  test('ends in the sweep the sessions of a person or card that a killed process had changed', async () => {
    const desks = Array.from({ length: 4 }, () => new Desk(cis));
    const cards = await Promise.all(
      [uids.gp, uids.nurse, uids.locum, uids.clinician].map((uid) => issueCard(cis, uid)),
    );
    for (const [index, desk] of desks.entries()) await desk.signIn(cards[index] as TestCard);
    await cis.service.sweep();
    assert.deepEqual(subscriber.told, []);
    // The changes alone, as if the process had stopped right after them.
    const { database, clock, audit } = cis;
    const directory = new Directory(database);
    const record = audit.recordStatement({ action: 'directory.person-changed', outcome: 'ok', actor: '' });
    await directory.change(uids.gp, { disabled: true }, undefined, () => [record]);
    await directory.remove(uids.nurse, undefined, record);
    const vault = new Vault(Buffer.alloc(32, 7));
    const kept = new Cards(database, new CertificateRecords(database), vault, clock);
    await kept.revoke(cards[2]?.serial ?? '', 'keyCompromise', record);
    await cis.service.sweep();
    assert.deepEqual(
      new Map(subscriber.told.map(({ uid, cause }) => [uid, cause])),
      new Map([
        [uids.gp, 'disabled'],
        [uids.nurse, 'administrator'],
        [uids.locum, 'administrator'],
      ]),
    );
    assert.equal((await desks[3]?.heartbeat())?.status, 200);
  });

  test('retries a failed delivery in order without delaying the sign-outs', async () => {
    const [one, two] = [new Desk(cis), new Desk(cis)];
    await one.signIn(gp);
    await two.signIn(nurse);
    subscriber.failures.push(503, 500, 401);
    assert.equal((await one.sessionCall('DELETE', paths.session(one.sessionId))).status, 204);
    assert.equal((await two.sessionCall('DELETE', paths.session(two.sessionId))).status, 204);
    await subscriber.heard(2);
    assert.deepEqual(
      subscriber.told.map(({ sessionId }) => sessionId),
      [one.sessionId, two.sessionId],
    );
    assert.equal(subscriber.authorizations.length, 5);
  });
});

describe('Endings with an unreachable subscriber', () => {
  let cis: TestCis;
  let there: TestSubscriber;
  before(async () => {
    there = await startSubscriber();
    const gone = await startSubscriber();
    await gone.close();
    const subscribers = [gone, there].map(({ url }) => ({ url, secret: 'x' }));
    cis = await startCis({ subscribers, delivery: { timeout: 60_000, first: 60_000, most: 60_000 } });
  });
  after(async () => {
    await cis.close();
    await there.close();
  });

  test('answers at once and notifies the other subscribers', async () => {
    const desk = new Desk(cis);
    const card = await issueCard(cis, uids.gp);
    for (let round = 1; round <= 2; round++) {
      await desk.signIn(card);
      assert.equal((await desk.sessionCall('DELETE', paths.session(desk.sessionId))).status, 204);
      assert.equal(there.told.length, round);
    }
  });
});
