import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { paths } from '../protocol.ts';
import { mailsOf } from '../testing/cards.ts';
import { startCis, type TestCis, uids } from '../testing/cis.ts';

describe('a changed e-mail address', () => {
  let cis: TestCis;
  before(async () => {
    cis = await startCis();
  });
  after(() => cis.close());

  const change = (email: string) =>
    cis.call(paths.person(uids.gp), { method: 'PATCH', body: { email }, as: 'console' });
  const sent = async () => (await mailsOf(cis)).map(({ to }) => to);

  test('is reported to the former address, without the new one', async () => {
    await change('new@example.test');
    const [mail, ...others] = await mailsOf(cis);
    assert.deepEqual([mail?.to, others.length], ['gp@example.test', 0]);
    assert.equal(mail?.subject, 'The e-mail address of your care identity was changed');
    assert.match(mail?.text ?? '', /was changed on 2 March 2026 at 09:00/);
    assert.doesNotMatch(mail?.text ?? '', /new@example/);
  });

  test('is reported when the address is removed, not when it is added or stays', async () => {
    const before = (await sent()).length;
    await change('new@example.test');
    await cis.call(paths.person(uids.gp), { method: 'PATCH', body: { title: 'Prof' }, as: 'console' });
    assert.equal((await sent()).length, before);
    await change('');
    assert.equal((await mailsOf(cis)).filter(({ text }) => /was removed on/.test(text)).length, 1);
    await change('first@example.test');
    assert.equal((await sent()).length, before + 1);
  });

  test('is reported by an import', async () => {
    const { body: person } = await cis.call(paths.person(uids.nurse), { as: 'console' });
    const before = await sent();
    const document = { version: 1, people: [{ ...person, email: 'imported@example.test' }] };
    const { status } = await cis.call(paths.directoryImport, { body: document, as: 'console' });
    assert.equal(status, 200);
    const after = await sent();
    assert.equal(after.length, before.length + 1);
    assert.ok(after.includes('nurse@example.test'));
  });

  test('is not reported by a change that fails', async () => {
    const before = await sent();
    const headers = { 'if-match': '"999"' };
    const body = { email: 'x@example.test' };
    const { status } = await cis.call(paths.person(uids.gp), {
      method: 'PATCH',
      body,
      as: 'console',
      headers,
    });
    assert.equal(status, 412);
    assert.deepEqual(await sent(), before);
  });
});
