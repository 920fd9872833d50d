import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { giveTo, serviceFolder, serviceUser } from './service-user.ts';

export type PoolMode = 'session' | 'transaction' | 'statement';

export interface TestPooler {
  /** Returns the URL of a database of the server through the pooler. */
  urlOf(name: string): string;
  stop(): Promise<void>;
}

/** Starts PgBouncer for a PostgreSQL on this socket. Both run as the same unprivileged user. */
export async function startPgBouncer(program: string, socket: string, mode: PoolMode): Promise<TestPooler> {
  const owner = serviceUser('postgres');
  const folder = serviceFolder('alongside-pgb-', owner);
  const users = join(folder, 'users');
  const config = join(folder, 'pgbouncer.ini');
  writeFileSync(users, '"alongside" ""\n');
  const settings = [
    '[databases]',
    `* = host=${dirname(socket)} user=alongside`,
    '[pgbouncer]',
    'listen_addr =',
    `unix_socket_dir = ${folder}`,
    'listen_port = 6432',
    'auth_type = trust',
    `auth_file = ${users}`,
    `pool_mode = ${mode}`,
    'default_pool_size = 30',
    'max_prepared_statements = 100',
    'ignore_startup_parameters = statement_timeout,idle_in_transaction_session_timeout',
  ];
  writeFileSync(config, `${settings.join('\n')}\n`);
  giveTo(owner, users, config);
  const child = spawn(program, [config], { ...owner, cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] });
  const ended = once(child, 'close');
  await new Promise<void>((resolve, reject) => {
    let log = '';
    child.stderr.on('data', (part: Buffer) => {
      log += part.toString();
      if (/process up/.test(log)) resolve();
    });
    child.on('error', reject).on('exit', (code) => reject(new Error(`PgBouncer ended with ${code}: ${log}`)));
  });
  return {
    urlOf: (name) => `postgres://alongside@localhost:6432/${name}?host=${encodeURIComponent(folder)}`,
    async stop() {
      child.kill('SIGKILL');
      await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
