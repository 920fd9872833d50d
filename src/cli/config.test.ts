import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { invoke, runProcess } from './testing/command.ts';

describe('alongside config', () => {
  const folder = mkdtempSync(join(tmpdir(), 'alongside-config-'));
  after(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, 'config.json');
  const secret = join(folder, 'smtp');

  /** Without the variables of the test runner. */
  async function checked(argv: readonly string[]) {
    const result = await invoke(['config', 'check', ...argv]);
    return { ...result, notes: result.notes.filter((note) => !note.startsWith('The variable ALONGSIDE_')) };
  }

  test('shows value, origin and reload support of each setting, and secrets only as set', async () => {
    writeFileSync(secret, 'smtp://user:password@mail.example');
    writeFileSync(file, JSON.stringify({ smtpUrl: `@${secret}`, portBase: 9000 }));
    const { code, lines } = await invoke(['config', '--json', '--config', file, '--log-level', 'debug']);
    const { settings, problems } = JSON.parse(lines[0] ?? '') as {
      settings: { name: string; value: unknown; origin: string; reloadable: boolean }[];
      problems: string[];
    };
    const of = (name: string) => settings.find((setting) => setting.name === name);
    assert.deepEqual([code, problems], [0, []]);
    assert.deepEqual(of('smtpUrl'), {
      name: 'smtpUrl',
      value: 'set',
      origin: `${file}:1`,
      reloadable: true,
    });
    assert.deepEqual(of('portBase'), {
      name: 'portBase',
      value: 9000,
      origin: `${file}:1`,
      reloadable: false,
    });
    assert.deepEqual([of('logLevel')?.value, of('logLevel')?.origin], ['debug', '--log-level']);
    assert.deepEqual([of('drainDelay')?.value, of('drainDelay')?.origin], [5, 'default']);
    const { lines: text } = await invoke(['config', '--config', file]);
    assert.doesNotMatch(text.join('\n') + lines[0], /password@/);
    const { lines: keyLines } = await invoke(['config', '--master-key-command', 'unwrap --pin 4711']);
    assert.doesNotMatch(keyLines.join('\n'), /4711/);
  });

  test('reads a file with the byte order mark of Windows, and names UTF-16', async () => {
    writeFileSync(file, '\uFEFF{ "portBase": 8999 }');
    const { lines } = await invoke(['config', '--config', file]);
    assert.match(lines.join('\n'), /^--port-base +8999 +\S+config\.json:1 /m);
    writeFileSync(file, '{}', 'utf16le');
    for (const argv of [['config'], ['serve'], ['app', 'list']])
      await assert.rejects(invoke([...argv, '--config', file]), {
        message: `The configuration file ${file} cannot be read: it has the encoding UTF-16: save it as UTF-8.`,
      });
  });

  test('prints no part of a file that is not JSON, and refuses a password in an address', async () => {
    writeFileSync(file, '{ "smtpUrl": smtp://hidden@mail }');
    for (const argv of [['config'], ['serve'], ['app', 'list']])
      await assert.rejects(invoke([...argv, '--config', file]), ({ message }: Error) => {
        assert.match(message, /config\.json cannot be read: Unexpected token/);
        return !/smtp:/.test(message);
      });
    const { notes } = await checked(['--no-self-service', '--otlp-endpoint', 'http://me:hidden@c:4318']);
    assert.deepEqual(notes, ['--otlp-endpoint: must not contain a user or password.']);
  });

  test('check reports all problems at once', async () => {
    writeFileSync(
      file,
      JSON.stringify(
        {
          smtpUrl: `@${secret}.missing`,
          portBase: 'many',
          networkLimits: { mailFrom: '[' },
          mailFrm: 'a@b',
          mailFrom: 'x',
        },
        null,
        2,
      ),
    );
    const { code, lines, notes } = await checked(['--config', file]);
    assert.deepEqual([code, lines, notes.length], [1, [], 5]);
    for (const [index, problem] of [
      /config\.json:7 has an unknown key "mailFrm"\. Did you mean mailFrom\?/,
      /config\.json:2: smtpUrl: .*smtp\.missing cannot be read/,
      /config\.json:3: portBase: must be/,
      /config\.json:4: networkLimits: /,
      /config\.json:8: mailFrom: must be/,
    ].entries())
      assert.match(notes[index] ?? '', problem);
    writeFileSync(file, '{}');
    assert.equal(
      (await invoke(['config', 'check', '--config', file, '--smtp-url', 'smtp://m.test'])).code,
      0,
    );
  });

  test('check reports everything that a start of serve refuses, at once', async () => {
    const { code, notes } = await checked([
      '--ephemeral',
      '--url-api',
      'https://api.example',
      '--url-cis',
      'http://cis.example',
      '--tls-authority',
      `${folder}/none.pem`,
    ]);
    assert.equal(code, 1);
    for (const [index, problem] of [
      /The authority certificate .*none\.pem cannot be read/,
      /Production keeps its data/,
      /http:\/\/cis\.example must be https/,
      /https:\/\/api\.example is https, and nothing ends TLS/,
      /Self-service needs a mail server/,
    ].entries())
      assert.match(notes[index] ?? '', problem);
    assert.equal(notes.length, 5);
  });

  test('check reads every file that serve reads at a start', async () => {
    const files = [
      'master-key',
      'theme',
      'upstream-cis2',
      'webauthn-roots',
      'sign-in-providers',
      'tls-client-authorities',
      'tls-client-revocations',
      'card-issuers',
    ];
    const { notes } = await checked([
      '--no-self-service',
      '--signing-token',
      'x',
      ...files.flatMap((flag) => [`--${flag}`, join(folder, `no-${flag}`)]),
    ]);
    const [token, ...others] = notes.toSorted((note) => (note.includes('--signing-module') ? -1 : 1));
    assert.match(token ?? '', /^Signing keys in a token need --signing-module and --signing-pin/);
    for (const flag of files)
      assert.ok(
        others.some((note) => note.includes(`no-${flag}`)),
        flag,
      );
    assert.equal(others.length, files.length);
  });

  test('names a variable that is not a setting', async () => {
    const variables = { ALONGSIDE_PORT_BAES: '9000', ALONGSIDE_JSON: '0' };
    const { code, err } = await runProcess(['config', 'check', '--no-self-service'], { variables });
    assert.equal(code, 0);
    assert.equal(
      err,
      'The variable ALONGSIDE_PORT_BAES is not a setting and has no effect. Did you mean ALONGSIDE_PORT_BASE?\n',
    );
  });

  test('reports a folder for temporary files that cannot be written', async () => {
    const variables = { TMPDIR: join(folder, 'none'), TEMP: join(folder, 'none') };
    const { code, out, err } = await runProcess(['up', '--ephemeral', '--port-base', '0'], { variables });
    assert.deepEqual([code, out], [1, '']);
    assert.match(err, /^The folder for temporary files cannot be written: ENOENT.*\n$/);
  });

  test('ends serve with exit code 2, after which systemd does not restart it', async () => {
    for (const [settings, problem] of [
      [{ portBase: 'many' }, /config\.json:1: portBase: must be a port number/],
      [{ portBas: 9000 }, /config\.json:1 has an unknown key "portBas"/],
      [{ legacyClients: 'zz' }, /config\.json:1: legacyClients: must be SHA-256 fingerprints/],
      [{ smtpUrl: `@${secret}.missing` }, /smtpUrl: the file .*smtp\.missing cannot be read/],
      [{ data: folder, portBase: 0, ephemeral: true }, /Production keeps its data/],
    ] as const) {
      writeFileSync(file, JSON.stringify(settings));
      await assert.rejects(invoke(['serve', '--config', file]), { exitCode: 2, message: problem });
    }
  });
});
