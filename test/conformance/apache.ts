import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { giveTo, serviceFolder, serviceUser } from '../testing/service-user.ts';

/** Returns the location of Apache and its OpenID Connect module on this machine; undefined if either is missing. */
export function findApache(): { program: string; modules: string } | undefined {
  const program = process.env.ALONGSIDE_APACHE ?? '/usr/sbin/apache2';
  const modules = '/usr/lib/apache2/modules';
  return existsSync(program) && existsSync(join(modules, 'mod_auth_openidc.so'))
    ? { program, modules }
    : undefined;
}

const moduleNames = ['mpm_event', 'authn_core', 'authz_core', 'authz_user', 'headers', 'dir', 'auth_openidc'];

export interface Apache {
  origin: string;
  log(): string;
  stop(): Promise<void>;
}

/**
 * Starts an Apache for one test in its own folder, which reports the user of `/protected` in headers. `directives` are
 * those of the module, with variables of `env`.
 */
export async function startApache(
  found: { program: string; modules: string },
  port: number,
  directives: string,
  env: Readonly<Record<string, string>> = {},
): Promise<Apache> {
  // Started by root, it runs as Debian's user.
  const user = serviceUser('www-data');
  const folder = serviceFolder('alongside-apache-', user);
  const root = join(folder, 'www');
  mkdirSync(join(root, 'protected'), { recursive: true });
  writeFileSync(join(root, 'protected', 'index.html'), 'The protected page');
  writeFileSync(join(root, 'goodbye.html'), 'Goodbye');
  const origin = `http://localhost:${port}`;
  const log = join(folder, 'error.log');
  writeFileSync(log, '');
  giveTo(user, root, log);
  const file = join(folder, 'apache.conf');
  writeFileSync(
    file,
    [
      `ServerRoot ${folder}`,
      `PidFile ${join(folder, 'apache.pid')}`,
      `DefaultRuntimeDir ${folder}`,
      `Listen 127.0.0.1:${port}`,
      `ServerName localhost:${port}`,
      'UseCanonicalName On',
      ...moduleNames.map((name) => `LoadModule ${name}_module ${join(found.modules, `mod_${name}.so`)}`),
      ...(user.uid === undefined ? [] : [`User #${user.uid}`, `Group #${user.gid}`]),
      `ErrorLog ${log}`,
      'LogLevel warn auth_openidc:info',
      'StartServers 1',
      'ThreadsPerChild 25',
      `DocumentRoot ${root}`,
      'DirectoryIndex index.html',
      directives,
      '<Location /protected>',
      'Header set X-User "expr=%{REMOTE_USER}"',
      'Header set X-Name "%{OIDC_CLAIM_name}e"',
      '</Location>',
      '',
    ].join('\n'),
  );
  const server = spawn(found.program, ['-f', file, '-D', 'FOREGROUND'], {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { PATH: process.env.PATH ?? '', ...env },
  });
  let said = '';
  server.stderr.on('data', (part: Buffer) => {
    said += part.toString();
  });
  const ended = new Promise<number | null>((resolve) => server.once('exit', resolve));
  const stop = async () => {
    server.kill('SIGTERM');
    await ended;
    rmSync(folder, { recursive: true, force: true });
  };
  for (let attempt = 0; attempt < 1_000; attempt++) {
    const answer = await fetch(`${origin}/goodbye.html`).catch(() => undefined);
    if (answer?.ok) return { origin, log: () => readFileSync(log, 'utf8'), stop };
    if (server.exitCode !== null) break;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  const reason = said + readFileSync(log, 'utf8');
  await stop();
  throw new Error(`Apache did not start: ${reason}`);
}
