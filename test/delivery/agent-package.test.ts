import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { testDesk } from '../../identity-agent/testing/desk.ts';
import { freePort } from '../testing/free-port.ts';
import { Project, pack } from './packages/testing/project.ts';

const run = promisify(execFile);

test('the package of a workstation runs without the clone and without other packages', async (t) => {
  const { cis, cis2, folder: data } = await testDesk(t);
  const folder = await mkdtemp(join(tmpdir(), 'agent-package-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const project = await Project.create();
  t.after(() => project.remove());
  await project.install(await pack(folder, '--only', '@alongside/identity-agent'));
  const made = project.path('node_modules/@alongside/identity-agent');
  const { bin } = JSON.parse(await readFile(join(made, 'package.json'), 'utf8')) as {
    bin: Record<string, string>;
  };
  const files = await readdir(made, { recursive: true });
  assert.deepEqual(
    files.filter((file) => /\.ts$|test|fixture|node_modules/.test(file)),
    [],
    'no source, no test, no package of another',
  );
  const program = join(made, bin['identity-agent'] ?? '');
  const [first = ''] = (await readFile(program, 'utf8')).split('\n');
  const flags = first.split(' ').slice(3);
  const socket = join(data, 'packed', 'a.sock');
  const call = (...words: string[]) => run(process.execPath, [...flags, program, ...words]);
  assert.match((await call('--help')).stdout, /identity-agent getTicket/);
  assert.match((await call('run', '--help')).stdout, /--cis2-issuer/);

  const child = spawn(
    process.execPath,
    [
      ...flags,
      program,
      '--cis',
      cis.origin,
      '--cis2-issuer',
      cis2.issuer,
      '--agent-port',
      String(await freePort()),
      '--agent-data',
      join(data, 'packed-data'),
      '--agent-socket',
      socket,
      '--log-level',
      'info',
    ],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  );
  t.after(() => child.kill('SIGKILL'));
  const ready = await new Promise<string>((resolve) =>
    child.stderr.once('data', (part) => resolve(String(part))),
  );
  assert.match(ready, /"msg":"ready"/);
  assert.match((await call('status', '--socket', socket)).stdout, /^state: noCard/);
  child.kill('SIGTERM');
  assert.equal(await new Promise((resolve) => child.once('exit', resolve)), 0);
});
