import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { runCli } from './cli.ts';
import { agentVersion } from './session/status.ts';
import { testDesk } from './testing/desk.ts';

async function answering(secrets: string[], ...argv: string[]) {
  const said = { out: '', err: '' };
  const code = await runCli(argv, {
    out: (text) => void (said.out += text),
    err: (text) => void (said.err += text),
    askSecret: async () => secrets.shift() ?? '',
  });
  return { code, ...said };
}
const run = (...argv: string[]) => answering([], ...argv);

describe('identity-agent', () => {
  test('makes the calls of the Ticket API', async (t) => {
    const desk = await testDesk(t);
    const on = ['--socket', desk.socketPath];
    const none = await run(...on, 'getTicketNoAuth', '{}');
    assert.equal(none.code, 1);
    assert.deepEqual(JSON.parse(none.err), {
      code: 0x80100009,
      message: 'No user is signed in.',
      data: { error: 'ticket', name: 'TCK_API_ERR_TICKET_NOT_AVAILABLE', group: 'GENERIC', number: 9 },
    });
    await desk.signIn();
    const given = await run('getTicket', '{}', ...on);
    assert.equal(given.code, 0);
    assert.match(given.out, /^\{"ticket":"[^"]+"\}\n$/);
  });

  test('shows the status as lines and as one JSON line', async (t) => {
    const desk = await testDesk(t);
    await desk.signIn();
    const words = await run('status', '--socket', desk.socketPath);
    assert.match(words.out, /^state: signedIn\nperson: Person 656005750201\nrole: /);
    await desk.call('takeCard');
    await desk.call('insertCard', { card: 'ben' });
    const asked = await run('status', '--socket', desk.socketPath);
    assert.match(
      asked.out,
      /^state: pinRequested\ncard: Mr Ben Invented \(\S+\)\nPIN: asked for, attempts left: 3\n$/,
    );
    await desk.signIn();
    const line = await run('status', '--json', '--socket', desk.socketPath);
    assert.equal((JSON.parse(line.out) as { state: string }).state, 'signedIn');
    assert.equal(line.out.trim().split('\n').length, 1);
  });

  test('reports each error in one sentence with its own exit code', async (t) => {
    const desk = await testDesk(t);
    const on = ['--socket', desk.socketPath];
    assert.deepEqual((await run('--help')).code, 0);
    assert.deepEqual(await run('--version'), { code: 0, out: `${agentVersion}\n`, err: '' });
    for (const argv of [
      ['--nonsense'],
      ['status', '[]'],
      ['status', '{'],
      ['a', '{}', 'b'],
      ['status', '--socket'],
      ['-x'],
      ['nonsense', ...on],
      ['', ...on],
      ['getTicketNoAuth', '{"odd": 1}', ...on],
      ['unlock', ...on],
    ]) {
      const wrong = await run(...argv);
      assert.equal(wrong.code, 2, argv.join(' '));
      assert.match(wrong.err, /^(?!\{).+\.\n$/, 'one sentence');
    }
    const timeout = await run('getTicket', '{"timeout": 301}', ...on);
    assert.equal(timeout.err, 'The parameter "timeout" must be a number of seconds from 0 to 300.\n');
    const forPrograms = await run('nonsense', '--json', ...on);
    assert.equal(forPrograms.code, 2);
    assert.equal((JSON.parse(forPrograms.err) as { code: number }).code, -32_601);
    const nobody = await run('status', '--socket', `${desk.folder}/nothing.sock`);
    assert.equal(nobody.code, 1);
    assert.match(nobody.err, /^No Identity Agent answers at /);
  });

  test('manages the card, and takes no PIN as an argument', async (t) => {
    const desk = await testDesk(t);
    const on = ['--socket', desk.socketPath];
    const none = await answering(['123456', '222222', '222222'], ...on, 'change-pin');
    assert.equal(none.code, 1);
    assert.equal(none.err, 'There is no card in the reader.\n');
    const forPrograms = await answering([], ...on, 'renew', '--json');
    assert.equal((JSON.parse(forPrograms.err) as { data: { error: string } }).data.error, 'no_card');
    for (const secret of ['', 'abcdef'])
      assert.deepEqual(await answering([secret], ...on, 'change-pin'), {
        code: 2,
        out: '',
        err: 'That is not a number. Nothing was tried.\n',
      });
    await desk.call('insertCard', { card: 'ada' });
    const differ = await answering(['123456', '222222', '333333'], ...on, 'change-pin');
    assert.deepEqual([differ.code, differ.err], [2, 'The two new PINs are not the same.\n']);
    const done = await answering(['123456', '222222', '222222'], ...on, 'change-pin');
    assert.deepEqual([done.code, done.out], [0, 'The PIN was changed.\n']);
    assert.equal((await run(...on, 'change-pin', '123456')).code, 2);

    for (let n = 0; n < 3; n += 1) await assert.rejects(desk.call('answerPin', { pin: '999999' }));
    assert.equal((await run(...on, 'unlock-code')).code, 0);
    const { code = '' } = desk.cis.cards.mailed.get(desk.agent.card?.label.serial ?? '') ?? {};
    assert.equal((await answering([code, '333333', '333333'], ...on, 'unlock')).code, 0);
    assert.equal((await answering(['87654321', '444444', '444444'], ...on, 'unblock')).code, 0);
    assert.equal((await desk.call('answerPin', { pin: '444444' })).state, 'signedIn');
    const early = await run(...on, 'renew');
    assert.equal(early.code, 1);
    assert.match(early.err, /cannot be renewed yet/);
  });

  test('renews the card', async (t) => {
    const desk = await testDesk(t);
    desk.cis.authority.notAfter = new Date(desk.clock.now() + 30 * 86_400_000);
    await desk.signIn();
    const words = await run('status', '--socket', desk.socketPath);
    assert.match(words.out, /certificate: ends on 2026-12-24, can be renewed now/);
    const done = await run('renew', '--json', '--socket', desk.socketPath);
    assert.equal(done.code, 0);
    assert.equal((JSON.parse(done.out) as { card: { renewalDue: boolean } }).card.renewalDue, false);
  });

  test('runs the doctor with lines, JSON and an exit code', async (t) => {
    const desk = await testDesk(t);
    await desk.signIn();
    const well = await run('doctor', '--json', '--socket', desk.socketPath);
    assert.equal(well.code, 0, well.out);
    assert.equal((JSON.parse(well.out) as { ok: boolean }).ok, true);
    const ill = await run('doctor', '--socket', `${desk.folder}/nothing.sock`);
    assert.equal(ill.code, 1);
    assert.match(ill.out, /WRONG {2}service/);
  });

  test('shows the origin of settings without secrets', async () => {
    const shown = await run('settings', '--json');
    assert.equal(shown.code, 0);
    const { settings } = JSON.parse(shown.out) as {
      settings: { name: string; value: unknown; from: string }[];
    };
    assert.ok(settings.some(({ name, value }) => name === 'lockedFor' && value === 600));
  });

  test('reads parameters from the input, and watches events', async (t) => {
    const desk = await testDesk(t);
    const given = await answering(['{"which": 2}'], 'getGAVersion', '-', '--socket', desk.socketPath);
    assert.equal(given.out, '{"version":"0.1.0"}\n');
    const lines: string[] = [];
    const watching = runCli(['watch', '--socket', desk.socketPath], {
      out: (text) => void lines.push(text),
      err: () => undefined,
      askSecret: async () => '',
    });
    // It receives events only once it is connected.
    while (lines.length === 0) {
      await desk.call('insertCard', { card: 'ada' });
      await desk.call('takeCard');
    }
    await desk.service.stop();
    assert.equal(await watching, 0);
    assert.ok(lines.every((line) => typeof (JSON.parse(line) as { event: string }).event === 'string'));
  });
});
