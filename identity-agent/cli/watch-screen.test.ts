import assert from 'node:assert/strict';
import { appendFileSync } from 'node:fs';
import { describe, type TestContext, test } from 'node:test';
import { testDesk } from '../testing/desk.ts';
import { deskPrograms, runAgentCommand } from '../testing/desk-programs.ts';
import { dbusmock, startLogind } from '../testing/logind.ts';
import { unwatched } from './watch-screen.ts';

const python = dbusmock();

async function watchedDesk(t: TestContext, interpreter: string, { onBus = true } = {}) {
  const desk = await testDesk(t, { mode: 'enhancedNormal' });
  const logind = await startLogind(desk.folder, interpreter, { onBus });
  t.after(() => logind.stop());
  const programs = await deskPrograms(desk.folder, desk.socketPath);
  const watch = (more: Record<string, string> = {}, ...words: string[]) => {
    const env = { ...programs, DBUS_SYSTEM_BUS_ADDRESS: logind.address, ...more };
    return runAgentCommand(t, env, 'watch-screen', ...words);
  };
  return { desk, logind, watch };
}

test('the screen of Windows is reported by tasks, which its refusal names', () => {
  assert.match(unwatched('win32') ?? '', /Task Scheduler.*screenLocked.*screenUnlocked/);
  assert.equal(unwatched('linux'), undefined);
});

if (!python)
  test('python-dbusmock is missing on this machine, and the run reports it', () => {
    const notes = process.env.ALONGSIDE_NOT_RUN;
    const command =
      'apt-get install dbus libglib2.0-bin python3-dbusmock && npm test -- identity-agent/cli/watch-screen';
    if (notes) appendFileSync(notes, `the screen as logind tells of it\t${command}\n`);
    assert.notEqual(process.env.CI, 'true', `CI runs everything: ${command}`);
  });
else
  describe('identity-agent watch-screen', () => {
    test('locks the session with the screen, and asks for the PIN after unlocking', async (t) => {
      const { desk, logind, watch } = await watchedDesk(t, python);
      await desk.signIn();
      const { child, line, end } = watch();
      assert.equal(await line(), 'The screen is unlocked.');
      await logind.setLocked(true);
      assert.equal(await line(), 'The screen is locked.');
      const { state, lock } = await desk.call('status');
      assert.deepEqual([state, lock?.reason], ['locked', 'screen']);
      await logind.setLocked(false);
      assert.equal(await line(), 'The screen is unlocked.');
      assert.equal((await desk.call('status')).question, 'pin');
      await desk.call('answerPin', { pin: '123456' });
      assert.equal(desk.cis.live.length, 1, 'the same session goes on');
      const ended = end();
      child.kill('SIGTERM');
      assert.deepEqual(await ended, { code: 0, said: '' });
    });

    test('reports a screen that is already locked at once, and ends with the agent', async (t) => {
      const { desk, logind, watch } = await watchedDesk(t, python);
      await logind.setLocked(true);
      const { line, end } = watch({}, '--json');
      assert.equal(await line(), '{"screenLocked":true}');
      const ended = end();
      await desk.service.stop();
      assert.deepEqual(await ended, { code: 1, said: 'The Identity Agent closed the connection.\n' });
    });

    test('reports problems with logind in one sentence', async (t) => {
      const { desk, watch } = await watchedDesk(t, python, { onBus: false });
      const cases: [Record<string, string>, RegExp][] = [
        [{}, /^logind does not report the screen: .*\n$/],
        [{ PATH: `${desk.folder}/bin` }, /^gdbus is needed and is not on this machine: .*\n$/],
        [{ ALONGSIDE_AGENT_SOCKET: `${desk.folder}/none.sock` }, /^No Identity Agent answers at .*\n$/],
      ];
      for (const [env, sentence] of cases) {
        const { code, said } = await watch(env).end();
        assert.equal(code, 1);
        assert.match(said, sentence);
      }
    });
  });
