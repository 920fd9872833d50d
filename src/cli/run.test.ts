import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { allCommands, commandNames } from './commands.ts';

const commands = await allCommands();

import { runCommandLine } from './run.ts';

async function run(...argv: string[]) {
  const lines: string[] = [];
  const notes: string[] = [];
  const code = await runCommandLine(argv, {
    line: (text) => void lines.push(text),
    json: (value) => void lines.push(JSON.stringify(value)),
    note: (text) => void notes.push(text),
    terminal: false,
  });
  return { code, lines, notes };
}

/** Checks that a command printed exactly one JSON line with its error; returns the error. */
function errorIn({ lines, notes }: Awaited<ReturnType<typeof run>>): Record<string, unknown> {
  assert.deepEqual([lines.length, notes], [1, []]);
  const { error, ...rest } = JSON.parse(lines[0] ?? '') as { error: Record<string, unknown> };
  assert.deepEqual(rest, {});
  assert.ok(String(error.message).length > 5);
  return error;
}

/** Words with which a command reaches the console. */
const words: Readonly<Record<string, string[]>> = {
  status: [],
  card: ['list'],
  agent: ['status'],
  person: ['list'],
  mail: [],
  session: ['list'],
  app: ['list'],
  product: ['list'],
  developer: ['list'],
  keys: ['list'],
  fault: ['list'],
  reset: [],
  explain: ['m-1'],
};

describe('a command that fails with --json', () => {
  const server = createServer((_request, response) => {
    response.writeHead(404, { 'content-type': 'application/json', 'x-message-id': 'm-7' });
    response.end(JSON.stringify({ error: 'unknown_thing', error_description: 'There is no such thing.' }));
  });
  let port = '';
  before(async () => {
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    port = String((server.address() as AddressInfo).port);
  });
  after(() => server.close());

  for (const { name } of commands)
    test(`prints one JSON line for wrong usage and exits with 2: ${name}`, async () => {
      const ended = await run(name, '--no-such-flag', '--json');
      assert.equal(errorIn(ended).code, 'usage');
      assert.equal(ended.code, 2);
      const plain = await run(name, '--no-such-flag');
      assert.deepEqual([plain.code, plain.lines], [2, []]);
      assert.ok(plain.notes.length > 0);
    });

  for (const [name, more] of Object.entries(words)) {
    test(`prints the console's refusal and exits with 1: ${name}`, async () => {
      const ended = await run(name, ...more, '--json', '--port-base', port);
      const { code, status, messageId } = errorIn(ended);
      assert.deepEqual([ended.code, code, status, messageId], [1, 'unknown_thing', 404, 'm-7']);
    });
    test(`prints that no instance is found and exits with 1: ${name}`, async () => {
      const ended = await run(name, ...more, '--json', '--state', '/nonexistent/state.json');
      assert.deepEqual([ended.code, errorIn(ended).code], [1, 'failed']);
    });
  }

  test('prints one JSON line for an unknown command', async () => {
    const ended = await run('nothing', '--json');
    assert.deepEqual([ended.code, errorIn(ended).code], [2, 'usage']);
  });
});

describe('the registry of commands', () => {
  test('names each command as it names itself', () => {
    assert.deepEqual(
      commands.map(({ name }) => name),
      commandNames,
    );
  });

  test('gives each subcommand a line of help', () => {
    for (const { name, subcommands, help } of commands)
      for (const subcommand of subcommands)
        assert.match(help.join('\n'), new RegExp(`^alongside ${name} (\\S+\\|)*${subcommand}\\b`, 'm'));
  });

  test('suggests a similar command, subcommand or flag', async () => {
    for (const [argv, suggestion] of [
      [['stauts'], 'status'],
      [['card', 'insrt'], 'insert'],
      [['keys', 'rotate', 'cis', '--nwo'], '--now'],
    ] as [string[], string][]) {
      const { code, notes } = await run(...argv);
      assert.deepEqual([code, notes[0]?.includes(` Did you mean ${suggestion}?`)], [2, true]);
    }
  });

  test('completes commands, subcommands and flags in a shell', async () => {
    const { lines } = await run('completion', 'bash');
    const complete = (...words: string[]) => {
      const list = ['alongside', ...words].map((word) => `'${word}'`).join(' ');
      const script = `${lines.join('\n')}\nCOMP_WORDS=(${list}); COMP_CWORD=${words.length}; _alongside; echo "\${COMPREPLY[@]}"`;
      return spawnSync('bash', ['-c', script], { encoding: 'utf8' }).stdout.trim();
    };
    assert.equal(complete('expl'), 'explain');
    assert.equal(complete('card', 'in'), 'insert');
    assert.equal(complete('app', 'add', '--call'), '--callback');
    assert.equal((await run('completion', 'tcsh')).code, 2);
  });

  test('describes itself with completion --json', async () => {
    const { lines } = await run('completion', '--json');
    const described = JSON.parse(lines[0] ?? '') as { commands: { name: string; flags: string[] }[] };
    assert.deepEqual(
      described.commands.map(({ name }) => name),
      commands.map(({ name }) => name),
    );
    assert.ok(described.commands.every(({ flags }) => flags.includes('--json')));
  });
});
