import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { cp, mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { promisify } from 'node:util';
import { firstJourney } from '../delivery/packages/testing/first-journey.ts';
import { clone, Project, packedOnce } from '../delivery/packages/testing/project.ts';
import { onWindows } from '../testing/platform.ts';

const run = promisify(execFile);

describe('the packages in a project with a blank and an umlaut in its path', {
  skip: !onWindows && 'run it with npm run windows',
}, () => {
  let project: Project;
  before(async () => {
    project = await Project.create('my proj ü-');
    await project.install([await packedOnce('alongside'), await packedOnce('@alongside/client')], ['jose']);
    await cp(join(clone, 'test/delivery/packages/supplier'), project.folder, { recursive: true });
    const manifest = {
      name: 'supplier',
      private: true,
      type: 'module',
      scripts: { test: 'node --test test' },
    };
    await writeFile(project.path('package.json'), JSON.stringify(manifest));
  });
  after(() => project?.remove());

  const env = { ...process.env };
  /** Runs a program of the project through the batch file that npm has written for it. */
  const shim = async (name: string, ...words: string[]): Promise<string> => {
    const line = [project.path('node_modules/.bin', `${name}.cmd`), ...words].map((word) => `"${word}"`);
    const { stdout } = await run('cmd.exe', ['/d', '/s', '/c', `"${line.join(' ')}"`], {
      cwd: project.folder,
      env,
      windowsVerbatimArguments: true,
    });
    return stdout;
  };

  test('run the first journey by the batch files of npm', () =>
    firstJourney({
      program: [process.execPath, project.path('node_modules/alongside/bin/alongside.cjs')],
      cwd: project.folder,
      flags: ['--ephemeral'],
      command: (...words) => shim('alongside', ...words),
    }));

  test('run a test of a supplier with the test kit, alone and in exec', async () => {
    await run(process.execPath, ['--test', 'sign-in.node.ts'], { cwd: project.folder });
    await shim('alongside', 'exec', '--person', 'gp', '--', process.execPath, '--test', 'exec.node.ts');
  });

  test('run the files that init writes', async () => {
    await shim('alongside', 'init', '--ci', 'none', '--no-npm-test');
    await shim('alongside', 'exec', '--person', 'gp', '--', 'npm', 'test');
  });

  test('pass the exit code of a command on, know one that is missing, and leave nothing', async () => {
    const temporary = project.path('temporary');
    await mkdir(temporary);
    Object.assign(env, { TEMP: temporary, TMP: temporary });
    const exec = (...words: string[]) => shim('alongside', 'exec', '--', ...words);
    await assert.rejects(exec(process.execPath, '-e', 'process.exit(3)'), { code: 3 });
    await assert.rejects(exec('no-such-program'), { code: 127 });
    const left = await readdir(temporary);
    assert.deepEqual(
      left.filter((name) => name.startsWith('alongside-')),
      [],
      'no folder with the keys of an instance',
    );
  });

  test('have the program of the client library', async () => {
    assert.match(await shim('alongside-client', '--help'), /sign-in/);
  });
});
