import assert from 'node:assert/strict';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { version } from '../version.ts';
import { allCommands, commandNames } from './commands.ts';
import { errorOf, textOf } from './outcome.ts';
import { runCommandLine } from './run.ts';
import { recordedOutput } from './testing/command.ts';

const commands = await allCommands();

async function run(...argv: string[]) {
  const { lines, notes, out } = recordedOutput();
  return { code: await runCommandLine(argv, out), lines, notes };
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

test('a full disk is a problem that the operator can fix', {
  skip: process.platform !== 'linux' && 'needs /dev/full',
}, () => {
  let error: unknown;
  try {
    writeFileSync('/dev/full', 'x');
  } catch (full) {
    error = full;
  }
  const message = 'The disk is full (ENOSPC: no space left on device, write). Free some space.';
  assert.deepEqual([textOf(error), errorOf(error)], [message, { code: 'failed', message }]);
});

test('an option before the command is wrong usage', async () => {
  const { code, lines } = await run('--json', 'status');
  const message = '--json is not a command. Write the command first, then its options.';
  assert.deepEqual([code, lines], [2, [JSON.stringify({ error: { code: 'usage', message } })]]);
  assert.match((await run('--hlep')).notes.join(), /Did you mean --help\?/);
});

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

  for (const name of ['sign-in', 'token', 'refresh', 'revoke'])
    test(`reports the advice apart from the message, as the client library does: ${name}`, async () => {
      const wrong = await run(name, '--json');
      assert.deepEqual([errorIn(wrong).code, wrong.code], ['usage', 2]);
      const issuer = 'http://127.0.0.1:1/oauth2.1';
      const failed = await run(name, '--json', '--issuer', issuer, '--client', 'c', '--timeout', 'x');
      for (const { message, advice } of [errorIn(wrong), errorIn(failed)]) {
        assert.ok(String(advice).length > 5);
        assert.ok(!String(message).includes(String(advice)));
      }
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
      for (const [subcommand] of subcommands)
        assert.match(help(100).join('\n'), new RegExp(`^alongside ${name} (\\S+\\|)*${subcommand}\\b`, 'm'));
  });

  test('names commands in help lines that fit the width, with examples that exist', async () => {
    const { lines } = await run('--help');
    for (const name of commandNames)
      assert.ok(
        lines.some((line) => line.startsWith(`  ${name} `)),
        name,
      );
    for (const { name, help } of commands) {
      const shown = help(80);
      const long = shown.filter((line) => line.length > 80 && !/^ *(alongside |source )/.test(line));
      assert.deepEqual(long, [], name);
      const examples = shown.slice(shown.indexOf('Examples:') + 1).flatMap((line) => line.split(' | '));
      for (const example of shown.includes('Examples:') ? examples : [])
        assert.match(example, new RegExp(`alongside (${commandNames.join('|')})\\b`));
    }
  });

  test('prints the same help with help COMMAND', async () => {
    assert.deepEqual(await run('help', 'card'), await run('card', '--help'));
    assert.equal((await run('help', 'crd')).code, 2);
  });

  test('prints no notes with --quiet', async () => {
    const loud = await run('keys', 'rotate', 'cis', '--quiet', '--port-base', '9');
    assert.deepEqual([loud.code, loud.notes.length], [1, 1], 'errors are printed');
  });

  test('prints the version of Alongside for --version with any command', async () => {
    for (const argv of [['--version'], ...commandNames.map((name) => [name, '--version'])]) {
      assert.deepEqual(await run(...argv), { code: 0, lines: [version], notes: [] });
      assert.deepEqual((await run(...argv, '--json')).lines, [JSON.stringify({ version })]);
    }
    assert.equal((await run('card', '--', '--version')).code, 2);
  });

  test('suggests a similar command, subcommand or flag', async () => {
    for (const [argv, suggestion] of [
      [['stauts'], 'status'],
      [['card', 'insrt'], 'insert'],
      [['keys', 'rotate', 'cis', '--nwo'], '--now'],
      [['up', '--versoin'], '--version'],
      [['up', '--quite'], '--quiet'],
    ] as [string[], string][]) {
      const { code, notes } = await run(...argv);
      assert.deepEqual([code, notes[0]?.includes(` Did you mean ${suggestion}?`)], [2, true]);
    }
  });
});
