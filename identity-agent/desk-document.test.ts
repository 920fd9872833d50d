import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { onWindows } from '../test/testing/platform.ts';
import { transports } from './card/transports.ts';
import { commands } from './cli/commands.ts';
import { checks } from './doctor/doctor.ts';
import { definitions, settingNames } from './settings/definitions.ts';
import { settingFiles } from './settings/settings.ts';
import { testDesk } from './testing/desk.ts';
import { deskPrograms } from './testing/desk-programs.ts';

const page = await readFile(fileURLToPath(new URL('../docs/desk-engineers.md', import.meta.url)), 'utf8');

test('docs/desk-engineers.md names every setting, check, reader and command', () => {
  for (const name of settingNames) assert.ok(page.includes(`\`${name}\``), name);
  for (const { name } of checks) assert.ok(page.includes(`\`${name}\``), name);
  for (const { id } of transports) assert.ok(page.includes(`\`${id}\``), id);
  for (const { name } of commands) if (name !== 'watch') assert.ok(page.includes(name), name);
  assert.ok(page.includes(settingFiles('linux').policy));
});

test('docs/desk-engineers.md names the built-in times', () => {
  for (const name of ['pinAgainAfter', 'lockedFor', 'agentPort'] as const)
    assert.match(page, new RegExp(`\`${name}\` \\| ${String(definitions[name].fallback)} \\|`));
});

/** Returns the first command on the page with this program. */
const commandOf = (program: string): string => new RegExp(`\`(${program} [^\`]*)\``).exec(page)?.[1] ?? '';

test('the commands of docs/desk-engineers.md lock and unlock the session with the screen', {
  skip: onWindows && 'they are for Linux',
}, async (t) => {
  const desk = await testDesk(t, { mode: 'enhancedNormal' });
  const states = join(desk.folder, 'states');
  const note = `identity-agent status --json >> '${states}'`;
  // Substitutes for screen lockers, which run their commands as the real ones do.
  const env = await deskPrograms(desk.folder, desk.socketPath, {
    i3lock: note,
    'xss-lock': 'shift; exec "$@"',
    swayidle: `sh -c "$3"; ${note}; sh -c "$5"`,
  });
  for (const program of ['swayidle', 'xss-lock']) {
    const command = commandOf(program);
    assert.match(command, /screenLocked.*screenUnlocked/, program);
    await desk.signIn();
    await promisify(execFile)('sh', ['-c', command], { env });
    const said = (await readFile(states, 'utf8')).trim().split('\n').at(-1) ?? '';
    const locked = JSON.parse(said) as { state: string; lock: { reason: string } };
    assert.deepEqual([locked.state, locked.lock.reason], ['locked', 'screen'], program);
    const { state, question } = await desk.call('status');
    assert.deepEqual([state, question], ['pinRequested', 'pin'], `${program}: the PIN is asked for again`);
    await desk.call('answerPin', { pin: '123456' });
    assert.equal(desk.cis.live.length, 1, 'the same session goes on');
    await desk.call('takeCard');
  }
});
