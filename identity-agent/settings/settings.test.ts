import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { OperatorError, UsageError } from '@alongside/kernel/operator';
import { parseSddl } from '@alongside/kernel/windows-access';
import fc from 'fast-check';
import { onWindows } from '../../test/testing/platform.ts';
import { definitions, settingNames } from './definitions.ts';
import { readArguments, readSettingsFile } from './layers.ts';
import { machineFileProblem, windowsProblem } from './machine-file.ts';
import { checkUsable, loadSettings, sessionMode, settingFiles } from './settings.ts';

async function desk(t: TestContext, contents: { policy?: object; user?: object; defaults?: object } = {}) {
  const folder = await mkdtemp(join(tmpdir(), 'settings-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const files = {
    policy: join(folder, 'policy.json'),
    user: join(folder, 'user.json'),
    defaults: join(folder, 'defaults.json'),
  };
  for (const [name, content] of Object.entries(contents))
    await writeFile(files[name as keyof typeof files], JSON.stringify(content), { mode: 0o644 });
  // Wine and temporary folders have no owner that a policy may have.
  const check = onWindows ? () => undefined : machineFileProblem;
  return { files, load: (...argv: string[]) => loadSettings(argv, files, check) };
}

describe('the precedence of settings', () => {
  test('is policy, command line, user, defaults, built-in values', async (t) => {
    const { load } = await desk(t, {
      policy: { agentPort: 1001 },
      user: { agentPort: 1003, lockedFor: 103 },
      defaults: { agentPort: 1004, lockedFor: 104, pinAgainAfter: 104 },
    });
    const { settings, from } = load('--agent-port', '1002', '--pin-again-after=102');
    assert.deepEqual(
      [settings.agentPort, settings.pinAgainAfter, settings.lockedFor, settings.logLevel],
      [1001, 102, 103, 'info'],
    );
    assert.match(from.agentPort, /^policy/);
    assert.equal(from.pinAgainAfter, 'command line');
    assert.match(from.lockedFor, /^user/);
    assert.equal(from.logLevel, 'built in');
  });

  test("lets a policy switch off a user's setting", async (t) => {
    const { load } = await desk(t, { policy: { mobility: false }, user: { mobility: true } });
    assert.equal(load('--mobility').settings.mobility, false);
  });

  test('applies the published order to modes from any source', async (t) => {
    const { load } = await desk(t, {
      policy: { enhancedNormal: true },
      user: { sessionLockPersistence: true },
    });
    assert.equal(sessionMode(load().settings), 'sessionLockPersistence');
    assert.equal(sessionMode(load('--mobility').settings), 'mobility');
    assert.equal(sessionMode(load('--no-session-lock-persistence').settings), 'enhancedNormal');
    assert.equal(sessionMode((await desk(t)).load().settings), 'normal');
  });

  test('places the environment between command line and files', async (t) => {
    const { files } = await desk(t, { user: { cis: 'http://user.example', logLevel: 'error' } });
    const script = `import { loadSettings } from ${JSON.stringify(new URL('./settings.ts', import.meta.url).href)};
      const { settings: { cis, logLevel, agentPort, requireRole }, from } = loadSettings(['--agent-port', '1'], ${JSON.stringify(files)});
      console.log(JSON.stringify([cis, logLevel, agentPort, requireRole, from.cis]));`;
    const out = execFileSync(process.execPath, ['--input-type=module', '-e', script], {
      encoding: 'utf8',
      env: {
        ALONGSIDE_CIS: 'http://variable.example/',
        ALONGSIDE_AGENT_PORT: '2',
        ALONGSIDE_LOG_LEVEL: '',
        ALONGSIDE_REQUIRE_ROLE: 'yes',
      },
    });
    assert.deepEqual(JSON.parse(out), ['http://variable.example', 'error', 1, true, 'environment']);
  });
});

describe('loadSettings', () => {
  const refused = async (t: TestContext, contents: Parameters<typeof desk>[1], message: RegExp) => {
    const { load } = await desk(t, contents);
    assert.throws(
      () => load(),
      (thrown) => thrown instanceof OperatorError && message.test(thrown.message),
    );
  };

  test('refuses a misspelt setting in a file, so that no policy is lost silently', (t) =>
    refused(t, { policy: { mobilty: true } }, /policy\.json has an unknown setting "mobilty"/));

  test('refuses a wrong value with its location, even if a higher source overrides it', async (t) => {
    await refused(t, { policy: { lockedFor: '30 s' } }, /policy\.json: lockedFor: must be a whole number/);
    await refused(t, { policy: { mobility: true }, user: { mobility: 3 } }, /user\.json: mobility: must be/);
  });

  test('refuses a file that is not a JSON object, too long or unreadable', async (t) => {
    const { files, load } = await desk(t);
    for (const content of ['{', '[]', 'null', `{"cis": "${'a'.repeat(70_000)}"}`]) {
      await writeFile(files.user, content);
      assert.throws(() => load(), OperatorError, content.slice(0, 20));
    }
    await writeFile(files.user, '{}', 'utf16le');
    assert.throws(() => load(), /user\.json cannot be read: it has the encoding UTF-16: save it as UTF-8$/);
    await writeFile(files.user, '\uFEFF{"agentPort": 1}');
    assert.equal(load().settings.agentPort, 1, 'with the mark of an editor of Windows');
    await rm(files.user);
    assert.equal(load().settings.agentPort, 8403, 'no file is no values');
  });

  test('refuses policy and defaults that others than their owner can write', {
    skip: onWindows && 'files have no modes',
  }, async (t) => {
    const { files, load } = await desk(t, { policy: {}, defaults: {} });
    load();
    for (const name of ['policy', 'defaults'] as const) {
      await chmod(files[name], 0o666);
      assert.throws(() => load(), {
        message: `The ${name} ${files[name]} can be written by others than its owner. Let only administrators write it.`,
      });
      await chmod(files[name], 0o644);
    }
  });

  test('refuses a file of a Windows machine that a user could have written, or put into a folder of theirs', () => {
    const file = 'C:\\ProgramData\\Alongside\\identity-agent\\policy.json';
    const good = 'O:BAD:AI(A;;FA;;;SY)(A;;FA;;;BA)(A;;0x1200a9;;;BU)';
    const mine = 'O:S-1-5-21-1-2-3-1001D:(A;;FA;;;BA)';
    const problem = (...sddl: string[]) =>
      windowsProblem(file, (paths) => {
        assert.deepEqual(
          paths,
          ['\\identity-agent\\policy.json', '\\identity-agent', ''].map(
            (end) => `C:\\ProgramData\\Alongside${end}`,
          ),
        );
        return { user: '', accesses: sddl.flatMap((text) => parseSddl(text) ?? []) };
      });
    assert.equal(problem(good, good, good), undefined);
    const owned = 'belongs to S-1-5-21-1-2-3-1001, not to Administrators or SYSTEM';
    assert.equal(problem(mine, good, good), `is refused: ${file} ${owned}`);
    assert.equal(problem(good, good, mine), `is refused: C:\\ProgramData\\Alongside ${owned}`);
    assert.equal(
      problem(good.replace('0x1200a9', '0x1301bf'), good, good),
      `is refused: ${file} can be changed by Users`,
    );
    assert.match(String(windowsProblem(file, () => undefined)), /^is refused: its owner cannot be read$/);
  });

  test('refuses an unknown flag, and one with a wrong value', async (t) => {
    const { load } = await desk(t);
    assert.throws(() => load('--prot', '1'), UsageError);
    assert.throws(
      () => load('--agent-port', '70000'),
      (thrown) =>
        thrown instanceof UsageError &&
        /^--agent-port: must be a whole number from 1 to 65535\.$/.test(thrown.message),
    );
    assert.throws(() => load('--generation', 'old'), /--generation: must be one of hscn, internet/);
  });

  test('refuses missing required settings', async (t) => {
    const { files, load } = await desk(t, { user: { cis: 'https://cis.example' } });
    assert.throws(() => checkUsable(load().settings, files), /^OperatorError: cis2Issuer: is needed/);
    checkUsable(load('--cis2-issuer', 'https://cis2.example/realm').settings, files);
  });

  test('refuses plain HTTP to other machines, except in development', async (t) => {
    const { files, load } = await desk(t, {
      user: { cis: 'http://localhost:8404', cis2Issuer: 'http://127.0.0.1:8402/realm' },
    });
    checkUsable(load().settings, files);
    for (const [flag, name] of [
      ['--cis', 'cis'],
      ['--cis2-issuer', 'cis2Issuer'],
      ['--cis2-jwks', 'cis2Jwks'],
      ['--cis2-exchange', 'cis2Exchange'],
    ] as const)
      for (const host of [
        'cis.example',
        '192.0.2.1',
        '127.0.0.1.example',
        'localhost.example',
        '[2001:db8::1]',
      ]) {
        const asked = [flag, `http://${host}/x`];
        assert.throws(
          () => checkUsable(load(...asked).settings, files),
          (thrown) => thrown instanceof OperatorError && thrown.message.startsWith(`${name}: must be https`),
          asked.join(' '),
        );
        checkUsable(load(...asked, '--development').settings, files);
        checkUsable(load(flag, `https://${host}/x`).settings, files);
      }
  });

  test('refuses an unknown reader', async (t) => {
    const { load } = await desk(t);
    assert.throws(
      () => load('--reader', 'floppy'),
      /^UsageError: --reader: must be one of virtual, pcsc, pkcs11/,
    );
  });
});

describe('every setting', () => {
  test('may be a list of origins, by repeated flags or commas', async (t) => {
    const { load } = await desk(t);
    const origins = (...argv: string[]) => load(...argv).settings.credentialManagementOrigin;
    const flag = '--credential-management-origin';
    const [one, other] = ['https://app.example', 'http://localhost:3000'];
    assert.equal(origins(), undefined);
    assert.deepEqual(origins(flag, one, flag, other), [one, other]);
    assert.deepEqual(origins(flag, `${one},${other}`), [one, other]);
    for (const wrong of [`${one}/`, 'app.example', 'null', '*', '', 'ftp://app.example'])
      assert.throws(() => origins(flag, one, `${flag}=${wrong}`), /must be origins/, wrong);
  });

  test('has a default of its type, or none', () => {
    for (const name of settingNames) {
      const { kind, fallback } = definitions[name];
      if (fallback !== undefined) assert.equal(kind.read(fallback), fallback, name);
      assert.equal(kind.read({}), undefined, name);
    }
  });

  test('is parsed to a value or refused in one sentence, for any file', async (t) => {
    const { files } = await desk(t);
    await fc.assert(
      fc.asyncProperty(fc.oneof(fc.json(), fc.string()), async (content) => {
        await writeFile(files.user, content);
        try {
          readSettingsFile('user', files.user);
        } catch (error) {
          assert.ok(error instanceof OperatorError);
        }
      }),
      { numRuns: 50 },
    );
    fc.assert(
      fc.property(fc.array(fc.string(), { maxLength: 5 }), (argv) => {
        try {
          readArguments(argv);
        } catch (error) {
          assert.ok(error instanceof UsageError);
        }
      }),
    );
  });

  test('has its files where an administrator of that system expects them', () => {
    assert.equal(settingFiles('linux').policy, '/etc/alongside/identity-agent/policy.json');
    assert.match(settingFiles('win32').policy, /^C:\\ProgramData\\Alongside/);
    assert.match(settingFiles('darwin').defaults, /^\/Library\/Application Support\/Alongside/);
  });
});
