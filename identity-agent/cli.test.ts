import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { runCli } from './cli.ts';
import { testDesk } from './fixture/desk.ts';

async function run(...argv: string[]) {
  const said = { out: '', err: '' };
  const code = await runCli(argv, {
    out: (text) => void (said.out += text),
    err: (text) => void (said.err += text),
  });
  return { code, ...said };
}

describe('the command line', () => {
  test('makes the calls of the Ticket API', async (t) => {
    const desk = await testDesk(t);
    const on = ['--socket', desk.socketPath];
    const none = await run(...on, 'getTicketNoAuth', '{}');
    assert.equal(none.code, 1);
    assert.deepEqual(JSON.parse(none.err), {
      code: 0x80100009,
      message: 'Nobody is signed in.',
      data: { error: 'ticket', name: 'TCK_API_ERR_TICKET_NOT_AVAILABLE', group: 'GENERIC', number: 9 },
    });
    await desk.signIn();
    const given = await run('getTicket', '{}', ...on);
    assert.equal(given.code, 0);
    assert.match(given.out, /^\{"ticket":"[^"]+"\}\n$/);
  });

  test('shows the status in words and as one JSON line', async (t) => {
    const desk = await testDesk(t);
    await desk.signIn();
    const words = await run('status', '--socket', desk.socketPath);
    assert.match(words.out, /^state: signedIn\nperson: Person 656005750201\nrole: /);
    const line = await run('status', '--json', '--socket', desk.socketPath);
    assert.equal((JSON.parse(line.out) as { state: string }).state, 'signedIn');
    assert.equal(line.out.trim().split('\n').length, 1);
  });

  test('says what is wrong in one sentence, with its own exit code', async (t) => {
    const desk = await testDesk(t);
    assert.deepEqual((await run('--help')).code, 0);
    for (const argv of [
      ['--nonsense'],
      ['status', '[]'],
      ['status', '{'],
      ['a', '{}', 'b'],
      ['status', '--socket'],
    ]) {
      const wrong = await run(...argv);
      assert.equal(wrong.code, 2, argv.join(' '));
      assert.equal(wrong.err.trim().split('\n').length, 1);
    }
    const nobody = await run('status', '--socket', `${desk.folder}/nothing.sock`);
    assert.equal(nobody.code, 1);
    assert.match(nobody.err, /^No Identity Agent answers at /);
  });
});
