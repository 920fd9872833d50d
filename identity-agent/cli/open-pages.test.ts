import assert from 'node:assert/strict';
import { appendFile, readFile } from 'node:fs/promises';
import net from 'node:net';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { localSocket } from '../../test/testing/platform.ts';
import { type TestDesk, testDesk } from '../testing/desk.ts';
import { deskPrograms, runAgentCommand } from '../testing/desk-programs.ts';
import { openerOf } from './open-pages.ts';

/** The command with a substitute for xdg-open that records its arguments. */
async function opening(t: TestContext, { folder, socketPath }: Pick<TestDesk, 'folder' | 'socketPath'>) {
  const opened = join(folder, 'opened');
  await appendFile(opened, '');
  const env = await deskPrograms(folder, socketPath, { 'xdg-open': `echo "$@" >> '${opened}'` });
  const { line, end } = runAgentCommand(t, env, 'open-pages', '--json');
  return {
    end,
    line: async () => JSON.parse(await line()) as unknown,
    opened: async () => (await readFile(opened, 'utf8')).trim().split('\n'),
  };
}

describe('identity-agent open-pages', { timeout: 60_000, skip: process.platform !== 'linux' }, () => {
  test('opens the page for a pending prompt and for the next one, and ends with the agent', async (t) => {
    const desk = await testDesk(t);
    await desk.call('insertCard', { card: 'ada' });
    const { line, opened, end } = await opening(t, desk);
    const page = `${desk.origin}/sign-in`;
    assert.deepEqual(await line(), { opened: page });
    await desk.call('takeCard');
    await desk.call('insertCard', { card: 'ben' });
    assert.deepEqual(await line(), { opened: page });
    const ended = end();
    await desk.service.stop();
    assert.deepEqual(await ended, { code: 1, said: 'The Identity Agent closed the connection.\n' });
    assert.deepEqual(new Set(await opened()), new Set([page]));
  });

  test('opens only pages of this machine', async (t) => {
    const { folder } = await testDesk(t);
    const socketPath = localSocket(folder, 'other.sock');
    const server = net.createServer((socket) => {
      socket.resume();
      const page = '--help https://page.test/';
      socket.write(`${JSON.stringify({ jsonrpc: '2.0', method: 'questionOpened', params: { page } })}\n`);
    });
    server.listen(socketPath);
    t.after(() => server.close());
    const { end, opened } = await opening(t, { folder, socketPath });
    const said = 'The Identity Agent names a page that is not on this machine.\n';
    // The server responds to no call, so only the page can end the command.
    assert.deepEqual(await end(), { code: 1, said });
    assert.deepEqual(await opened(), ['']);
  });
});

test('the opener of Windows is that of addresses, not of folders', () => {
  assert.deepEqual(openerOf('win32'), ['rundll32', 'url.dll,FileProtocolHandler']);
  assert.deepEqual(openerOf('linux'), ['xdg-open']);
});
