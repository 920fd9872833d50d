import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { chmod, mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { freePort } from '../test/testing/free-port.ts';
import { onWindows } from '../test/testing/platform.ts';
import { runCli } from './cli.ts';
import { testDesk } from './testing/desk.ts';
import { deskPrograms } from './testing/desk-programs.ts';

const forLinux = { skip: onWindows && 'systemd is for Linux' };
const unitOf = (name: string): string => fileURLToPath(new URL(`../deploy/${name}.service`, import.meta.url));
const unit = unitOf('identity-agent');
const analyze = '/usr/bin/systemd-analyze';

/** Returns the unit's value of a key. */
const line = async (name: string): Promise<string> =>
  new RegExp(`^${name}=(.*)$`, 'm').exec(await readFile(unit, 'utf8'))?.[1] ?? '';

test('systemd-analyze finds no problem in the units', forLinux, async (t) => {
  if (!existsSync(analyze)) return t.diagnostic(`${analyze} is not here, so the units were not verified`);
  const { folder, socketPath } = await testDesk(t);
  // A user manager has this folder, and verifying needs it.
  const runtime = join(folder, 'runtime');
  await mkdir(runtime);
  await chmod(runtime, 0o700);
  const env = { ...(await deskPrograms(folder, socketPath)), XDG_RUNTIME_DIR: runtime };
  const units = [unit, unitOf('identity-agent-screen')];
  const { stdout, stderr } = await promisify(execFile)(analyze, ['--user', 'verify', ...units], { env });
  assert.equal(stdout + stderr, '');
});

test("the unit's command runs an agent, and its signal ends the session first", forLinux, async (t) => {
  const { cis, cis2, folder } = await testDesk(t);
  const socket = join(folder, 'unit', 'a.sock');
  const env = {
    ...(await deskPrograms(folder, socket)),
    ALONGSIDE_CIS: cis.origin,
    ALONGSIDE_CIS2_ISSUER: cis2.issuer,
    ALONGSIDE_AGENT_PORT: String(await freePort()),
    ALONGSIDE_AGENT_DATA: join(folder, 'unit-data'),
    ALONGSIDE_CARD_ISSUER_SECRET: 'issuer-secret',
    ALONGSIDE_DEVELOPMENT: 'true',
  };
  const [program = '', ...words] = (await line('ExecStart')).split(' ');
  const child = spawn(program, words, { env, stdio: 'ignore' });
  t.after(() => child.kill('SIGKILL'));
  const call = async (...argv: string[]): Promise<Record<string, unknown> | undefined> => {
    let out = '';
    const terminal = {
      out: (text: string) => void (out += text),
      err: () => undefined,
      askSecret: async () => '',
    };
    return (await runCli([...argv, '--socket', socket], terminal)) === 0 ? JSON.parse(out) : undefined;
  };
  while (!(await call('status', '--json'))) assert.equal(child.exitCode, null, 'it ended early');
  await call('development.insertCard', '{"card":"gp"}');
  assert.equal((await call('development.answerPin', '{"pin":"123456"}'))?.state, 'signedIn');
  const [session] = cis.live;
  assert.ok(session);
  const end = once(child, 'exit');
  child.kill((await line('KillSignal')) as NodeJS.Signals);
  assert.deepEqual(await end, [0, null]);
  assert.equal(session.ended, 'agentStopped');
});

test('the unit is not restarted after errors that persist', forLinux, async (t) => {
  const { folder, socketPath } = await testDesk(t);
  const programs = await deskPrograms(folder, socketPath);
  const [program = '', ...words] = (await line('ExecStart')).split(' ');
  for (const wrong of [{ ALONGSIDE_CIS: 'nonsense' }, {}]) {
    const env = { ...programs, ...wrong };
    const failed = await promisify(execFile)(program, words, { env }).catch(
      (error: { code: number }) => error,
    );
    assert.equal(String((failed as { code: number }).code), await line('RestartPreventExitStatus'));
  }
});
