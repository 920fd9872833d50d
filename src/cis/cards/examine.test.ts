import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { paths } from '../protocol.ts';
import { issueCard, manager } from '../testing/cards.ts';
import { startCis, type TestCis, uids } from '../testing/cis.ts';

describe('the examination of a card before its PIN', () => {
  let cis: TestCis;
  before(async () => {
    cis = await startCis({ allowVirtualCards: true });
  });
  after(() => cis.close());

  const examine = async (body: unknown) => {
    const answer = await cis.call(paths.cardExamination, { body });
    return [answer.status, answer.body.error ?? null];
  };

  test('accepts a card that can sign in, and stores nothing', async () => {
    const { certificate } = await issueCard(cis, uids.gp);
    const last = (await cis.audit.list()).at(-1)?.seq;
    assert.deepEqual(await examine({ certificate }), [204, null]);
    assert.equal((await cis.audit.list()).at(-1)?.seq, last);
  });

  test('names an expired, a foreign and a revoked card, as the sign-in would', async () => {
    for (const [profile, error] of [
      ['expired', 'certificate_expired'],
      ['foreign', 'certificate_untrusted'],
      ['revoked', 'certificate_revoked'],
    ] as const) {
      const { certificate } = await issueCard(cis, uids.gp, { profile });
      assert.deepEqual(await examine({ certificate }), [403, error], profile);
    }
    const { certificate, serial } = await issueCard(cis, uids.gp);
    const revocation = { actor: manager, reason: 'keyCompromise' };
    await cis.call(paths.cardAct(serial, 'revoke'), { body: revocation, as: 'console' });
    assert.deepEqual(await examine({ certificate }), [403, 'certificate_revoked']);
  });

  test('refuses anything but a certificate', async () => {
    for (const body of [
      {},
      { certificate: 'x' },
      { certificate: 'AAAA' },
      { certificate: 'A'.repeat(20_000) },
    ]) {
      const [status] = await examine(body);
      assert.ok(Number(status) >= 400 && Number(status) < 500, JSON.stringify(body).slice(0, 60));
    }
  });
});
