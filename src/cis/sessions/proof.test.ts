import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { type ProofAnswer, paths } from '../protocol.ts';
import { issueCard, type TestCard } from '../testing/cards.ts';
import { startCis, type TestCis, uids } from '../testing/cis.ts';
import { Desk } from '../testing/desk.ts';

describe('POST /sessions/{id}/proof', () => {
  const message = createHash('sha256').update('issuer and nonce').digest();
  let cis: TestCis;
  let card: TestCard;
  let desk: Desk;
  before(async () => {
    cis = await startCis();
    card = await issueCard(cis, uids.gp);
    desk = new Desk(cis);
    await desk.signIn(card);
  });
  after(() => cis.close());

  async function ask(of: TestCard | null, changes: Record<string, unknown> = {}): Promise<ProofAnswer> {
    const body = of
      ? { message: message.toString('base64'), card: of.sign(message) }
      : { message: null, card: null };
    const answer = await cis.call(paths.proof(desk.sessionId), { body: { ...body, ...changes }, as: 'cis2' });
    assert.equal(answer.status, 200, JSON.stringify(answer.body));
    return answer.body as unknown as ProofAnswer;
  }

  test('accepts a signature of the card of the session', async () => {
    const { session, card: verdict } = await ask(card);
    assert.deepEqual(verdict, { valid: true, reason: null });
    assert.deepEqual([session.active, session.uid, session.sessionId], [true, uids.gp, desk.sessionId]);
    const event = (await cis.events('cis.proof')).at(-1);
    assert.deepEqual(
      [event?.from, event?.outcome, event?.detail],
      ['cis2', 'ok', { active: true, card: 'valid' }],
    );
    const signIn = (await cis.events('cis.sign-in')).at(-1);
    assert.equal(event?.journey, signIn?.journey);
  });

  test('returns no verdict without a card', async () => {
    assert.equal((await ask(null)).card, null);
  });

  test('refuses a signature of another message', async () => {
    assert.deepEqual((await ask(card, { card: card.sign('other') })).card, {
      valid: false,
      reason: 'signature_invalid',
    });
    const event = (await cis.events('cis.proof')).at(-1);
    assert.deepEqual([event?.outcome, event?.detail.card], ['refused', 'signature_invalid']);
  });

  test('refuses cards that are revoked, expired, foreign or not for signing in', async () => {
    const reasonOf = async (profile: 'revoked' | 'expired' | 'foreign') =>
      (await ask(await issueCard(cis, uids.gp, { profile }))).card?.reason;
    assert.equal(await reasonOf('revoked'), 'certificate_revoked');
    assert.equal(await reasonOf('expired'), 'certificate_expired');
    assert.equal(await reasonOf('foreign'), 'certificate_untrusted');
    const signing = { ...card.sign(message), certificate: card.signingCertificate };
    assert.equal((await ask(card, { card: signing })).card?.reason, 'certificate_untrusted');
  });

  test('refuses a valid card of another person', async () => {
    assert.deepEqual((await ask(await issueCard(cis, uids.nurse))).card, {
      valid: false,
      reason: 'certificate_untrusted',
    });
  });

  test('refuses a card that was revoked after the sign-in', async () => {
    const later = await issueCard(cis, uids.gp);
    assert.equal((await ask(later)).card?.valid, true);
    await cis.database.run({
      text: "UPDATE certificate SET revoked_at = ?, revocation_reason = 'superseded' WHERE card_serial = ?",
      values: [cis.clock.now(), later.serial],
    });
    assert.equal((await ask(later)).card?.reason, 'certificate_revoked');
  });

  test('accepts only well-formed calls of CIS2 about known sessions', async () => {
    const path = paths.proof(desk.sessionId);
    const body = { message: null, card: null };
    assert.equal((await cis.call(path, { body })).status, 401);
    assert.equal((await cis.call(path, { body, as: 'authorisation' })).status, 403);
    assert.equal((await cis.call(paths.proof('unknown'), { body, as: 'cis2' })).status, 404);
    for (const wrong of [
      {},
      { message: null },
      { message: 'QUJD', card: null },
      { message: null, card: card.sign('x') },
    ]) {
      assert.equal((await cis.call(path, { body: wrong, as: 'cis2' })).status, 400);
    }
  });

  test('reports an ended session as ended', async () => {
    await desk.sessionCall('DELETE', paths.session(desk.sessionId), { cause: 'cardRemoved' });
    const { session, card: verdict } = await ask(card);
    assert.deepEqual([session.active, session.endCause, verdict?.valid], [false, 'cardRemoved', true]);
    assert.equal((await cis.events('cis.proof')).at(-1)?.outcome, 'refused');
  });
});
