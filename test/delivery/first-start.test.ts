import assert from 'node:assert/strict';
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, beforeEach, describe, test } from 'node:test';

// The preparation of a clone on an old Node, with npm and a registry of this test that serves a short script as Node.

const oldNode = process.env.ALONGSIDE_OLDEST_CLIENT_NODE;
const source = join(import.meta.dirname, '../..');
const version = '26.10.0';
const name = `node-${process.platform}-${process.arch}`;
/** A temporary folder that other users can enter; that of this user may be private. */
const isOpen = (folder: string): boolean =>
  (statSync(folder).mode & 0o001) !== 0 && (folder === dirname(folder) || isOpen(dirname(folder)));
const root = mkdtempSync(join(isOpen(tmpdir()) ? tmpdir() : '/var/tmp', 'prepare-'));
const clone = join(root, 'Klon mit Ümlauten');
after(() => rmSync(root, { recursive: true, force: true }));

/** Packs a Node that prints its version and its arguments; returns the file. */
function packNode(): Buffer {
  const folder = join(root, 'package');
  mkdirSync(join(folder, 'bin'), { recursive: true });
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ name, version, bin: { node: 'bin/node' } }));
  const script = [
    '#!/bin/sh',
    `[ "$1" = --version ] && echo v${version} && exit`,
    'shift 2',
    'echo "ran $*"',
    '',
  ];
  writeFileSync(join(folder, 'bin/node'), script.join('\n'));
  chmodSync(join(folder, 'bin/node'), 0o755);
  execFileSync('tar', ['-czf', join(root, 'node.tgz'), '-C', root, 'package']);
  return readFileSync(join(root, 'node.tgz'));
}

interface Ended {
  code: number | NodeJS.Signals | null;
  out: string;
  err: string;
}

