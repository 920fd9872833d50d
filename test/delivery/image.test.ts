import assert from 'node:assert/strict';
import { execFile, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { clone } from './packages/testing/project.ts';

const run = promisify(execFile);

/** Returns why containers cannot run here; false if they can. */
function lacking(): string | false {
  if (process.env.ALONGSIDE_PODMAN === undefined)
    return 'buildah, podman, runc or tini is missing: as root, this command installs them';
  const namespaces = ['--mount', '--pid', '--net', '--uts', '--ipc', '--fork', 'true'];
  return spawnSync('unshare', namespaces).status === 0
    ? false
    : 'the kernel allows no namespaces here: run it as root';
}

/** As documented in docs/production.md. */
const hardened = [
  '--read-only',
  '--cap-drop',
  'all',
  '--security-opt',
  'no-new-privileges',
  '--tmpfs',
  '/tmp',
  '--network',
  'none',
];

describe('the container image', { skip: lacking(), timeout: 280_000 }, () => {
  let folder = '';
  const env = { ...process.env, PODMAN_IGNORE_CGROUPSV1_WARNING: '1', BUILDAH_FORMAT: 'docker' };
  // Its own storage, without the kernel's overlay file system, which does not work inside a container.
  const storage = () => [
    '--storage-driver',
    'vfs',
    '--root',
    join(folder, 'storage'),
    '--runroot',
    join(folder, 'run'),
  ];
  const podman = async (...words: string[]): Promise<string> => {
    const first = [...storage(), '--cgroup-manager', 'cgroupfs', '--runtime', 'runc'];
    return (await run(process.env.ALONGSIDE_PODMAN ?? '', [...first, ...words], { env })).stdout.trim();
  };
  const inspect = (name: string, member: string): Promise<string> =>
    podman('inspect', '--format', `{{.${member}}}`, name);

  async function build(name: string): Promise<string> {
    const context = join(folder, name);
    await run(process.execPath, [join(clone, 'scripts/image.mjs'), context]);
    const flags = ['--isolation', 'chroot', '--timestamp', '0', '--no-cache', '--tag', name];
    await run('buildah', [...storage(), 'build', ...flags, context], { env });
    return podman('image', 'inspect', '--format', '{{.RootFS.Layers}}', name);
  }

  let layers = '';
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'image-'));
    layers = await build('alongside');
  });
  after(() => rm(folder, { recursive: true, force: true }));

  /** Starts a container, which is removed with the test. */
  async function start(t: TestContext, name: string, ...words: string[]): Promise<void> {
    t.after(() => podman('rm', '--force', '--time', '0', name).catch(() => undefined));
    await podman('run', '--detach', '--name', name, ...hardened, ...words);
  }

  async function untilReady(name: string): Promise<void> {
    while (!(await podman('exec', name, 'alongside', 'ready').catch(() => ''))) await sleep(100);
  }

  /**
   * Stops a container, and checks that its server needs less than a second. Other work of the machine can lengthen that, so that a
   * longer time is measured again: the shortest of three is that of the image.
   */
  async function stopInASecond(name: string, running: () => Promise<unknown>, codes = [0]): Promise<string> {
    const times: number[] = [];
    do {
      if (times.length > 0) await podman('start', name);
      await running();
      const first = Number(await inspect(name, 'State.Pid'));
      process.kill(first, 'SIGTERM');
      times.push(await timeToEnd(serverOf(first)));
      // Ends it with SIGKILL, so with another code, if it has not ended.
      await podman('stop', '--time', '10', name);
      const code = Number(await inspect(name, 'State.ExitCode'));
      assert.ok(codes.includes(code), `${name} ended with ${code}`);
    } while (Math.min(...times) >= 1_000 && times.length < 3);
    assert.ok(Math.min(...times) < 1_000, `${name} stopped in ${times.join(', ')} ms`);
    return times.join(', ');
  }

  test('has the same layers when it is built again', async () => {
    assert.equal(await build('again'), layers);
    assert.match(await readFile(join(folder, 'again', 'Containerfile'), 'utf8'), /^ARG VERSION=\d/m);
  });

  test('serves from a volume as an unprivileged user, with a health check, and keeps its data', async (t) => {
    const serve = ['--volume', 'kept:/data', 'alongside', 'serve', '--drain-delay', '0', '--no-self-service'];
    await start(t, 'first', ...serve);
    await untilReady('first');
    await podman('healthcheck', 'run', 'first');
    const pid = await inspect('first', 'State.Pid');
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    for (const line of ['Uid:\t10001\t10001\t10001\t10001', 'CapEff:\t0000000000000000', 'NoNewPrivs:\t1'])
      assert.ok(status.includes(line), line);
    assert.match(status, /^CapBnd:\t0000000000000000$/m);
    assert.match(readFileSync(`/proc/${pid}/mountinfo`, 'utf8'), / \/ \/? ?ro,|\s\/ ro[, ]/);
    await podman('exec', 'first', 'alongside', 'product', 'add', 'kept', '--api', 'oauth2');
    await stopInASecond('first', () => untilReady('first'));
    await start(t, 'second', ...serve);
    await untilReady('second');
    assert.match(await podman('exec', 'second', 'alongside', 'product', 'list'), /kept/);
  });

  test('refuses to serve without a volume, in one sentence', async () => {
    for (const flags of [hardened, ['--network', 'none']])
      await assert.rejects(podman('run', '--rm', ...flags, 'alongside'), {
        code: 1,
        stdout: '',
        stderr: /^\/data is not a volume, so its data would be lost with the container: [^\n]*\n$/,
      });
  });

  test('runs the sign-in of the first journey for development, with its own commands', async (t) => {
    await start(t, 'journey', 'alongside', 'up', '--ephemeral');
    await untilReady('journey');
    await podman('exec', 'journey', 'alongside', 'card', 'insert', 'gp');
    assert.match(await podman('exec', 'journey', 'alongside', 'agent', 'sign-in'), /Signed in/);
  });

  test('stops in less than a second, without SIGKILL, at any time after its start', async (t) => {
    for (const delay of [0, 50, 150, 300, 600]) {
      const name = `early-${delay}`;
      await start(t, name, 'alongside', 'up', '--ephemeral');
      // 143: the first process ended it before it could handle signals itself.
      const took = await stopInASecond(name, () => sleep(delay), [0, 143]);
      t.diagnostic(`told after ${delay} ms, it stopped in ${took} ms`);
    }
  });
});

/** Returns the process that tini, the first process of a container, has started; itself before that. */
function serverOf(first: number): number {
  const [child] = ifThere(`/proc/${first}/task/${first}/children`)?.split(' ') ?? [];
  return Number(child) || first;
}

/**
 * Resolves with the ms until a process has ended, without those in which it waited for a processor that another one had: on a busy
 * machine, that is most of the time.
 */
async function timeToEnd(pid: number): Promise<number> {
  const waited = () => {
    const [, nanoseconds] = ifThere(`/proc/${pid}/schedstat`)?.split(' ') ?? [];
    return nanoseconds === undefined ? undefined : Number(nanoseconds) / 1e6;
  };
  const [start, before = 0] = [performance.now(), waited()];
  let took = 0;
  for (let now: number | undefined = before; now !== undefined && took < 10_000; now = waited()) {
    took = Math.round(performance.now() - start - (now - before));
    await sleep(5);
  }
  return took;
}

function ifThere(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}
