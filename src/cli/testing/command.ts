import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { environment } from '@alongside/kernel/operator';
import type { Output } from '../command.ts';
import { allCommands, loadCommand } from '../commands.ts';
import { Progress } from '../progress.ts';

// Runs commands as processes and as calls, for the tests of this folder.

/**
 * The program `alongside` for child processes: the sources, or in a whole run of the tests a bundle of them, which starts in half the
 * processor time.
 */
export const main =
  environment().ALONGSIDE_TEST_PROGRAM ?? fileURLToPath(new URL('../main.ts', import.meta.url));

interface Ended {
  code: number | null;
  out: string;
  err: string;
}

/** Runs the real command to its end, without variables of the test's environment that select an instance. */
export function runProcess(
  argv: readonly string[],
  {
    input = '',
    variables = {},
    maxBlocks,
  }: {
    input?: string;
    variables?: Record<string, string>;
    /** Size limit of files that it writes, in blocks of 1 KiB: beyond it, writes fail as on a full disk. */
    maxBlocks?: number;
  } = {},
): Promise<Ended> {
  const own = Object.entries(environment()).filter(([name]) => !name.startsWith('ALONGSIDE_'));
  const env = { ...Object.fromEntries(own), ...variables };
  const words = [process.execPath, main, ...argv];
  const limited = ['-c', 'ulimit -f "$0" && exec "$@"', String(maxBlocks), ...words];
  const child =
    maxBlocks === undefined
      ? spawn(process.execPath, words.slice(1), { env })
      : spawn('/bin/bash', limited, { env });
  let out = '';
  let err = '';
  child.stdout.on('data', (part) => (out += part));
  child.stderr.on('data', (part) => (err += part));
  child.stdin.end(input);
  return new Promise((resolve) => child.once('close', (code) => resolve({ code, out, err })));
}

/** An output that collects its lines. */
export function recordedOutput(): { lines: string[]; notes: string[]; out: Output } {
  const lines: string[] = [];
  const notes: string[] = [];
  const out: Output = {
    line: (text) => void lines.push(text),
    json: (value) => void lines.push(JSON.stringify(value)),
    note: (text) => void notes.push(text),
    width: 100,
    progress: new Progress(),
  };
  return { lines, notes, out };
}

/** Runs a command in this process; throws its errors. */
export async function invoke(
  argv: readonly string[],
): Promise<{ code: number; lines: string[]; notes: string[] }> {
  const [name = '', ...rest] = argv;
  const command = await loadCommand(name);
  assert.ok(command, `There is no command ${name}.`);
  const { lines, notes, out } = recordedOutput();
  const code = await command.run({ argv: rest, commands: allCommands, out });
  return { code, lines, notes };
}

/** Runs a command and returns its `--json` output: one line, and no notes. */
export async function invokeJson<T = Record<string, unknown>>(argv: readonly string[]): Promise<T> {
  const { lines, notes, code } = await invoke([...argv, '--json']);
  assert.deepEqual([lines.length, notes, code], [1, [], 0]);
  return JSON.parse(lines[0] ?? '') as T;
}
