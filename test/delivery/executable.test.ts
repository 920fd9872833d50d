import assert from 'node:assert/strict';
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { cp, mkdtemp, open, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { after, before, describe, type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { poweredCard } from '../../identity-agent/card/testing/card.ts';
import { type TestDesk, testDesk } from '../../identity-agent/testing/desk.ts';
import type { StateFile } from '../../src/state-file.ts';
import { CardLab } from '../cards/testing/card-lab.ts';
import { needing, pathOf } from '../cards/testing/programs.ts';
import { makeSoftToken, softToken } from '../cards/testing/soft-token.ts';
import { freePort } from '../testing/free-port.ts';
import { firstJourney, signInAndRead } from './packages/testing/first-journey.ts';
import { clone } from './packages/testing/project.ts';

const run = promisify(execFile);

let folder = '';
let built: string[] = [];
const build = async (to: string): Promise<string[]> => {
  const script = join(clone, 'scripts/executable.mjs');
  const { stdout } = await run(process.execPath, [script, to, '--platform', 'all']);
  return stdout.trim().split('\n');
};
const executable = (platform: string): string =>
  built.find((file) => file.includes(`-${platform}`)) ?? assert.fail(platform);
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'executable-'));
  built = await build(join(folder, 'one'));
});
after(() => rm(folder, { recursive: true, force: true }));

/** An empty folder that is also the home of the user, with nothing on the search path. */
async function emptyHome(t: TestContext): Promise<{ cwd: string; env: NodeJS.ProcessEnv }> {
  const cwd = await mkdtemp(join(folder, 'home-'));
  t.after(() => rm(cwd, { recursive: true, force: true }));
  return { cwd, env: { HOME: cwd, PATH: '' } };
}

/** Signs in on the agent's own page, once it has found the card; resolves with the page. */
async function signInAt(desk: TestDesk, origin: string, pin: string): Promise<string> {
  const { location } = await desk.visit(`${origin}/sign-in`);
  const path = new URL(location, origin).href;
  let { body } = await desk.visit(path);
  while (!body.includes('<dt>Smartcard</dt>')) {
    await sleep(50);
    ({ body } = await desk.visit(path));
  }
  const sent = await desk.post(path, { pin, card: desk.cardField(body), roleId: '' }, { origin });
  return sent.location ? (await desk.visit(new URL(sent.location, origin).href)).body : sent.body;
}

describe('the executables', () => {
  test('are identical when they are built again, and match their checksums', async () => {
    const again = await build(join(folder, 'two'));
    const sums = await readFile(join(folder, 'one', 'SHA256SUMS'), 'utf8');
    assert.equal(sums, await readFile(join(folder, 'two', 'SHA256SUMS'), 'utf8'));
    await rm(join(folder, 'two'), { recursive: true });
    await run('sha256sum', ['--check', '--strict', 'SHA256SUMS'], { cwd: join(folder, 'one') });
    for (const file of again.slice(0, -1)) assert.ok(sums.includes(`  ${basename(file)}\n`), file);
  });

  test('have the format of their platform', async () => {
    const formats = {
      // ELF, 64-bit, little-endian; the machine is at offset 18.
      'linux-x64': (head: Buffer) => head.readUInt32BE() === 0x7f454c46 && head.readUInt16LE(18) === 62,
      'linux-arm64': (head: Buffer) => head.readUInt32BE() === 0x7f454c46 && head.readUInt16LE(18) === 183,
      // Mach-O, 64-bit; the processor is at offset 4.
      'darwin-arm64': (head: Buffer) =>
        head.readUInt32LE() === 0xfeedfacf && head.readUInt32LE(4) === 0x0100000c,
      'darwin-x64': (head: Buffer) =>
        head.readUInt32LE() === 0xfeedfacf && head.readUInt32LE(4) === 0x01000007,
      // PE: offset 60 contains the address of its header.
      'win-x64': (head: Buffer) =>
        head.toString('latin1', 0, 2) === 'MZ' && head.readUInt16LE(head.readUInt32LE(60) + 4) === 0x8664,
      'win-arm64': (head: Buffer) =>
        head.toString('latin1', 0, 2) === 'MZ' && head.readUInt16LE(head.readUInt32LE(60) + 4) === 0xaa64,
    };
    for (const [platform, isRight] of Object.entries(formats)) {
      const file = await open(executable(platform));
      const head = Buffer.alloc(4096);
      await file.read(head, 0, head.length, 0);
      await file.close();
      assert.ok(isRight(head), platform);
    }
  });

  test('contain the licences of Node.js and of every bundled package', async () => {
    const notices = await readFile(join(folder, 'one', 'THIRD-PARTY-NOTICES.txt'), 'utf8');
    for (const name of ['pkcs11js', 'jose', 'zod', 'Node.js'])
      assert.match(notices, new RegExp(`^${name} ?\\d`, 'm'));
  });

  test('contain no folder of this machine', async () => {
    for (const platform of ['linux-x64', 'win-x64'])
      assert.equal((await readFile(executable(platform))).indexOf(clone), -1, platform);
  });
});

