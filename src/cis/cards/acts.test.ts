import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { type CardAct, paths } from '../protocol.ts';
import { auditOf, cardOf, issueCard, manager, newKeys } from '../testing/cards.ts';

import { startCis, startSubscriber, type TestCis, uids } from '../testing/cis.ts';
import { Desk } from '../testing/desk.ts';
import { positionFor, publishedPositions } from './positions.ts';

describe('actions of the registration authority on cards', () => {
  let cis: TestCis;
  let subscriber: Awaited<ReturnType<typeof startSubscriber>>;
  before(async () => {
    subscriber = await startSubscriber();
    cis = await startCis({ subscribers: [{ url: subscriber.url, secret: 'x' }] });
  });
  after(async () => {
    await cis.close();
    await subscriber.close();
  });

  const post = (path: string, body: unknown, as: 'console' | 'cis2' = 'console') =>
    cis.call(path, { body, as });
  const act = (serial: string, name: CardAct, body: object) =>
    post(paths.cardAct(serial, name), { actor: manager, ...body });
  const order = (uid: string, more: object = {}) => post(paths.cards, { actor: manager, uid, ...more });
  const certify = (uid: string, cardSerial: string) =>
    cis.call(paths.certificates, {
      body: { uid, cardSerial, profile: 'standard', ...newKeys().body },
      as: 'cardIssuer',
    });

  test('orders a locked card, which becomes active with its certificates', async () => {
    const { status, body, headers } = await order(uids.gp, { locked: true });
    assert.equal(status, 201);
    const serial = String(body.serial);
    assert.equal(headers.get('location'), `/cards/${serial}`);
    assert.deepEqual(body, {
      serial,
      uid: uids.gp,
      state: 'ordered',
      pin: 'blocked',
      issuedLocked: true,
      orderedBy: manager,
      replaces: null,
      notBefore: null,
      notAfter: null,
      renewable: false,
      revokedAt: null,
      revocationReason: null,
      unlockable: false,
    });
    assert.equal((await certify(uids.gp, serial)).status, 201);
    const card = await cardOf(cis, serial);
    assert.deepEqual([card.state, card.orderedBy, card.unlockable], ['active', manager, true]);
    assert.equal(card.notAfter, '2028-01-31T09:00:00.000Z');
    assert.equal((await order(uids.nurse, { serial })).body.error, 'card_taken');
    assert.equal((await order('000000000000')).body.error, 'not_found');
    const [audit] = await auditOf(cis, 'cis.card-order');
    assert.deepEqual(
      [audit?.actor, audit?.target, audit?.detail],
      [manager, serial, { position: 'manager', uid: uids.gp, locked: true }],
    );
  });

  test('rejects people without a position and audits the attempt', async () => {
    const card = await issueCard(cis, uids.gp);
    for (const actor of [uids.gp, uids.starter, '000000000000']) {
      for (const name of ['revoke', 'replace', 'renew', 'unblock'] as const) {
        const body = name === 'revoke' || name === 'replace' ? { actor, reason: 'unspecified' } : { actor };
        const answer = await post(paths.cardAct(card.serial, name), body);
        assert.deepEqual([answer.status, answer.body.error], [422, 'act_not_allowed'], name);
      }
      assert.equal((await post(paths.cards, { actor, uid: uids.gp })).body.error, 'act_not_allowed');
    }
    assert.equal((await cardOf(cis, card.serial)).state, 'active');
    const refused = (await auditOf(cis, 'cis.card-unblock')).filter(({ outcome }) => outcome === 'refused');
    assert.deepEqual(
      refused.map(({ actor, target }) => [actor, target]),
      [uids.gp, uids.starter, '000000000000'].map((actor) => [actor, card.serial]),
    );
    assert.equal((await post(paths.cards, { actor: manager, uid: uids.gp }, 'cis2')).status, 403);
    assert.equal((await cis.call(paths.cards)).status, 401);
  });

  test('allows each position its acts', () => {
    const codes = {
      ...publishedPositions,
      localSmartcardAdministrator: ['B9001'],
      idChecker: ['B9002'],
      sponsor: ['B9003'],
      agentAdvanced: ['B9004'],
    };
    const role = (roleCode: string, activities: string[] = []) => ({
      uid: '1',
      disabled: false,
      roles: [{ roleCode, activities: activities.map((code) => ({ code, name: code })) }],
    });
    const may = (person: ReturnType<typeof role>) =>
      (['order', 'revoke', 'replace', 'renew', 'unblock'] as const).filter((name) => {
        try {
          return positionFor(name, person, codes) !== undefined;
        } catch {
          return false;
        }
      });
    const all = ['order', 'revoke', 'replace', 'renew', 'unblock'];
    assert.deepEqual(may(role('S0080:G0450:R5080')), all);
    assert.deepEqual(may(role('S0080:G0450:R5090')), all);
    assert.deepEqual(may(role('S8001:G8002:R8008', ['B9004'])), all);
    assert.deepEqual(may(role('S8001:G8002:R8008', ['B9001'])), ['unblock']);
    assert.deepEqual(may(role('S8001:G8002:R8008', ['B9002', 'B9003'])), []);
    assert.deepEqual(may({ ...role('S0080:G0450:R5080'), disabled: true }), []);
  });

  test('revokes a card, which ends its sessions and prevents sign-ins and certificates', async () => {
    const card = await issueCard(cis, uids.nurse);
    const other = await issueCard(cis, uids.nurse);
    const [desk, elsewhere] = [new Desk(cis), new Desk(cis)];
    await desk.signIn(card);
    await elsewhere.signIn(other);
    const { status, body } = await act(card.serial, 'revoke', { reason: 'keyCompromise' });
    assert.deepEqual([status, body.state, body.revocationReason], [200, 'revoked', 'keyCompromise']);
    assert.deepEqual(
      subscriber.told.map(({ sessionId, cause }) => [sessionId, cause]),
      [[desk.sessionId, 'administrator']],
    );
    assert.equal((await elsewhere.heartbeat()).status, 200, 'another card of the same person stays valid');
    assert.equal((await desk.trySignIn(card)).body.error, 'certificate_revoked');
    assert.equal((await certify(uids.nurse, card.serial)).body.error, 'card_revoked');
    assert.equal((await act(card.serial, 'revoke', { reason: 'unspecified' })).body.error, 'card_revoked');
    assert.equal((await act('none-such', 'revoke', { reason: 'unspecified' })).status, 404);
    assert.equal((await act(other.serial, 'revoke', { reason: 'boredom' })).status, 400);
  });

  test('replaces a card: revokes it and orders a new one for the same person', async () => {
    const card = await issueCard(cis, uids.locum);
    const { status, body } = await act(card.serial, 'replace', { reason: 'superseded' });
    assert.deepEqual(
      [status, body.uid, body.state, body.replaces],
      [201, uids.locum, 'ordered', card.serial],
    );
    const old = await cardOf(cis, card.serial);
    assert.deepEqual([old.state, old.revocationReason], ['replaced', 'superseded']);
    assert.equal((await new Desk(cis).trySignIn(card)).body.error, 'certificate_revoked');
    assert.equal((await certify(uids.locum, String(body.serial))).status, 201);
    const taken = await act(String(body.serial), 'replace', { reason: 'superseded', serial: card.serial });
    assert.deepEqual([taken.status, taken.body.error], [409, 'card_taken']);
    const again = await act(card.serial, 'replace', { reason: 'superseded', serial: 'second-successor' });
    assert.deepEqual([again.status, again.body.error], [409, 'card_revoked']);
    assert.equal((await cis.call(paths.card('second-successor'), { as: 'console' })).status, 404);
  });

  test('returns the unblocking code to a person who may unlock', async () => {
    const card = await issueCard(cis, uids.gp);
    assert.deepEqual((await act(card.serial, 'unblock', {})).body, { unblockingCode: '87654321' });
    const [audit] = (await auditOf(cis, 'cis.card-unblock')).filter(({ outcome }) => outcome === 'ok');
    assert.deepEqual([audit?.actor, audit?.target], [manager, card.serial]);
    assert.ok(!JSON.stringify(await cis.audit.list()).includes('87654321'));
  });

  test('lists cards by person and in pages', async () => {
    const { body } = await cis.call(`${paths.cards}?limit=1`, { as: 'console' });
    assert.equal((body.cards as unknown[]).length, 1);
    const next = await cis.call(`${paths.cards}?limit=500&after=${body.next}`, { as: 'console' });
    assert.ok((next.body.cards as { serial: string }[]).every(({ serial }) => serial > String(body.next)));
    const own = await cis.call(`${paths.cards}?uid=${uids.locum}`, { as: 'console' });
    assert.deepEqual((own.body.cards as { uid: string; state: string }[]).map(({ state }) => state).sort(), [
      'active',
      'replaced',
    ]);
    assert.equal((await cis.call(`${paths.cards}?limit=0`, { as: 'console' })).status, 400);
  });
});

