import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { paths } from '../protocol.ts';
import {
  auditOf,
  cardOf,
  codeIn,
  issueCard,
  mailsOf,
  manager,
  newKeys,
  type TestCard,
  wrongCode,
} from '../testing/cards.ts';

import { startCis, type TestCis, uids } from '../testing/cis.ts';
import { Desk } from '../testing/desk.ts';

describe('self-service unlocking', () => {
  let cis: TestCis;
  let card: TestCard;
  before(async () => {
    cis = await startCis({
      limits: { unlockMailsPerHour: 100, unlockMailsOfCardPerHour: 100, unlockCallsPerMinute: 1_000 },
    });
    card = await issueCard(cis, uids.gp);
    desk = new Desk(cis);
  });
  after(() => cis.close());

  let desk: Desk;
  const ask = (of = card) => desk.askCode(of);
  const give = (code: string, of = card) => desk.giveCode(of, code);
  const latestCode = async () => codeIn((await mailsOf(cis))[0] ?? assert.fail('no mail'));
  const freshCode = async () => {
    cis.clock.advance(1);
    assert.equal((await ask()).status, 202);
    return latestCode();
  };

  test('mails a code to the holder, which returns the unblocking code once', async () => {
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

  test('stores no code, unblocking code or address in plain text', async () => {
    const code = await freshCode();
    await give(wrongCode(code));
    await give(code);
    const tables = ['single_use', 'card', 'outbox', 'audit', 'event_block', 'counter', 'unlock_code'];
    for (const table of tables) {
      const rows = JSON.stringify(await cis.database.all({ text: `SELECT * FROM ${table}`, values: [] }));
      assert.ok(!rows.includes(code), table);
      assert.ok(!rows.includes('87654321'), table);
      assert.ok(!rows.includes('gp@example.test'), table);
    }
  });

  test('accepts a code for 15 minutes', async () => {
    const code = await freshCode();
    cis.clock.advance(899);
    const second = await freshCode();
    assert.equal((await give(second)).status, 200);
    const third = await freshCode();
    cis.clock.advance(900);
    const late = await give(third);
    assert.deepEqual([late.status, late.body.error], [410, 'expired']);
    assert.equal((await give(code)).status, 410);
  });

  test('ends a code after five wrong tries, even simultaneous ones', async () => {
    const countTries = async () => {
      const tries = await auditOf(cis, 'cis.unlock');
      return (name: string) => tries.filter(({ detail }) => detail.code === name).length;
    };
    const before = await countTries();
    const code = await freshCode();
    const wrong = await give(wrongCode(code));
    assert.deepEqual([wrong.status, wrong.body.error, wrong.body.attemptsLeft], [403, 'wrong_code', 4]);
    const many = await Promise.all(Array.from({ length: 20 }, () => give(wrongCode(code))));
    assert.equal(many.filter(({ status }) => status === 403).length, 4);
    assert.equal(many.filter(({ status }) => status === 410).length, 16);
    assert.equal((await give(code)).status, 410);
    const after = await countTries();
    assert.deepEqual(
      ['right', 'wrong', 'expired'].map((name) => after(name) - before(name)),
      [0, 5, 17],
      'each try is audited with its result',
    );
  });

  test('deletes an earlier code only if it is ten minutes old at a new request', async () => {
    const first = await freshCode();
    cis.clock.advance(598);
    const second = await freshCode();
    assert.equal((await give(first)).status, 200, 'the first mail was delayed');
    assert.equal((await give(second)).body.error, 'expired', 'a right code deletes the others');
    const third = await freshCode();
    cis.clock.advance(600);
    const fourth = await freshCode();
    assert.equal((await give(third)).body.error, third === fourth ? undefined : 'wrong_code');
    assert.equal((await give(fourth)).status, 200);
  });

  test('ignores guesses of other agents', async () => {
    const code = await freshCode();
    const stranger = new Desk(cis);
    for (let n = 0; n < 6; n += 1) assert.equal((await stranger.giveCode(card, wrongCode(code))).status, 410);
    assert.equal(
      (await stranger.giveCode(card, code)).status,
      410,
      'the right code is valid at its agent only',
    );
    await stranger.askCode(card);
    for (let n = 0; n < 5; n += 1) await stranger.giveCode(card, wrongCode(wrongCode(await latestCode())));
    assert.equal((await give(code)).status, 200);
  });

  test('mails, counts and stores nothing for an agent without the card', async () => {
    const code = await freshCode();
    const [mine, foreign] = await Promise.all([
      issueCard(cis, uids.gp),
      issueCard(cis, uids.gp, { profile: 'foreign' }),
    ]);
    const kept = async () =>
      JSON.stringify(
        await Promise.all(
          ["single_use WHERE kind NOT LIKE 'network-%'", 'card', 'outbox', 'unlock_code'].map((from) =>
            cis.database.all({ text: `SELECT * FROM ${from} ORDER BY 1, 2`, values: [] }),
          ),
        ),
      );
    const before = await kept();
    const stranger = new Desk(cis);
    const shown: [string, object][] = [
      ['no certificate', {}],
      ['the certificate of another card', { certificate: mine.certificate }],
      ['the certificate of another authority', { certificate: foreign.certificate }],
      ['the certificate for signing documents', { certificate: card.signingCertificate }],
      ['malformed bytes', { certificate: 'AAAA' }],
    ];
    const calls: [string, object][] = [
      [paths.unlockCode(card.serial), {}],
      [paths.unlock(card.serial), { code }],
      [paths.pinState(card.serial), { pin: 'blocked' }],
    ];
    for (const [name, certificate] of shown)
      for (const [path, body] of calls) {
        const answer = await stranger.agentCall(path, { ...body, ...certificate });
        assert.deepEqual([answer.status, answer.body.error], [401, 'card_unproven'], `${name}, ${path}`);
      }
    for (const [path, body] of calls) {
      const bare = await cis.call(path, { body: { ...body, certificate: card.certificate } });
      assert.deepEqual([bare.status, bare.body.error], [401, 'invalid_proof'], path);
    }
    assert.equal(await kept(), before);
    assert.equal((await give(code)).status, 200);
  });

  test('finds the card by its holder if the reader cannot read the serial', async () => {
    cis.clock.advance(1);
    assert.equal((await ask({ ...card, serial: card.uid })).status, 202);
    assert.equal((await give(await latestCode(), { ...card, serial: card.uid })).status, 200);
  });

  test('requires the current certificate of the card', async () => {
    const renewed = await issueCard(cis, uids.nurse);
    await cis.call(paths.cardAct(renewed.serial, 'renew'), { body: { actor: manager }, as: 'console' });
    cis.clock.advance(1);
    const { body } = await cis.call(paths.certificates, {
      body: { uid: uids.nurse, cardSerial: renewed.serial, profile: 'standard', ...newKeys().body },
      as: 'cardIssuer',
    });
    assert.equal((await ask(renewed)).status, 401);
    assert.equal((await ask({ ...renewed, certificate: String(body.authentication) })).status, 202);
  });

  test('rejects the code of another card', async () => {
    const other = await issueCard(cis, uids.nurse);
    const code = await freshCode();
    await ask(other);
    assert.equal((await give(code, other)).body.error, 'wrong_code');
  });

  test('responds identically for revoked and expired cards and for holders without an address', async () => {
    const revoked = await issueCard(cis, uids.gp, { profile: 'revoked' });
    const expired = await issueCard(cis, uids.gp, { profile: 'expired' });
    const silent = await issueCard(cis, uids.starter);
    await cis.call(paths.person(uids.starter), { method: 'PATCH', body: { email: '' }, as: 'console' });
    const before = (await mailsOf(cis)).length;
    for (const over of [revoked, expired, silent]) {
      const { status, body } = await ask(over);
      assert.deepEqual([status, body], [202, { expiresIn: 900 }]);
      assert.deepEqual((await give('12345678', over)).body.error, 'expired');
    }
    assert.equal((await mailsOf(cis)).length, before);
    const whys = (await auditOf(cis, 'cis.unlock-code')).flatMap(({ detail }) => detail.why ?? []);
    assert.deepEqual(whys, ['revoked', 'expired', 'noEmail']);
  });

  test('rejects a malformed code without using up an attempt', async () => {
    const code = await freshCode();
    for (const odd of ['', '1234567', '123456789', '1234567a', '１２３４５６７８'])
      assert.equal((await give(odd)).status, 400);
    const { certificate } = card;
    assert.equal(
      (await desk.agentCall(paths.unlock(card.serial), { certificate, code, more: 1 })).status,
      400,
    );
    assert.equal((await give(wrongCode(code))).body.attemptsLeft, 4);
  });

  test('stores whether the PIN is blocked, as the agent reports it', async () => {
    const { certificate } = card;
    const say = (pin: string) => new Desk(cis).agentCall(paths.pinState(card.serial), { certificate, pin });
    assert.equal((await say('blocked')).status, 204);
    assert.equal((await cardOf(cis, card.serial)).pin, 'blocked');
    assert.equal((await say('blocked')).status, 204);
    assert.equal((await say('open')).status, 204);
    assert.equal((await cardOf(cis, card.serial)).pin, 'open');
    assert.equal((await auditOf(cis, 'cis.card-blocked')).length, 1);
    assert.equal((await say('ajar')).status, 400);
  });
});

describe('unauthenticated calls to CIS', () => {
  let cis: TestCis;
  before(async () => {
    cis = await startCis({
      limits: { unlockMailsPerHour: 2, unlockCallsPerMinute: 6, challengesPerMinute: 3 },
    });
  });
  after(() => cis.close());

  test('limits mails per card, and calls and challenges per network', async () => {
    const card = await issueCard(cis, uids.gp);
    const desk = new Desk(cis);
    const ask = () => desk.askCode(card);
    for (let n = 0; n < 6; n++) assert.equal((await ask()).status, 202);
    assert.equal((await mailsOf(cis)).length, 2);
    const tried = await desk.giveCode(card, '12345678');
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

  test('limits sign-ins per network, and stores no proofs beyond the limit', async () => {
    cis.clock.advance(60);
    const card = await issueCard(cis, uids.nurse);
    const desk = new Desk(cis);
    const request = { ...(await desk.signInRequest(card)), challenge: 'never-given' };
    const rows = async () =>
      (
        await cis.database.all({
          text: "SELECT hash FROM used_jti WHERE kind = 'cis-agent-call'",
          values: [],
        })
      ).length;
    for (let n = 0; n < 3; n += 1) assert.equal((await desk.send(request)).body.error, 'challenge_invalid');
    const before = await rows();
    assert.equal((await desk.send(request)).status, 429);
    assert.equal(await rows(), before);
  });
});
