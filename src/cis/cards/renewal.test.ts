import assert from 'node:assert/strict';
import { sign, X509Certificate } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { cardRenewalMessage, paths } from '../protocol.ts';
import { auditOf, cardOf, issueCard, newKeys, type TestCard } from '../testing/cards.ts';

import { startCis, type TestCis, uids } from '../testing/cis.ts';
import { Desk } from '../testing/desk.ts';

describe('renewal by the holder', () => {
  let cis: TestCis;
  before(async () => {
    cis = await startCis();
  });
  after(() => cis.close());

  interface Changes {
    keys?: ReturnType<typeof newKeys>['body'];
    serial?: string;
    signer?: TestCard;
    challenge?: string;
  }

  /** Sends a renewal. The changes make it invalid after the card has signed. */
  async function renew(desk: Desk, card: TestCard, changes: Changes = {}, fresh = newKeys()) {
    const challenge = await desk.challenge();
    const message = cardRenewalMessage(
      challenge,
      changes.serial ?? card.serial,
      fresh.body.authenticationKey,
      fresh.body.signingKey,
    );
    const body = {
      ...(changes.signer ?? card).sign(message),
      challenge: changes.challenge ?? challenge,
      ...(changes.keys ?? fresh.body),
    };
    return desk.sessionCall('POST', paths.cardRenewal(desk.sessionId), body);
  }

  async function signedIn(profile: 'renew' | 'standard' = 'renew') {
    const card = await issueCard(cis, uids.gp, { profile });
    const desk = new Desk(cis);
    await desk.signIn(card);
    return { card, desk };
  }

  test('issues certificates for new keys and leaves the old ones valid', async () => {
    const { card, desk } = await signedIn();
    assert.equal((await cardOf(cis, card.serial)).renewable, true);
    const fresh = newKeys();
    const { status, body } = await renew(desk, card, {}, fresh);
    assert.equal(status, 201, JSON.stringify(body));
    const x509 = new X509Certificate(Buffer.from(String(body.authentication), 'base64'));
    assert.ok(x509.checkPrivateKey(fresh.authentication.privateKey));
    const record = await cardOf(cis, card.serial);
    assert.deepEqual([record.renewable, record.state], [false, 'active']);
    assert.equal(record.notAfter, x509.validToDate.toISOString());

    const renewed: TestCard = {
      ...card,
      certificate: String(body.authentication),
      sign: (message) => ({
        certificate: String(body.authentication),
        signature: sign('sha256', Buffer.from(message), fresh.authentication.privateKey).toString('base64'),
      }),
    };
    await new Desk(cis).signIn(renewed);
    await new Desk(cis).signIn(card);
    assert.equal((await auditOf(cis, 'cis.card-renewed'))[0]?.actor, uids.gp);
    const again = await renew(desk, renewed);
    assert.deepEqual([again.status, again.body.error], [409, 'renewal_too_early']);
  });

  test('is rejected before the last 90 days', async () => {
    const { card, desk } = await signedIn('standard');
    const answer = await renew(desk, card);
    assert.deepEqual([answer.status, answer.body.error], [409, 'renewal_too_early']);
  });

  test('rejects unsigned keys, another card, an unknown challenge and a revoked card', async () => {
    const { card, desk } = await signedIn();
    const error = async (changes: Changes) => (await renew(desk, card, changes)).body.error;
    assert.equal(await error({ keys: newKeys().body }), 'signature_invalid');
    assert.equal(await error({ serial: '999999999999' }), 'signature_invalid');
    assert.equal(await error({ challenge: 'unknown' }), 'challenge_invalid');
    const twin = await issueCard(cis, uids.gp, { profile: 'renew' });
    assert.equal(await error({ signer: twin }), 'another_person');
    const nurse = await issueCard(cis, uids.nurse, { profile: 'renew' });
    assert.equal(await error({ signer: nurse }), 'another_person');
    const { authenticationKey } = newKeys().body;
    assert.equal(await error({ keys: { authenticationKey, signingKey: authenticationKey } }), 'invalid_key');
    const body = { ...card.sign('x'), challenge: 'x', ...newKeys().body };
    assert.equal((await cis.call(paths.cardRenewal(desk.sessionId), { body })).body.error, 'invalid_proof');
    await cis.call(paths.cardAct(card.serial, 'revoke'), {
      body: { actor: '656005750104', reason: 'superseded' },
      as: 'console',
    });
    assert.equal(await error({}), 'session_ended');
  });
});