describe('the executable for Linux', () => {
  const program = () => executable('linux-x64');

  test('runs the first journey from an empty folder, with nothing else installed', async (t) => {
    const home = await emptyHome(t);
    await firstJourney({
      program: [program()],
      flags: ['--ephemeral'],
      ...home,
      command: async (...words) => (await run(program(), words, home)).stdout,
    });
    assert.deepEqual(await readdir(home.cwd), []);
  });

  test('runs a command with a new instance', async (t) => {
    const command = ['/bin/sh', '-c', 'test -n "$ALONGSIDE_API_URL" && exit 3'];
    await assert.rejects(run(program(), ['exec', '--', ...command], await emptyHome(t)), { code: 3 });
  });

  test('offers no command for the processes of cards', async (t) => {
    await assert.rejects(run(program(), ['pkcs11-process', '{}'], await emptyHome(t)), {
      code: 2,
      stderr: /^There is no command "pkcs11-process"/,
    });
  });

  /** Starts the agent of a workstation, and ends it with the test. */
  async function startAgent(t: TestContext, env: NodeJS.ProcessEnv, flags: readonly string[]) {
    const desk = await testDesk(t);
    const origin = `http://127.0.0.1:${await freePort()}`;
    const child = spawn(
      program(),
      [
        'identity-agent',
        'run',
        '--cis',
        desk.cis.origin,
        '--cis2-issuer',
        desk.cis2.issuer,
        '--agent-port',
        new URL(origin).port,
        '--agent-data',
        join(desk.folder, 'executable-data'),
        '--agent-socket',
        join(desk.folder, 'executable', 'a.sock'),
        '--log-level',
        'info',
        ...flags,
      ],
      { env, stdio: ['ignore', 'ignore', 'pipe'] },
    );
    t.after(() => child.kill('SIGKILL'));
    const [said] = (await once(child.stderr ?? assert.fail(), 'data')) as [Buffer];
    const signIn = (pin: string) => signInAt(desk, origin, pin);
    return { child, said: String(said), signIn, cis: desk.cis };
  }

  async function ended(child: ChildProcess): Promise<void> {
    child.kill('SIGTERM');
    await once(child, 'exit');
  }

  test('signs with a card behind PKCS#11', needing(['SoftHSM2', 'pkcs11js']), async (t) => {
    const token = await makeSoftToken('EC-P256');
    t.after(() => token.close());
    const { cwd, env } = await emptyHome(t);
    const withToken = { ...env, SOFTHSM2_CONF: process.env.SOFTHSM2_CONF };
    const flags = ['--reader', 'pkcs11', '--pkcs11-module', pathOf('SoftHSM2')];
    const named = [...flags, '--pkcs11-token', softToken.label];

    const { child, said, signIn, cis } = await startAgent(t, withToken, named);
    assert.match(said, /"msg":"ready"/);
    assert.match(await signIn('111111'), /2 (more )?(attempts|tries)/);
    await signIn('123456');
    assert.deepEqual(
      cis.live.map(({ uid }) => uid),
      ['656005750199'],
    );
    await ended(child);
    const cache = join(cwd, '.cache/alongside/native');
    assert.equal(statSync(cache).mode & 0o777, 0o700);
    const [name = ''] = await readdir(cache);
    assert.match(name, /^[0-9a-f]{64}\.node$/);
    const right = readFileSync(join(cache, name));

    // A file that someone has changed is not loaded.
    writeFileSync(join(cache, name), right.subarray(0, 1000));
    const again = await startAgent(t, withToken, named);
    assert.match(again.said, /"msg":"ready"/);
    await ended(again.child);
    assert.ok(readFileSync(join(cache, name)).equals(right));

    // A folder that others can open is left alone: the module is then called without the package.
    chmodSync(cache, 0o755);
    writeFileSync(join(cache, name), 'of another user');
    const without = await startAgent(t, withToken, named);
    assert.match(without.said, /"msg":"ready"/);
    await without.signIn('123456');
    assert.equal(without.cis.live.length, 1);
    await ended(without.child);
    assert.equal(readFileSync(join(cache, name), 'utf8'), 'of another user');
  });

  test(
    'signs with a card behind PC/SC',
    needing(['pcscd', 'vpcd', 'OpenSC', 'pcsc-mini'], { isolated: true }),
    async (t) => {
      const lab = await CardLab.start();
      t.after(() => lab.close());
      const { applet } = await poweredCard(t);
      await lab.insert(applet);
      const { env } = await emptyHome(t);
      const flags = ['--reader', 'pcsc', '--pcsc-module', pathOf('pcsc-mini')];
      const withReader = { ...env, PCSCLITE_CSOCK_NAME: process.env.PCSCLITE_CSOCK_NAME };
      const { child, said, signIn, cis } = await startAgent(t, withReader, flags);
      assert.match(said, /"msg":"ready"/);
      assert.match(await signIn('111111'), /2 (more )?(attempts|tries)/);
      await signIn('123456');
      assert.deepEqual(
        cis.live.map(({ uid }) => uid),
        ['656005750199'],
      );
      await ended(child);
    },
  );
});

