import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, describe, test } from 'node:test';
import { main, runProcess } from './testing/command.ts';

const folder = mkdtempSync(join(tmpdir(), 'exec-'));
after(() => rmSync(folder, { recursive: true, force: true }));

/** Writes a program; returns the words that run it as the command. */
function running(name: string, ...lines: string[]): string[] {
  const file = join(folder, `${name}.mjs`);
  writeFileSync(file, lines.join('\n'));
  return ['--', process.execPath, file];
}
const exec = (...argv: string[]) => runProcess(['exec', ...argv]);

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

/** Resolves once nothing listens at an address any more. */
async function closed(address: string): Promise<void> {
  const isOpen = () =>
    new Promise<boolean>((resolve) => {
      let connected = false;
      const socket = connect(Number(new URL(address).port), '127.0.0.1', () => {
        connected = true;
        socket.resume();
      });
      socket.on('error', () => undefined);
      // An instance that stops closes its side of the connection.
      socket.once('close', () => resolve(connected));
    });
  while (await isOpen());
}

describe('alongside exec', () => {
  test('runs the command with addresses, credentials and the state file, returns its code, and removes its folder', async () => {
    const temporary = mkdtempSync(join(folder, 'temporary-'));
    const words = running(
      'environment',
      "import { readdirSync, readFileSync } from 'node:fs';",
      'const { urls } = JSON.parse(readFileSync(process.env.ALONGSIDE_STATE));',
      'const status = await (await fetch(urls.console + "/api/v1/agent")).json();',
      'const { ALONGSIDE_API_URL: api, DEMO_COMBINED_PLATFORM_CLIENT_SECRET: secret } = process.env;',
      'const own = readdirSync(process.env.TEMP).some((name) => /^alongside-[A-Za-z\\d]{6}$/.test(name));',
      "process.stdout.write([api === urls.api, Boolean(secret), own, status.state, ...process.argv.slice(2)].join(' '));",
    );
    const { code, out, err } = await runProcess(['exec', '--person', 'gp', ...words, '--help'], {
      variables: { TMPDIR: temporary, TEMP: temporary },
    });
    assert.deepEqual([code, out], [0, 'true true true signedIn --help']);
    assert.match(
      err,
      /^Alongside is ready after \d+ ms at http:\/\/localhost:\d+\ngp is signed in at the desk\.\n$/,
    );
    // Sockets are in a folder of the user, which remains.
    assert.deepEqual(
      readdirSync(temporary).filter((name) => /-[A-Za-z\d]{6}$/.test(name)),
      [],
    );
  });

  test('puts the card into the reader if the agent asks for the PIN later, as in the newer generation', async () => {
    const flags = ['--generation', 'internet', '--person', 'gp'];
    const { code, err } = await exec(...flags, ...running('nothing', ''));
    assert.equal(code, 0, err);
    assert.match(
      err,
      /\nThe card of gp is in the reader; the agent asks for its PIN when an application signs in\.\n$/,
    );
  });

  test('refuses a PIN that the agent does not take', async () => {
    const flags = ['--generation', 'internet', '--person', 'gp', '--pin', '999999'];
    const { code, out, err } = await exec(...flags, ...running('unpinned', 'process.stdout.write("ran")'));
    assert.deepEqual([code, out], [1, ''], err);
    assert.match(
      err,
      /^The agent of this generation asks for the PIN when an application signs in: leave out --pin\.$/m,
    );
  });

  test('refuses a role that the person does not have, also if the agent asks for it later', async () => {
    const flags = ['--generation', 'internet', '--person', 'gp', '--role', 'R0001'];
    const { code, err } = await exec(...flags, ...running('never', 'process.stdout.write("ran")'));
    assert.equal(code, 1, err);
    assert.match(err, /^The person has no role R0001\. There are: \d+ \(R0260 at A9A5A\)\.$/m);
  });

  test('explains the refusals and shows journey and log if the command fails', async () => {
    const { code, out, err } = await exec(
      ...running(
        'refused',
        'const body = new URLSearchParams({ grant_type: "client_credentials" });',
        'await fetch(process.env.ALONGSIDE_API_URL + "/oauth2/token", { method: "POST", body });',
        'process.exit(3);',
      ),
    );
    assert.deepEqual([code, out], [3, '']);
    assert.match(err, /ended with code 3\./);
    assert.match(err, /Refused requests.*\n {2}authorisation\.assertionType at POST \/oauth2\/token/);
    assert.match(err, /\n {2}Fix +Set client_assertion_type/);
    assert.match(err, /The last journey:\n {2}[\d:.]+ {2}application -> authorisation {2}\S+ +refused/);
    assert.match(err, /The end of the log:\n {2}[\d:.]+ [\w-]+: /);
  });

  test('runs several at once on different ports, also without "--" before the first word that is no option', async () => {
    const [, ...command] = running(
      'words',
      'process.stdout.write([process.env.ALONGSIDE_CONSOLE_URL, ...process.argv.slice(2)].join(" "));',
    );
    const words = ['--quiet', '--person=gp', ...command, '--help', '--', '--json'];
    const ended = await Promise.all([exec(...words), exec(...words)]);
    for (const { code, out, err } of ended) {
      assert.deepEqual([code, err], [0, '']);
      assert.match(out, /^http:\S+ --help -- --json$/);
    }
    assert.notEqual(ended[0].out, ended[1].out);
  });

  for (const [name, argv, expected, message] of [
    ['no command', ['--'], 2, /^Add the command after "--"/],
    ['an empty command', ['--', ''], 2, /^Add the command after "--"/],
    ['a PIN without a person', ['--pin', '123456', '--', 'true'], 2, /^--pin needs --person\.\n$/],
    ['flags without a command', ['--person', 'gp'], 2, /^Add the command after "--"/],
    [
      'a mistyped flag',
      ['--persn', 'gp', '--', 'true'],
      2,
      /^There is no option --persn\. Did you mean --person\?/,
    ],
    [
      'a command that is not executable',
      ['--', folder],
      126,
      /cannot be executed: this user has no right to it\./,
    ],
    [
      'an unknown person',
      ['--person', 'nobody', '--', 'true'],
      1,
      /No card has .* nobody\. .*There are cards of gp, /,
    ],
    [
      'a role that the person has not',
      ['--person', 'gp', '--role', 'R9999', '--', 'true'],
      1,
      /\nThe person has no role R9999\. There are: \d+ \(R0260 at \w+\)\.\n$/,
    ],
    [
      'a wrong PIN',
      ['--person', 'gp', '--pin', '000000', ...running('unpinned', 'process.stdout.write("ran")')],
      1,
      /^Wrong PIN: 2 attempts left\.$/m,
    ],
    [
      'flags that contradict each other',
      ['--port-base', '99999', '--', 'true'],
      1,
      /Alongside did not start: .*/,
    ],
  ] as const)
    test(`ends with code ${expected} and one sentence for ${name}`, async () => {
      const { code, out, err } = await exec(...argv);
      assert.deepEqual([code, out], [expected, '']);
      assert.match(err, message);
      assert.doesNotMatch(err, /\n {4}at /, 'no stack');
    });

  /** Starts a command that waits; resolves with the address of its instance, and the pid of the command. */
  async function waiting(): Promise<{ child: ChildProcess; address: string; pid: number }> {
    const words = running(
      'waiting',
      'console.log(process.env.ALONGSIDE_CONSOLE_URL, process.pid);',
      'setInterval(() => {}, 1_000);',
    );
    const child = spawn(process.execPath, [main, 'exec', ...words], { stdio: ['ignore', 'pipe', 'ignore'] });
    const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
    const [address = '', pid] = line.split(' ');
    return { child, address, pid: Number(pid) };
  }

  for (const [signal, expected] of [
    ['SIGTERM', 143],
    ['SIGINT', 130],
    ['SIGHUP', 129],
  ] as const)
    test(`passes ${signal} on to the command, stops the instance, and ends with ${expected}`, async (t) => {
      const { child, address, pid } = await waiting();
      t.after(() => isRunning(pid) && process.kill(pid));
      const ended = once(child, 'exit');
      child.kill(signal);
      assert.deepEqual(await ended, [expected, null]);
      assert.ok(!isRunning(pid));
      await closed(address);
    });

  test('ends with code 127 for a command that does not exist, and with --json prints one JSON line', async () => {
    const { code, out } = await exec('--json', '--', './no-such');
    const advice = 'Do not quote the command as a whole, and put npx before a program of node_modules.';
    const message = `There is no command "./no-such". ${advice}`;
    assert.deepEqual([code, JSON.parse(out)], [127, { error: { code: 'failed', message } }]);
  });

  test('leaves no instance when it is killed', async () => {
    const { child, address, pid } = await waiting();
    child.kill('SIGKILL');
    process.kill(pid);
    await closed(address);
  });
});
