import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { after, before, describe, test } from 'node:test';
import type { Log } from '@alongside/kernel/log';
import { SMTPServer } from 'smtp-server';
import { paths } from '../protocol.ts';
import { codeIn, issueCard, mailsOf, type TestCard } from '../testing/cards.ts';

import { startCis, type TestCis, uids } from '../testing/cis.ts';
import { Desk } from '../testing/desk.ts';

describe('Mails with a server', () => {
  let cis: TestCis;
  let card: TestCard;
  let desk: Desk;
  let server: SMTPServer;
  const received: { to: string[]; from: string; text: string }[] = [];
  /** How many of the next mails the server turns away. */
  let refusals = 0;
  const logged: string[] = [];
  before(async () => {
    server = new SMTPServer({
      disabledCommands: ['AUTH', 'STARTTLS'],
      onData(stream, session, done) {
        const parts: Buffer[] = [];
        stream.on('data', (part: Buffer) => parts.push(part));
        stream.on('end', () => {
          if (refusals-- > 0)
            return done(Object.assign(new Error('busy gp@example.test'), { responseCode: 451 }));
          const { mailFrom, rcptTo } = session.envelope;
          received.push({
            to: rcptTo.map(({ address }) => address),
            from: mailFrom ? mailFrom.address : '',
            text: Buffer.concat(parts).toString(),
          });
          done();
        });
      },
    });
    server.listen(0, '127.0.0.1');
    await once(server.server, 'listening');
    const { port } = server.server.address() as AddressInfo;
    const note = (fields: unknown, text?: string) => logged.push(JSON.stringify([fields, text]));
    cis = await startCis({
      smtp: { url: `smtp://127.0.0.1:${port}`, from: 'cards@cis.test' },
      limits: { unlockMailsPerHour: 100, unlockMailsOfCardPerHour: 100 },
      log: { debug: note, info: note, warn: note, error: note } as unknown as Log,
    });
    card = await issueCard(cis, uids.gp);
    desk = new Desk(cis);
  });
  after(async () => {
    await cis.close();
    await new Promise<void>((resolve) => server.close(resolve));
  });

  const ask = (of = card) => desk.askCode(of);

  test('sends a mail once, with the code that unlocks', async () => {
    await ask();
    await cis.service.sweep();
    await cis.service.sweep();
    assert.equal(received.length, 1);
    const [mail] = received;
    assert.deepEqual([mail?.to, mail?.from], [['gp@example.test'], 'cards@cis.test']);
    assert.match(mail?.text ?? '', /^Subject: Your smartcard unlock code\r$/m);
    const [kept] = await mailsOf(cis);
    assert.deepEqual([kept?.state, kept?.attempts], ['sent', 1]);
    const code = codeIn(kept ?? assert.fail());
    assert.ok(mail?.text.includes(code));
    const { body } = await desk.giveCode(card, code);
    assert.deepEqual(body, { unblockingCode: '87654321' });
  });

  test('retries a refused mail with growing waits, and logs neither address nor code', async () => {
    received.length = 0;
    refusals = 2;
    cis.clock.advance(1);
    await ask();
    await cis.service.sweep();
    const state = async () => {
      const [mail] = await mailsOf(cis);
      return [mail?.state, mail?.attempts];
    };
    assert.deepEqual(await state(), ['waiting', 1]);
    cis.clock.advance(4);
    await cis.service.sweep();
    assert.deepEqual(await state(), ['waiting', 1], 'not before 5 s');
    cis.clock.advance(1);
    await cis.service.sweep();
    assert.deepEqual(await state(), ['waiting', 2]);
    cis.clock.advance(9);
    await cis.service.sweep();
    assert.deepEqual(await state(), ['waiting', 2], 'not before 10 s more');
    cis.clock.advance(1);
    await cis.service.sweep();
    assert.deepEqual(await state(), ['sent', 3]);
    assert.equal(received.length, 1);
    const words = logged.join('\n');
    assert.match(words, /451/);
    assert.ok(!words.includes('gp@example.test'));
    assert.ok(!words.includes(codeIn((await mailsOf(cis))[0] ?? assert.fail())));
  });

  test('gives up after ten attempts', async () => {
    refusals = 10;
    cis.clock.advance(1);
    await ask();
    for (let n = 0; n < 12; n++) {
      cis.clock.advance(300);
      await cis.service.sweep();
    }
    const [mail] = await mailsOf(cis);
    assert.deepEqual([mail?.state, mail?.attempts], ['failed', 10]);
    refusals = 0;
  });

  test('treats an address as one, whatever characters it contains', async () => {
    received.length = 0;
    await cis.call(paths.person(uids.nurse), {
      method: 'PATCH',
      body: { email: 'victim,other@example.test' },
      as: 'console',
    });
    const other = await issueCard(cis, uids.nurse);
    cis.clock.advance(1);
    await ask(other);
    await cis.service.sweep();
    const [mail] = await mailsOf(cis);
    assert.equal(mail?.state, 'sent');
    assert.deepEqual(received.at(-1)?.to, ['"victim,other"@example.test']);
  });
});