describe('the executable for Windows under Wine', {
  skip: process.env.ALONGSIDE_WINE === undefined && 'Wine is missing: as root, this command installs it',
  timeout: 240_000,
}, () => {
  /** Starts the program; resolves with the first line of its output that has this text. */
  async function startUnderWine(t: TestContext, words: readonly string[], text: string): Promise<string> {
    const cwd = await mkdtemp(join(folder, 'windows-'));
    const env: NodeJS.ProcessEnv = { ...process.env, WINEPREFIX: join(cwd, 'wine'), WINEDEBUG: '-all' };
    // Wine 10 aborts with a temporary folder of its user.
    delete env.TMPDIR;
    await cp(executable('win-x64'), join(cwd, 'alongside.exe'));
    // Node.js cannot use a pipe of Wine, so the output goes to a file.
    const output = await open(join(cwd, 'output'), 'w');
    const wine = process.env.ALONGSIDE_WINE ?? '';
    const child = spawn(wine, ['alongside.exe', ...words], {
      cwd,
      env,
      stdio: ['ignore', output.fd, output.fd],
    });
    t.after(async () => {
      await output.close();
      await run('wineserver', ['-k'], { env }).catch(() => undefined);
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
    });
    for (;;) {
      const said = await readFile(join(cwd, 'output'), 'utf8');
      const line = said
        .split('\n')
        .slice(0, -1)
        .find((each) => each.includes(text));
      if (line !== undefined) return line;
      assert.ok(child.exitCode === null && child.signalCode === null, said);
      await sleep(100);
    }
  }

  test('runs the first journey', async (t) => {
    const words = ['up', '--ephemeral', '--any-local-user', '--port-base', '0', '--json'];
    const state = JSON.parse(await startUnderWine(t, words, '"stateFile"')) as StateFile;
    assert.match(state.stateFile, /^C:\\/);
    await signInAndRead(state.urls);
  });

  test(
    'signs with a card behind PC/SC, and out when it is removed',
    needing(['pcscd', 'vpcd', 'OpenSC'], { isolated: true }),
    async (t) => {
      const lab = await CardLab.start();
      t.after(() => lab.close());
      const desk = await testDesk(t);
      const origin = `http://127.0.0.1:${await freePort()}`;
      const servers = ['--cis', desk.cis.origin, '--cis2-issuer', desk.cis2.issuer];
      const own = ['--agent-port', new URL(origin).port, '--agent-data', 'C:\\data'];
      // Wine does not know which user of Linux has a connection.
      const words = [...servers, ...own, '--reader', 'pcsc', '--no-check-peer-user', '--log-level', 'info'];
      await startUnderWine(t, ['identity-agent', 'run', ...words], '"msg":"ready"');
      const { applet } = await poweredCard(t);
      const inserted = await lab.insert(applet);
      assert.match(await signInAt(desk, origin, '111111'), /2 (more )?(attempts|tries)/);
      await signInAt(desk, origin, '123456');
      const holders = () => desk.cis.live.map(({ uid }) => uid);
      assert.deepEqual(holders(), ['656005750199']);
      await inserted.remove();
      while (holders().length > 0) await sleep(50);
    },
  );
});
