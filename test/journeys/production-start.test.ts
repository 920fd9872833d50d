import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { after, describe, test } from 'node:test';
import { loadConfig } from '@alongside/kernel/config';
import { randomToken } from '@alongside/kernel/ids';
import { openFolderProblem } from '../../src/boot/production.ts';
import { main } from '../../src/cli/testing/command.ts';
import { productionShape } from '../../src/config.ts';
import { startAlongside } from '../../src/main.ts';
import { makeAuthority } from '../testing/authority.ts';
import { databaseDump } from '../testing/database-dump.ts';

test('alongside serve prints one line when ready, without secrets, and exits in order', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'alongside-serve-'));
  const stateFile = join(folder, 'state.json');
  const inFlag = ['--smtp-url', 'smtp://alongside:password-in-a-flag@localhost:1'];
  writeFileSync(join(folder, 'database'), `sqlite:${join(folder, 'named.db')}\n`);
  const inFile = ['--database', `@${join(folder, 'database')}`];
  const flags = ['--json', '--data', folder, '--port-base', '0', '--drain-delay', '0', ...inFlag, ...inFile];
  const child = spawn(process.execPath, [main, 'serve', ...flags], { stdio: ['ignore', 'pipe', 'pipe'] });
  let logged = '';
  child.stderr.setEncoding('utf8').on('data', (part: string) => {
    logged += part;
  });
  try {
    const line = await new Promise<string>((resolve, reject) => {
      child.once('exit', (code) => reject(new Error(`serve ended with ${code}`)));
      child.stdout.once('data', (part) => resolve(String(part)));
    });
    child.removeAllListeners('exit');
    const ready = JSON.parse(line) as { ready: boolean; agentSocket: null; urls: Record<string, string> };
    assert.equal(ready.ready, true);
    assert.equal(ready.agentSocket, null);
    assert.ok(existsSync(join(folder, 'named.db')));
    const warned = logged.split('\n').filter((text) => text.includes('a flag contains a secret'));
    assert.deepEqual(
      warned.map((text) => (JSON.parse(text) as { setting: string }).setting),
      ['--smtp-url'],
    );
    assert.doesNotMatch(logged, /password-in-a-flag/);
    const { operator } = JSON.parse(readFileSync(stateFile, 'utf8')) as { operator: { token: string } };
    assert.ok(operator.token.length > 40 && !line.includes(operator.token));
    assert.equal((await fetch(`${ready.urls.console}/readyz`)).status, 200);
    const asked = spawnSync(process.execPath, [main, 'ready', '--state', stateFile], { encoding: 'utf8' });
    assert.deepEqual([asked.status, asked.stdout], [0, 'It is ready.\n']);
    await assert.rejects(fetch(`${ready.urls.sample}`));
    await assert.rejects(fetch(`${ready.urls.identityAgent}`));
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGTERM');
    assert.equal(await ended, 0);
    assert.equal(existsSync(stateFile), false);
  } finally {
    child.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  }
});

test('alongside serve does not wait for load balancers when it is stopped before it is ready', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'alongside-early-stop-'));
  const flags = ['--data', folder, '--port-base', '0', '--drain-delay', '300', '--no-self-service', '--json'];
  const child = spawn(process.execPath, [main, 'serve', ...flags], { stdio: ['ignore', 'pipe', 'inherit'] });
  try {
    const printed = text(child.stdout);
    // The database is opened long after the signals are handled, and before the instance is ready.
    while (!existsSync(join(folder, 'alongside.db'))) await new Promise((resolve) => setTimeout(resolve, 5));
    child.kill('SIGTERM');
    assert.deepEqual(await once(child, 'exit'), [0, null]);
    assert.equal(await printed, '');
  } finally {
    child.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  }
});

