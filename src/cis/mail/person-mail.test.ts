import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { type OutboxMail, paths } from '../protocol.ts';
import { mailsOf } from '../testing/cards.ts';
import { startCis, type TestCis, uids } from '../testing/cis.ts';

describe('POST /directory/people/{uid}/mail', () => {
  let cis: TestCis;
  before(async () => {
    cis = await startCis();
  });
  after(() => cis.close());

  const mail = { id: 'a-mail-with-an-id-1', subject: 'About your account', text: 'Hello\n' };
  const post = (body: object = mail, uid: string = uids.gp, as: 'cis2' | 'console' = 'cis2') =>
    cis.call(paths.personMail(uid), { body, as });

  test('sends a mail to the address of the directory, once for each id', async () => {
    const answers = [await post(), await post()];
    assert.deepEqual(
      answers.map(({ status, body }) => [status, body]),
      [
        [200, { mailed: true }],
        [200, { mailed: true }],
      ],
    );
    const mails = await mailsOf(cis);
    assert.deepEqual(
      mails.map(({ to, subject, text }) => [to, subject, text]),
      [['gp@example.test', mail.subject, mail.text]],
    );
  });

  test('is found by its id', async () => {
    const found = await cis.call<OutboxMail>(paths.mail(mail.id), { as: 'console' });
    assert.deepEqual([found.status, found.body.subject, found.body.state], [200, mail.subject, 'kept']);
    assert.equal((await cis.call(paths.mail('another-mail-of-none'), { as: 'console' })).status, 404);
    assert.equal((await cis.call(paths.mail(mail.id), { as: 'cis2' })).status, 403);
  });

  test('reports a person without an address, and stores nothing', async () => {
    await cis.call(paths.person(uids.nurse), { method: 'PATCH', body: { email: '' }, as: 'console' });
    const before = (await mailsOf(cis)).length;
    assert.deepEqual((await post({ ...mail, id: 'a-mail-with-an-id-2' }, uids.nurse)).body, {
      mailed: false,
    });
    assert.equal((await mailsOf(cis)).length, before);
  });

  const refusals: [string, () => ReturnType<typeof post>, number][] = [
    ['the console', () => post(mail, uids.gp, 'console'), 403],
    ['an unknown person', () => post(mail, '000000000000'), 404],
    ['a subject of two lines', () => post({ ...mail, subject: 'a\r\nBcc: x@example.test' }), 400],
    ['a text that is too long', () => post({ ...mail, text: 'x'.repeat(10_001) }), 400],
    ['a short id', () => post({ ...mail, id: 'short' }), 400],
  ];
  for (const [name, call, status] of refusals)
    test(`refuses ${name}`, async () => assert.equal((await call()).status, status));
});
