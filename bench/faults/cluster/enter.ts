import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';

const inside = 'ALONGSIDE_FAULTS_INSIDE';
const programs = [
  'patroni',
  'patronictl',
  'etcd',
  'haproxy',
  'openssl',
  'ip',
  'unshare',
  'nsenter',
  'setpriv',
];
const packages = 'patroni python3-etcd etcd-server haproxy openssl iproute2';

/** Returns why a database cluster cannot be started on this machine. */
export function clusterProblem(): string | undefined {
  if (process.getuid?.() !== 0) return 'only root can create the networks of three servers';
  const missing = programs.filter((name) => spawnSync('which', [name]).status !== 0);
  if (missing.length > 0) return `${missing.join(', ')} not installed (Debian packages ${packages})`;
  const { status, stderr } = spawnSync('unshare', ['--net', '--mount', 'true'], { encoding: 'utf8' });
  return status === 0 ? undefined : `no namespaces can be created here: ${stderr.trim()}`;
}

/**
 * Runs this program again in a network and mounts of its own, which disappear with it. Returns its exit code; undefined if this is
 * that program already.
 */
export async function enterNamespaces(): Promise<number | undefined> {
  if (process.env[inside]) return undefined;
  const child = spawn('unshare', ['--net', '--mount', process.execPath, ...process.argv.slice(1)], {
    stdio: 'inherit',
    env: { ...process.env, [inside]: '1' },
  });
  // Ctrl-C reaches both.
  process.on('SIGINT', () => undefined);
  process.on('SIGTERM', () => child.kill('SIGTERM'));
  const [code] = await once(child, 'exit');
  return (code as number | null) ?? 1;
}
