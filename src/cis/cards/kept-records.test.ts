import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { type KeptCard, type KeptCardsAnswer, paths } from '../protocol.ts';
import { issueCard, type TestCard } from '../testing/cards.ts';
import { startCis, type TestCis, uids } from '../testing/cis.ts';
import { Desk } from '../testing/desk.ts';

describe('cards in an export', () => {
  let cis: TestCis;
  let card: TestCard;
  before(async () => {
    cis = await startCis();
    card = await issueCard(cis, uids.gp);
  });
  after(() => cis.close());

  const list = async () => (await cis.call<KeptCardsAnswer>(paths.cardRecords, { as: 'console' })).body.cards;
  const put = (kept: unknown, serial = card.serial) =>
    cis.call(paths.cardRecord(serial), { method: 'PUT', body: kept, as: 'console' });
  const kept = async (): Promise<KeptCard> => (await list())[0] as KeptCard;

  test('contain the state and certificates of a card, without keys and codes', async () => {
    const [only, ...more] = await list();
    assert.deepEqual([only?.serial, only?.uid, only?.state, more], [card.serial, uids.gp, 'active', []]);
    assert.deepEqual(only?.issued.map(({ purpose }) => purpose).sort(), ['authentication', 'signing']);
    assert.doesNotMatch(JSON.stringify(only), /sealed|unblocking|key"/i);
  });

  test('are removed and imported unchanged, any number of times', async () => {
    const before = await kept();
    assert.equal(
      (await cis.call(paths.cardRecord(card.serial), { method: 'DELETE', as: 'console' })).status,
      204,
    );
    assert.deepEqual(await list(), []);
    assert.equal((await put(before)).status, 204);
    assert.deepEqual(await list(), [before]);
    assert.equal((await put(before)).status, 204);
    assert.deepEqual(await list(), [before], 'importing again changes nothing');
  });

  test('end the sessions of a card that is imported as revoked, and never undo a revocation', async () => {
    const before = await kept();
    const desk = new Desk(cis);
    await desk.signIn(card);
    const issued = before.issued.map((one) => ({
      ...one,
      revokedAt: cis.clock.now(),
      revocationReason: 'keyCompromise' as const,
    }));
    assert.equal((await put({ ...before, state: 'revoked', issued })).status, 204);
    assert.equal((await desk.heartbeat()).status, 410);
    const refused = async () => (await new Desk(cis).trySignIn(card)).body.error;
    assert.equal(await refused(), 'certificate_revoked');
    await put(before);
    assert.equal(await refused(), 'certificate_revoked', 'an older export does not undo the revocation');
  });

  test('are accepted from the console only, and only if they are complete', async () => {
    for (const as of ['cis2', 'cardIssuer', undefined] as const)
      for (const [method, path] of [
        ['GET', paths.cardRecords],
        ['PUT', paths.cardRecord('1234')],
        ['DELETE', paths.cardRecord('1234')],
      ] as const) {
        const { status } = await cis.call(path, { method, ...(as ? { as } : {}) });
        assert.ok(status === 401 || status === 403, `${method} ${path} by ${as}: ${status}`);
      }
    const good = await kept();
    const bad: [string, unknown][] = [
      ['state', { ...good, state: 'expired' }],
      ['uid', { ...good, uid: '1' }],
      ['issued.0.serial', { ...good, issued: [{ ...good.issued[0], serial: 'Z' }] }],
      ['more', { ...good, more: 1 }],
      ['createdAt', { ...good, createdAt: -1 }],
    ];
    for (const [field, body] of bad) {
      const answer = await put(body);
      assert.deepEqual([answer.status, answer.body.field], [400, field]);
    }
    assert.equal((await put(good, 'another')).status, 400);
  });
});
