import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { demand } from '../../../../bench/peers/call.ts';
import { registerClients } from '../../../../bench/peers/clients.ts';
import { combinedSignIn } from '../../../../bench/peers/scenarios.ts';
import type { StateFile } from '../../../../src/state-file.ts';
import { Navigator } from '../../../testing/navigate.ts';
import { onWindows } from '../../../testing/platform.ts';

/** Starts a program that prints one JSON line when it is ready; resolves with its state. */
export async function readyState(child: ChildProcess): Promise<StateFile> {
  const lines = createInterface({ input: child.stdout ?? assert.fail() });
  const early = once(child, 'exit').then(([code]) => {
    throw new Error(`It ended with ${code} before it was ready.`);
  });
  early.catch(() => undefined);
  const [line] = (await Promise.race([once(lines, 'line'), early])) as [string];
  return JSON.parse(line) as StateFile;
}

/** Signs in at the workstation, by default through the console, then by both patterns, and reads a patient. */
export async function signInAndRead(
  urls: StateFile['urls'],
  signInAtDesk: () => Promise<void> = async () => undefined,
): Promise<void> {
  // Also signs the GP in, through the console.
  const clients = await registerClients(urls);
  await signInAtDesk();
  for (const pattern of ['combined', 'separate']) {
    const { answer } = await new Navigator().go(`${urls.sample}/sign-in/${pattern}`);
    assert.equal(answer.status, 200, pattern);
  }
  const headers = {
    authorization: `Bearer ${await combinedSignIn(clients)}`,
    'x-request-id': crypto.randomUUID(),
  };
  const { body } = await demand(200, clients.workstation?.patient ?? '', { headers });
  assert.equal((JSON.parse(body) as { id: string }).id, '9000000009');
}

export interface FirstJourney {
  /** The program and its first words. */
  program: readonly [string, ...string[]];
  cwd: string;
  env?: NodeJS.ProcessEnv;
  /** The words that start an instance; `up` by default. */
  up?: readonly string[];
  flags: readonly string[];
  /** Runs a command to its end; resolves with its standard output. */
  command(...words: string[]): Promise<string>;
}

/** Starts an instance, signs in at the workstation with the commands, then by both patterns, reads a patient, and stops it. */
export async function firstJourney({
  program,
  cwd,
  env,
  up = ['up'],
  flags,
  command,
}: FirstJourney): Promise<void> {
  const [file, ...first] = program;
  // Windows has no signal that lets a program end by itself.
  const ends = onWindows ? ['--end-with-input'] : [];
  const child = spawn(file, [...first, ...up, '--json', '--port-base', '0', ...flags, ...ends], {
    cwd,
    env,
    stdio: [onWindows ? 'pipe' : 'ignore', 'pipe', 'inherit'],
  });
  try {
    const { urls, stateFile, version } = await readyState(child);
    const state = ['--state', stateFile];
    assert.equal((await command('--version')).trim(), version);
    await signInAndRead(urls, async () => {
      await command('card', 'remove', ...state);
      await command('card', 'insert', 'gp', ...state);
      assert.match(await command('agent', 'sign-in', ...state), /signed in/i);
    });
    const ended = child.exitCode === null ? once(child, 'exit') : undefined;
    assert.equal(JSON.parse(await command('stop', '--json', ...state)).stopped, true);
    await ended;
  } finally {
    if (child.exitCode === null) {
      if (child.stdin) child.stdin.end();
      else child.kill('SIGTERM');
      await once(child, 'exit');
    }
  }
  assert.equal(child.exitCode, 0);
}
