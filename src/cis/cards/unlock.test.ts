import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { Desk, issueCard, startCis, type TestCard, type TestCis, uids } from '../cis.fixture.ts';
import { paths, proofHeader } from '../protocol.ts';
import { auditOf, cardOf, codeIn, mailsOf } from './cards.fixture.ts';

describe('self-service unlocking', () => {
  let cis: TestCis;
  let card: TestCard;
  before(async () => {
    cis = await startCis({ limits: { unlockMailsPerHour: 100, unlockCallsPerMinute: 1_000 } });
    card = await issueCard(cis, uids.gp);
  });
  after(() => cis.close());

  const ask = (serial = card.serial) => cis.call(paths.unlockCode(serial), { method: 'POST' });
  const give = (code: string, serial = card.serial) => cis.call(paths.unlock(serial), { body: { code } });
  const latestCode = async () => codeIn((await mailsOf(cis))[0] ?? assert.fail('no mail'));
  const freshCode = async () => {
    cis.clock.advance(1);
    assert.equal((await ask()).status, 202);
    return latestCode();
  };
  const another = (code: string) => code.replace(/^./, (digit) => String((Number(digit) + 1) % 10));

  test('a code is mailed to the holder, and gives the unblocking code once', async () => {
    const { status, body } = await ask();
    assert.deepEqual([status, body], [202, { expiresIn: 900 }]);
    const [mail] = await mailsOf(cis);
    assert.deepEqual([mail?.to, mail?.state, mail?.attempts], ['gp@example.test', 'kept', 0]);
    const code = await latestCode();
    assert.match(code, /^\d{8}$/);
    const answers = await Promise.all([give(code), give(code), give(code)]);
    const right = answers.filter((answer) => answer.status === 200);
    assert.deepEqual(
      right.map((answer) => answer.body),
      [{ unblockingCode: '87654321' }],
    );
    assert.deepEqual((await give(code)).body.error, 'expired');
  });

  test('it is nowhere in clear: not in storage, the audit or the events', async () => {
    const code = await freshCode();
    await give(another(code));
    await give(code);
    const tables = ['single_use', 'card', 'mail', 'audit', 'event', 'counter'];
    for (const table of tables) {
      const rows = JSON.stringify(await cis.database.all({ text: `SELECT * FROM ${table}`, values: [] }));
      assert.ok(!rows.includes(code), table);
      assert.ok(!rows.includes('87654321'), table);
      assert.ok(!rows.includes('gp@example.test'), table);
    }
  });

  test('it is good for 15 minutes', async () => {
    const code = await freshCode();
    cis.clock.advance(899);
    const second = await freshCode();
    assert.equal((await give(second)).status, 200);
    const third = await freshCode();
    cis.clock.advance(900);
    const late = await give(third);
    assert.deepEqual([late.status, late.body.error], [410, 'expired']);
    assert.equal((await give(code)).status, 410, 'and the first one ended with the second');
  });

  test('five wrong ones end it, also when they come at once', async () => {
    const code = await freshCode();
    const wrong = await give(another(code));
    assert.deepEqual([wrong.status, wrong.body.error, wrong.body.attemptsLeft], [403, 'wrong_code', 4]);
    const many = await Promise.all(Array.from({ length: 20 }, () => give(another(code))));
    assert.equal(many.filter(({ status }) => status === 403).length, 4);
    assert.equal(many.filter(({ status }) => status === 410).length, 16);
    assert.equal((await give(code)).status, 410);
    const [last] = (await auditOf(cis, 'cis.unlock')).slice(-1);
    assert.deepEqual([last?.outcome, last?.detail], ['refused', { code: 'expired' }]);
  });

  test('a new code ends the one before', async () => {
    const first = await freshCode();
    const second = await freshCode();
    assert.equal((await give(first)).body.error, first === second ? undefined : 'wrong_code');
    assert.equal((await give(second)).status, 200);
  });

  test('a code of one card opens no other', async () => {
    const other = await issueCard(cis, uids.nurse);
    const code = await freshCode();
    await ask(other.serial);
    assert.equal((await give(code, other.serial)).body.error, 'wrong_code');
  });

  test('the answer tells nobody whether a card is known, over, or without an address', async () => {
    const before = (await mailsOf(cis)).length;
    const revoked = await issueCard(cis, uids.gp, { profile: 'revoked' });
    const expired = await issueCard(cis, uids.gp, { profile: 'expired' });
    const silent = await issueCard(cis, uids.starter);
    await cis.call(paths.person(uids.starter), { method: 'PATCH', body: { email: '' }, as: 'console' });
    for (const serial of ['no-such-card', revoked.serial, expired.serial, silent.serial]) {
      const { status, body } = await ask(serial);
      assert.deepEqual([status, body], [202, { expiresIn: 900 }]);
      assert.deepEqual((await give('12345678', serial)).body.error, 'expired');
    }
    assert.equal((await mailsOf(cis)).length, before);
    const whys = (await auditOf(cis, 'cis.unlock-code')).flatMap(({ detail }) => detail.why ?? []);
    assert.deepEqual(whys, ['revoked', 'expired', 'noEmail']);
  });

  test('what is no code is refused before an attempt is used up', async () => {
    const code = await freshCode();
    for (const odd of ['', '1234567', '123456789', '1234567a', '１２３４５６７８'])
      assert.equal((await give(odd)).status, 400);
    assert.equal((await cis.call(paths.unlock(card.serial), { body: { code, more: 1 } })).status, 400);
    assert.equal((await give(another(code))).body.attemptsLeft, 4);
  });

  test('an agent says when a PIN is blocked or open again, by its own key', async () => {
    const desk = new Desk(cis);
    const say = async (pin: string) => {
      const path = paths.pinState(card.serial);
      const header = { jwk: desk.agentKey.jwk };
      const proof = await desk.proof({ method: 'POST', path, header }, desk.agentKey);
      return cis.call(path, { body: { pin }, headers: { [proofHeader]: proof } });
    };
    assert.equal((await say('blocked')).status, 204);
    assert.equal((await cardOf(cis, card.serial)).pin, 'blocked');
    assert.equal((await say('blocked')).status, 204);
    assert.equal((await say('open')).status, 204);
    assert.equal((await cardOf(cis, card.serial)).pin, 'open');
    assert.equal((await auditOf(cis, 'cis.card-blocked')).length, 1);
    assert.equal((await say('ajar')).status, 400);
    const bare = await cis.call(paths.pinState(card.serial), { body: { pin: 'blocked' } });
    assert.equal(bare.body.error, 'invalid_proof');
  });
});

describe('limits without a sign-in', () => {
  let cis: TestCis;
  before(async () => {
    cis = await startCis({
      limits: { unlockMailsPerHour: 2, unlockCallsPerMinute: 6, challengesPerMinute: 3 },
    });
  });
  after(() => cis.close());

  test('mails for one card, calls and challenges of one network address', async () => {
    const card = await issueCard(cis, uids.gp);
    const ask = () => cis.call(paths.unlockCode(card.serial), { method: 'POST' });
    for (let n = 0; n < 6; n++) assert.equal((await ask()).status, 202);
    assert.equal((await mailsOf(cis)).length, 2);
    const tried = await cis.call(paths.unlock(card.serial), { body: { code: '12345678' } });
    assert.deepEqual([tried.status, tried.body.error], [429, 'too_many_requests']);
    cis.clock.advance(3_600);
    await ask();
    assert.equal((await mailsOf(cis)).length, 3);

    const challenge = async () => (await cis.call(paths.challenge, { method: 'POST' })).status;
    const statuses = [await challenge(), await challenge(), await challenge(), await challenge()];
    assert.deepEqual(statuses, [200, 200, 200, 429]);
    cis.clock.advance(60);
    assert.equal(await challenge(), 200);
  });
});