describe('cards outside development', () => {
  let cis: TestCis;
  before(async () => {
    cis = await startCis({ development: false, allowVirtualCards: true });
  });
  after(() => cis.close());

  const certify = (cardSerial: string, more: object = {}) =>
    cis.call(paths.certificates, {
      body: { uid: uids.gp, cardSerial, profile: 'standard', ...newKeys().body, ...more },
      as: 'cardIssuer',
    });

  test('are certified once per order, and again within a day of an allowed renewal', async () => {
    assert.deepEqual((await certify('123456789012')).body.error, 'card_not_ordered');
    const ordered = await cis.call(paths.cards, {
      body: { actor: manager, uid: uids.gp, serial: '123456789012' },
      as: 'console',
    });
    assert.equal(ordered.status, 201);
    assert.equal((await certify('123456789012')).status, 201);
    assert.equal((await cardOf(cis, '123456789012')).unlockable, false, 'there is no published code');
    assert.equal((await certify('123456789012')).body.error, 'card_not_ordered');

    const renew = () =>
      cis.call(paths.cardAct('123456789012', 'renew'), { body: { actor: manager }, as: 'console' });
    assert.equal((await renew()).status, 200);
    cis.clock.advance(86_400);
    assert.equal((await certify('123456789012')).body.error, 'card_not_ordered');
    await renew();
    assert.equal((await certify('123456789012', { unblockingCode: '11223344' })).status, 201);
    const unblock = await cis.call(paths.cardAct('123456789012', 'unblock'), {
      body: { actor: manager },
      as: 'console',
    });
    assert.deepEqual(unblock.body, { unblockingCode: '11223344' });
  });

  test('get another signing key once for each allowed renewal', async () => {
    const cardSerial = '123456789034';
    await cis.call(paths.cards, {
      body: { actor: manager, uid: uids.gp, serial: cardSerial },
      as: 'console',
    });
    assert.equal((await certify(cardSerial)).status, 201);
    const another = () =>
      cis.call(paths.cardSigningKey, {
        body: { uid: uids.gp, cardSerial, profile: 'standard', signingKey: newKeys().body.signingKey },
        as: 'cardIssuer',
      });
    assert.equal((await another()).body.error, 'card_not_ordered');
    const renewal = { body: { actor: manager }, as: 'console' } as const;
    await cis.call(paths.cardAct(cardSerial, 'renew'), renewal);
    assert.equal((await another()).status, 201);
    assert.equal((await another()).body.error, 'card_not_ordered');
  });

  test('do not show an outbox', async () => {
    assert.equal((await cis.call(paths.mailOutbox, { as: 'console' })).status, 403);
  });
});