test('alongside serve exits with 1 and one sentence for another master key, before it writes', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'alongside-other-key-'));
  try {
    const start = (data: string) => [
      main,
      'serve',
      '--only',
      'cis2,authorisation',
      '--port-base',
      '0',
      '--drain-delay',
      '0',
      '--data',
      join(folder, data),
      '--database',
      `sqlite:${join(folder, 'shared.db')}`,
    ];
    const healthy = spawn(process.execPath, [...start('one'), '--json'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(healthy.stdout, 'data');
    healthy.kill('SIGTERM');
    assert.deepEqual(await once(healthy, 'exit'), [0, null]);
    const kept = await databaseDump(`sqlite:${join(folder, 'shared.db')}`);

    const masterKey = join(folder, 'other.key');
    writeFileSync(masterKey, randomToken(32), { mode: 0o600 });
    const child = spawn(process.execPath, [...start('two'), '--master-key', masterKey]);
    const [out, err, [code]] = await Promise.all([
      text(child.stdout),
      text(child.stderr),
      once(child, 'exit'),
    ]);
    assert.deepEqual([code, out, err.trim().split('\n').length], [1, '', 1], err);
    assert.match(err, /other\.key does not open the data/);
    assert.equal(await databaseDump(`sqlite:${join(folder, 'shared.db')}`), kept);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

describe('alongside serve', () => {
  const folder = mkdtempSync(join(tmpdir(), 'alongside-production-'));
  after(() => rmSync(folder, { recursive: true, force: true }));
  const starting = (settings: Record<string, unknown>, development = false) =>
    startAlongside(
      loadConfig(productionShape, {
        portBase: 0,
        data: folder,
        logLevel: 'silent',
        drainDelay: 0,
        smtpUrl: 'smtp://127.0.0.1:9',
        ...settings,
      }),
      {
        development,
      },
    );
  const refuses = async (settings: Record<string, unknown>, sentence: RegExp) => {
    await assert.rejects(starting(settings), (error: Error) => {
      assert.equal(error.name, 'OperatorError');
      assert.match(error.message, sentence);
      return true;
    });
  };

  test('refuses to start without persistent data', async () => {
    await refuses({ ephemeral: true }, /keeps its data/);
    await refuses({ database: ':memory:' }, /keeps its data/);
  });

  test('refuses to start with an http address, except on loopback', async () => {
    for (const name of [
      'urlConsole',
      'urlApi',
      'urlCis2',
      'urlCis',
      'urlIdentityAgent',
      'urlApiMutualTls',
      'urlCis2MutualTls',
    ])
      await refuses({ [name]: 'http://alongside.example' }, /must be https/);
    await refuses({ urlCis2: 'http://localhost.example' }, /must be https/);
  });

  test('refuses to start with the sample application', () =>
    refuses({ only: 'console,sample' }, /sample application/));
  test('refuses to start with a certificate that no client trusts', () =>
    refuses({ tls: true }, /set --tls-certificate/));
  test('refuses to start with the sandbox of the PDS', () =>
    refuses({ sandbox: true }, /leave out --sandbox/));
  test('refuses to start without the confirmation of applications without a secret', () =>
    refuses({ confirmNative: false }, /leave out --no-confirm-native/));

  test('refuses to start with a console without a host name', () =>
    refuses({ urlConsole: 'https://192.0.2.1' }, /host name/));

  test('refuses to start with a master key that others can read', async () => {
    chmodSync(folder, 0o755);
    await refuses({}, /chmod 700/);
    // Windows has an owner and a list instead, which kernel/windows-access.ts reads.
    assert.equal(openFolderProblem('C:\\data', undefined), undefined);
    assert.match(openFolderProblem('C:\\data', 'Users') ?? '', /^Users can open C:\\data, .*windows\.md/);
    chmodSync(folder, 0o700);
    const masterKey = join(folder, 'elsewhere.key');
    writeFileSync(masterKey, randomToken(32));
    for (const mode of [0o644, 0o640, 0o604, 0o660]) {
      chmodSync(masterKey, mode);
      await refuses({ masterKey }, /elsewhere\.key can be read by other users: chmod 600/);
    }
    chmodSync(masterKey, 0o600);
    await (await starting({ masterKey, data: join(folder, 'key'), only: 'console' })).stop();
    await refuses({ masterKey: join(folder, 'missing.key') }, /missing\.key cannot be read/);
  });

  test('refuses to start with a data folder that must be a volume and is not', {
    skip: process.platform !== 'linux',
  }, async () => {
    await refuses({ dataVolume: true }, /is not a volume, so its data would be lost/);
    await refuses({ dataVolume: true, data: join(folder, 'missing') }, /missing is not a volume/);
    assert.equal(existsSync(join(folder, 'missing')), false);
    // A separate file system that cannot be written to.
    await refuses({ dataVolume: true, data: '/proc' }, /The data folder \/proc cannot be written/);
  });

  test('refuses to start with a console beyond this machine, unless a proxy is in front of it', async () => {
    const open = { consoleHost: '0.0.0.0', only: 'console', data: join(folder, 'console') };
    await refuses(open, /open at 0\.0\.0\.0 without TLS: name the proxy/);
    const behind = { urlConsole: 'https://console.example', trustedProxies: ['192.0.2.1'] };
    const instance = await starting({ ...open, ...behind });
    try {
      const { console } = instance.state.ports;
      // It responds, but only under its public name.
      assert.equal((await fetch(`http://127.0.0.2:${console}/readyz`)).status, 421);
    } finally {
      await instance.stop();
    }
  });

  test('refuses to start with an https address without TLS or a proxy', async () => {
    for (const [only, settings] of [
      ['cis2', { urlCis2: 'https://cis2.example' }],
      ['gateway', { urlApi: 'https://api.example' }],
      ['authorisation', { urlApiMutualTls: 'https://mtls.example' }],
      ['cis', { urlCis: 'https://cis.example' }],
    ] as const)
      await refuses({ only, ...settings }, /nothing ends TLS: set --tls-certificate/);
    const elsewhere = { only: 'cis2', urlCis: 'https://cis.example', data: join(folder, 'elsewhere') };
    await (await starting(elsewhere)).stop();
    const behind = { urlCis2: 'https://cis2.example', trustedProxies: ['127.0.0.1'] };
    await (await starting({ ...elsewhere, ...behind })).stop();
  });

  test('refuses to start with every address as a trusted proxy', () =>
    refuses({ trustedProxies: ['::ffff:0:0/96'] }, /is not an address or range of a proxy/));

  test('refuses to start with a certificate for another name, unless behind a proxy', async () => {
    const authority = makeAuthority();
    try {
      const { certificate: tlsCertificate, key: tlsKey } = authority.issue('cis2.example');
      const tls = { tlsCertificate, tlsKey, only: 'cis2', data: join(folder, 'certificate') };
      await refuses(
        { ...tls, urlCis2: 'https://other.example' },
        /cis2\.example\.pem is not for other\.example/,
      );
      const right = { urlCis2: 'https://cis2.example', urlCis2MutualTls: 'https://cis2.example:8407' };
      await (await starting({ ...tls, ...right })).stop();
      await (
        await starting({ ...tls, urlCis2: 'https://other.example', trustedProxies: ['10.0.0.1'] })
      ).stop();
    } finally {
      authority.discard();
    }
  });

  test('refuses to start with self-service and without a mail server', async () => {
    await refuses({ smtpUrl: undefined }, /Self-service needs a mail server/);
    const settings = { smtpUrl: undefined, selfService: false, data: join(folder, 'no-self-service') };
    const instance = await starting({ ...settings, only: 'cis,cis2' });
    const { cis, cis2Issuer } = instance.state.urls;
    const gone = [`${new URL(cis2Issuer).origin}/account`, `${cis}/cards/1/unlock-code`];
    for (const address of gone) assert.equal((await fetch(address, { method: 'POST' })).status, 404, address);
    assert.equal((await fetch(gone[0] ?? '')).status, 404);
    await instance.stop();
  });

  test('refuses to start on data of development, and up on data of production', async () => {
    const development = await starting({ data: join(folder, 'development'), only: 'console' }, true);
    await development.stop();
    await refuses({ data: join(folder, 'development') }, /made in development/);
    const production = await starting({ data: join(folder, 'production'), only: 'console' });
    await production.stop();
    await assert.rejects(
      starting({ data: join(folder, 'production'), only: 'console' }, true),
      /belongs to production/,
    );
  });
});