describe('the preparation of a clone', { skip: oldNode === undefined && 'needs Node.js 20.19' }, () => {
  const tarball = packNode();
  /** Sends the package, or does something else. */
  let send: (response: ServerResponse) => void;
  let downloads = 0;
  const registry = createServer((request, response) => {
    if (request.url?.endsWith('.tgz')) {
      if (request.url.includes(name)) downloads += 1;
      return send(response);
    }
    const dist = { tarball: `${origin()}${request.url}.tgz`, integrity };
    response.end(
      JSON.stringify({
        name,
        'dist-tags': { latest: version },
        versions: { [version]: { name, version, dist } },
      }),
    );
  });
  const integrity = `sha512-${createHash('sha512').update(tarball).digest('base64')}`;
  const origin = () => `http://127.0.0.1:${(registry.address() as AddressInfo).port}`;

  before(async () => {
    registry.listen(0, '127.0.0.1');
    await once(registry, 'listening');
    mkdirSync(clone);
    cpSync(join(source, 'scripts'), join(clone, 'scripts'), { recursive: true });
    const needs = { dependencies: { base: version }, devDependencies: { tool: version } };
    const project = { name: 'clone', version: '1.0.0', ...needs };
    writeFileSync(join(clone, 'package.json'), JSON.stringify(project));
    const lock = {
      ...project,
      lockfileVersion: 3,
      packages: {
        '': project,
        'node_modules/base': { version, integrity },
        'node_modules/tool': { version, integrity, dev: true },
      },
    };
    writeFileSync(join(clone, 'package-lock.json'), JSON.stringify(lock));
    const optionalDependencies = { [name]: version };
    const manifest = { name: 'prepared', version, optionalDependencies };
    const entry = { version, integrity, optional: true, os: process.platform, cpu: process.arch };
    const packages = { '': manifest, [`node_modules/${name}`]: entry };
    const folder = join(clone, 'scripts/node');
    writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest));
    writeFileSync(
      join(folder, 'package-lock.json'),
      JSON.stringify({ ...manifest, lockfileVersion: 3, packages }),
    );
  });
  after(() => {
    registry.closeAllConnections();
    registry.close();
  });
  beforeEach(() => {
    for (const made of ['.node', 'node_modules']) rmSync(join(clone, made), { recursive: true, force: true });
    downloads = 0;
    send = (response) => response.end(tarball);
  });

  function start(script: string, ...args: string[]): { child: ChildProcess; ended: Promise<Ended> } {
    const own = Object.entries(process.env).filter(([key]) => !/^(ALONGSIDE_|npm_|INIT_CWD)/.test(key));
    const env = {
      ...Object.fromEntries(own),
      npm_config_registry: origin(),
      npm_config_cache: mkdtempSync(join(root, 'cache-')),
      npm_config_fetch_retries: '0',
    };
    const child = spawn(oldNode ?? '', [join(clone, 'scripts', script), ...args], { cwd: root, env });
    let out = '';
    let err = '';
    child.stdout.on('data', (part) => (out += part));
    child.stderr.on('data', (part) => (err += part));
    const ended = new Promise<Ended>((resolve) =>
      child.once('close', (code, signal) => resolve({ code: code ?? signal, out, err })),
    );
    return { child, ended };
  }
  const run = (...args: string[]) => start('alongside.mjs', 'card', ...args).ended;
  const prepareTools = () => start('prepare.mjs').ended;

  /** Checks that nothing half-made is left, and that the next start completes. */
  async function thenCompletes(): Promise<void> {
    send = (response) => response.end(tarball);
    const { code, out } = await run('list');
    assert.deepEqual([code, out], [0, 'ran card list\n']);
    assert.deepEqual(leftovers(), []);
  }
  const leftovers = () => readdirSync(join(clone, '.node')).filter((file) => /^(fetch|old|lock)/.test(file));

  test('fetches Node once, reports each step, and runs the command', async () => {
    const first = await run('list');
    assert.match(
      first.err,
      /^alongside: preparing Node\.js 26\.10\.0 for this clone .*\nalongside: installing 1 packages .*\n$/,
    );
    await thenCompletes();
    assert.equal(downloads, 1);
  });

  test('adds the development packages for a command that needs them, also under a running instance', async () => {
    await run('list');
    const tool = join(clone, 'node_modules/tool');
    assert.equal(existsSync(tool), false);
    const note = join(clone, '.node/running', String(process.pid));
    mkdirSync(dirname(note), { recursive: true });
    writeFileSync(note, '');
    const { code, err } = await prepareTools();
    assert.deepEqual([code, existsSync(tool)], [0, true], err);
    assert.match(err, /^alongside: installing 2 packages /m);
    // Both kinds of command find what they need.
    assert.deepEqual((await run('list')).err, '');
    assert.deepEqual((await prepareTools()).err, '');
    // A renewal by the other kind of command keeps them.
    rmSync(note);
    rmSync(join(clone, 'node_modules/.package-lock.json'));
    assert.match((await run('list')).err, /^alongside: installing 2 packages /m);
    assert.equal(existsSync(tool), true);
  });

  test('prints only the output of the command with --quiet', async () => {
    assert.equal((await run('list', '--quiet')).err, '');
  });

  test('is done once by two starts at once', async () => {
    const [one, other] = await Promise.all([run('list'), run('list')]);
    assert.deepEqual([one.code, other.code, downloads], [0, 0, 1]);
    assert.match(`${one.err}${other.err}`, /another preparation of this clone is under way/);
  });

  test('refuses a file that differs from its checksum, in one sentence', async () => {
    send = (response) => response.end(Buffer.concat([tarball, Buffer.from('x')]));
    const { code, out, err } = await run('list');
    assert.deepEqual([code, out], [1, '']);
    assert.match(
      err.split('\n').at(-2) ?? '',
      /^alongside: preparing Node\.js .* differs from its committed checksum/,
    );
    assert.equal(existsSync(join(clone, '.node/node')), false);
    await thenCompletes();
  });

  test('reports a registry that cannot be reached, with --json as one JSON line', async () => {
    send = (response) => response.destroy();
    const { code, out } = await run('list', '--json');
    assert.equal(code, 1);
    const { error } = JSON.parse(out) as { error: { code: string; message: string } };
    assert.equal(error.code, 'failed');
    assert.match(error.message, /registry/);
    assert.equal(out.trim().split('\n').length, 1);
    await thenCompletes();
  });

  for (const [signal, code] of [
    ['SIGINT', 130],
    ['SIGKILL', 'SIGKILL'],
  ] as const)
    test(`can be ended by ${signal} while it downloads, and started again`, async () => {
      const downloading = Promise.withResolvers<void>();
      send = (response) => {
        response.write(tarball.subarray(0, 100));
        downloading.resolve();
      };
      const { child, ended } = start('alongside.mjs', 'card', 'list');
      await downloading.promise;
      child.kill(signal);
      registry.closeAllConnections();
      const { code: got, err } = await ended;
      assert.equal(got, code);
      if (signal === 'SIGINT') {
        assert.match(
          err,
          /\nalongside: stopped while preparing Node\.js 26\.10\.0: start again to continue\n$/,
        );
        assert.deepEqual(leftovers(), []);
      }
      await thenCompletes();
    });

  test('reports a clone that this user may not write', {
    skip: process.getuid?.() !== 0 && 'needs root, to become another user',
  }, async () => {
    chmodSync(root, 0o755);
    const other = { uid: 65_534, gid: 65_534 };
    const child = spawn(oldNode ?? '', [join(clone, 'scripts/alongside.mjs'), 'card', 'list'], {
      cwd: '/',
      ...other,
    });
    let err = '';
    child.stderr.on('data', (part) => (err += part));
    const [code] = (await once(child, 'close')) as [number];
    assert.equal(code, 1);
    assert.match(
      err,
      /^alongside: the folder .* cannot be made \(EACCES\): this clone must be writable for you\n$/,
    );
  });

  test('reports a full disk in one sentence, and leaves nothing', {
    skip: process.getuid?.() !== 0 && 'needs root, to mount a small disk',
  }, async (t) => {
    const folder = join(clone, '.node');
    mkdirSync(folder);
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=16k', 'tmpfs', folder]);
    t.after(() => execFileSync('umount', [folder]));
    const { code, err } = await run('list');
    assert.equal(code, 1, err);
    assert.match(
      err.split('\n').at(-2) ?? '',
      /^alongside: .*the disk is full: free some space, then try again$/,
    );
    assert.deepEqual(leftovers(), []);
  });
});
