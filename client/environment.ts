import { spawnSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join, win32 } from 'node:path';
import { WindowsUsers } from '@alongside/kernel/windows-users';

/** Returns a variable of the environment; undefined if it is unset or empty. */
export function environmentVariable(name: string): string | undefined {
  const value = process.env[name];
  return value === undefined || value === '' ? undefined : value;
}

/** Returns the environment with some variables replaced, for a child process. */
export function environmentWith(variables: Record<string, string>): NodeJS.ProcessEnv {
  return { ...process.env, ...variables };
}

/** Returns the id of the user of this process; undefined on Windows. */
export function ownUid(): number | undefined {
  return process.getuid?.();
}

/**
 * Returns the default address of this user's Identity Agent: ALONGSIDE_AGENT_SOCKET, as for the agent itself; else a Unix socket
 * in the user's runtime folder, or in the user's folder in the temporary folder; on Windows a named pipe that ends with the user's
 * security identifier.
 */
export function defaultAgentSocket(): string {
  const told = environmentVariable('ALONGSIDE_AGENT_SOCKET');
  if (told !== undefined) return told;
  if (process.platform === 'win32') return `\\\\.\\pipe\\alongside-identity-agent-${ownSid()}`;
  const runtime = environmentVariable('XDG_RUNTIME_DIR');
  const folder = runtime ? join(runtime, 'alongside') : join(tmpdir(), `alongside-${ownUid() ?? 'user'}`);
  return join(folder, 'identity-agent.sock');
}

/** Returns this user's security identifier, from Windows or, in Node.js before 26, from its program. */
function ownSid(): string {
  const found = WindowsUsers.find()?.own;
  if (found !== undefined) return found;
  const program = win32.join(environmentVariable('SystemRoot') ?? 'C:\\Windows', 'System32', 'whoami.exe');
  const { stdout } = spawnSync(program, ['/user', '/fo', 'csv', '/nh'], {
    encoding: 'utf8',
    windowsHide: true,
  });
  return /S-1-[\d-]+/.exec(stdout ?? '')?.[0] ?? 'user';
}
