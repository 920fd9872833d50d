import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { ClientError } from '../errors.ts';
import type { TestProvider } from '../testing/openid-provider.ts';
import { startProvider } from '../testing/openid-provider.ts';
import { userAgent } from '../testing/user-agent.ts';
import { onWindows } from '../testing/windows.ts';
import { runNativeCommand, sentencesOf, type Terminal } from './commands.ts';
import { FLAGS, helpOf, NATIVE_COMMANDS, type NativeCommandName } from './options.ts';

// Next to this file, emitted or not.
const program = fileURLToPath(new URL(import.meta.url)).replace('commands.test.', 'main.');

/** Opens the address that a command asks the user to open. */
async function visit(note: string): Promise<void> {
  const [, url] = /^Open this address in a browser: (\S+)$/.exec(note) ?? [];
  if (url !== undefined) await fetch(await userAgent().follow(url, 'http://127.0.0.1:'));
}

describe('the commands of the native journey', () => {
  let provider: TestProvider;
  before(async () => {
    provider = await startProvider({
      clients: [
        {
          client_id: 'demo-native',
          application_type: 'native',
          token_endpoint_auth_method: 'none',
          redirect_uris: ['http://127.0.0.1/callback'],
          grant_types: ['authorization_code', 'refresh_token'],
        },
        {
          client_id: 'desk',
          client_secret: 'a-secret-of-32-characters-for-tests',
          application_type: 'native',
          token_endpoint_auth_method: 'client_secret_post',
          redirect_uris: ['http://127.0.0.1/callback'],
        },
      ],
      configuration: {
        ttl: {
          AccessToken: 30,
          RefreshToken: 3600,
          AuthorizationCode: 60,
          Session: 60,
          Grant: 60,
          IdToken: 60,
          Interaction: 60,
        },
      },
    });
  });
  after(() => provider.close());

  const server = () => ['--issuer', provider.issuer, '--client', 'demo-native'];
  const signIn = () => [...server(), '--scope', 'openid offline_access', '--browser', 'manual'];

  async function call(name: NativeCommandName, argv: string[], over: Partial<Terminal> = {}) {
    const lines: string[] = [];
    let error: ClientError | undefined;
    try {
      await runNativeCommand(name, argv, {
        line: (text) => void lines.push(text),
        note: (text) => void visit(text).catch(() => undefined),
        input: async () => '',
        wait: async () => undefined,
        signal: new AbortController().signal,
        ...over,
      });
    } catch (thrown) {
      assert.ok(thrown instanceof ClientError, String(thrown));
      error = thrown;
    }
    return { lines, error };
  }

  test('sign in, refresh and revoke', async () => {
    const { lines } = await call('sign-in', signIn());
    assert.equal(lines.length, 1);
    const tokens = JSON.parse(lines[0] ?? '');
    assert.equal(tokens.token_type, 'Bearer');
    assert.ok(tokens.expires_in <= 30 && tokens.expires_in >= 25, `${tokens.expires_in} s`);
    assert.ok(tokens.expires_at > 1_700_000_000 && tokens.expires_at < 10_000_000_000);
    const input = async () => `${lines[0]}\n`;
    const renewed = await call('refresh', server(), { input });
    const second = JSON.parse(renewed.lines[0] ?? '');
    assert.notEqual(second.access_token, tokens.access_token);
    const revoked = await call('revoke', server(), { input: async () => renewed.lines[0] ?? '' });
    assert.equal(revoked.error, undefined);
    const late = await call('refresh', server(), { input: async () => renewed.lines[0] ?? '' });
    assert.deepEqual([late.lines, late.error?.code], [[], 'oauth']);
  });

  test('sign in at CIS2 with the separate pattern, with and without a secret', async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'sign-in-'));
    t.after(() => rmSync(folder, { recursive: true }));
    const secret = join(folder, 'secret');
    writeFileSync(secret, 'a-secret-of-32-characters-for-tests\n');
    const flags = ['--issuer', provider.issuer, '--browser', 'manual', '--pattern', 'separate'];
    for (const more of [
      ['--client', 'demo-native'],
      ['--client', 'desk', '--secret-file', secret],
    ]) {
      const { lines, error } = await call('sign-in', [...flags, ...more]);
      assert.equal(error, undefined);
      const [, claims = ''] = JSON.parse(lines[0] ?? '').id_token.split('.');
      const { aud, iss } = JSON.parse(Buffer.from(claims, 'base64url').toString());
      assert.deepEqual([aud, iss], [more[1], provider.issuer]);
    }
    writeFileSync(secret, 'another');
    const wrong = await call('sign-in', [...flags, '--client', 'desk', '--secret-file', secret]);
    assert.equal(wrong.error?.code, 'oauth');
    assert.match(sentencesOf(wrong.error), /^invalid_client: .*[.] See that client id/);
  });

  test('reports a client that the server does not know before a browser opens', async () => {
    for (const pattern of ['combined', 'separate']) {
      const notes: string[] = [];
      const argv = ['--issuer', provider.issuer, '--client', 'nobody', '--browser', 'manual'];
      const { lines, error } = await call('sign-in', [...argv, '--pattern', pattern], {
        note: (text) => void notes.push(text),
      });
      assert.deepEqual([lines, notes, error?.code], [[], [], 'oauth']);
      assert.match(sentencesOf(error as ClientError), /invalid_client|refuses the sign-in/);
    }
  });

  test('token prints the access token alone, or everything', async () => {
    const plain = await call('token', signIn());
    assert.match(plain.lines.join(), /^[\w.-]{20,}$/);
    const { lines } = await call('token', [...signIn(), '--json']);
    assert.ok(JSON.parse(lines[0] ?? '').refresh_token);
  });

  test('token --watch prints each renewal, and revokes the last tokens at the end', async () => {
    const end = new AbortController();
    let waits = 0;
    const wait = async () => {
      waits += 1;
      if (waits < 3) return;
      end.abort();
      throw new ClientError('aborted', 'The call was aborted.');
    };
    const { lines } = await call('token', [...signIn(), '--watch', '--revoke'], {
      wait,
      signal: end.signal,
    });
    const tokens = lines.map((line) => JSON.parse(line).access_token);
    assert.equal(new Set(tokens).size, 3);
    const late = await call('refresh', server(), { input: async () => lines.at(-1) ?? '' });
    assert.equal(late.error?.code, 'oauth');
  });

  test('token --watch reports the end of the session', async () => {
    const wait = async () => {
      await call('revoke', server(), { input: async () => first });
    };
    let first = '';
    const { error } = await call('token', [...signIn(), '--watch'], {
      wait,
      line: (text) => {
        first ||= text;
      },
    });
    assert.equal(error?.code, 'sign_in_required');
  });

  const mistakes: [string, NativeCommandName, () => string[], RegExp][] = [
    ['an unknown flag', 'sign-in', () => [...server(), '--nope'], /--nope/],
    ['no issuer', 'token', () => ['--client', 'x'], /--issuer is missing/],
    ['no client', 'refresh', () => ['--issuer', 'https://a.example'], /--client is missing/],
    ['an issuer that is no address', 'refresh', () => ['--issuer', 'x', '--client', 'x'], /issuer/],
    ['an unknown browser', 'sign-in', () => [...server(), '--browser', 'lynx'], /no browser "lynx"/],
    ['a time limit that is no number', 'sign-in', () => [...signIn(), '--timeout', 'soon'], /--timeout/],
    ['an unknown pattern', 'sign-in', () => [...signIn(), '--pattern', 'x'], /no pattern "x"/],
    [
      'a flag of the other pattern',
      'sign-in',
      () => [...signIn(), '--key-file', 'x'],
      /needs --pattern separate/,
    ],
    [
      'half an exchange',
      'sign-in',
      () => [...signIn(), '--pattern', 'separate', '--key-file', 'x'],
      /together/,
    ],
    [
      'watching without a refresh token',
      'token',
      () => [...signIn(), '--pattern', 'separate', '--watch'],
      /--watch/,
    ],
    [
      'a file that does not exist',
      'sign-in',
      () => [...signIn(), '--pattern', 'separate', '--secret-file', '/nope'],
      /could not be read/,
    ],
    ['a word too many', 'sign-in', () => [...signIn(), 'more'], /more/],
    ['input that is not JSON', 'refresh', server, /Standard input/],
  ];
  for (const [what, name, argv, message] of mistakes) {
    test(`refuses ${what}`, async () => {
      const { lines, error } = await call(name, argv());
      assert.deepEqual([lines, error?.code], [[], 'settings_invalid']);
      assert.match(error?.message ?? '', message);
    });
  }

  for (const input of [
    'null',
    '[]',
    '{"access_token":1}',
    '{"access_token":"a","expires_at":"x"}',
    ' '.repeat(300_000),
  ]) {
    test(`refuses other input (${input.slice(0, 30).trim() || 'too long'})`, async () => {
      const { error } = await call('revoke', server(), { input: async () => input });
      assert.equal(error?.code, 'settings_invalid');
    });
  }

  test('the program ends with its input, and with a signal', async () => {
    const run = (...argv: string[]) => spawn(process.execPath, [program, ...argv], { stdio: 'pipe' });
    const watching = run('token', ...signIn(), '--watch', '--end-with-input', '--revoke');
    watching.stderr.on('data', (text) => void visit(String(text).trim()).catch(() => undefined));
    const [line] = await once(watching.stdout, 'data');
    assert.ok(JSON.parse(String(line)).access_token);
    watching.stdin.end();
    assert.deepEqual(await once(watching, 'exit'), [0, null]);
    const waiting = run('sign-in', ...signIn());
    await once(waiting.stderr, 'data');
    waiting.kill('SIGTERM');
    // Windows has no signals: the program is ended.
    assert.deepEqual(await once(waiting, 'exit'), onWindows ? [null, 'SIGTERM'] : [143, null]);
  });

  test('the program prints help, and names an unknown command', async () => {
    const output = async (...argv: string[]) => {
      const child = spawn(process.execPath, [program, ...argv], { stdio: ['ignore', 'pipe', 'pipe'] });
      let text = '';
      for (const stream of [child.stdout, child.stderr]) stream.on('data', (piece) => (text += piece));
      const [code] = await once(child, 'close');
      return { code, text };
    };
    const help = await output('--help');
    for (const name of Object.keys(NATIVE_COMMANDS)) assert.ok(help.text.includes(`  ${name}`), name);
    assert.equal(help.code, 0);
    assert.deepEqual(await output('token', '--help'), { code: 0, text: `${helpOf('token').join('\n')}\n` });
    const unknown = await output('tokens');
    assert.equal(unknown.code, 2);
    assert.match(unknown.text, /There is no command "tokens"/);
    const wrong = await output('refresh', ...server());
    assert.equal(wrong.code, 2);
    assert.match(wrong.text, /^Standard input is not the line that sign-in printed\. Pass it unchanged/);
    const { error } = JSON.parse((await output('token', ...server(), '--browser', 'x', '--json')).text);
    assert.equal(error.code, 'settings_invalid');
    for (const flag of Object.keys(FLAGS)) {
      const used = Object.values(NATIVE_COMMANDS).some(({ flags }) =>
        (flags as readonly string[]).includes(flag),
      );
      assert.ok(used, flag);
    }
  });
});
