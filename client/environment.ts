import { tmpdir } from 'node:os';
import { join } from 'node:path';

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
 * in the user's runtime folder, or in the user's folder in the temporary folder; a named pipe on Windows.
 */
export function defaultAgentSocket(): string {
  const told = environmentVariable('ALONGSIDE_AGENT_SOCKET');
  if (told !== undefined) return told;
  if (process.platform === 'win32') return '\\\\.\\pipe\\alongside-identity-agent';
  const runtime = environmentVariable('XDG_RUNTIME_DIR');
  const folder = runtime ? join(runtime, 'alongside') : join(tmpdir(), `alongside-${ownUid() ?? 'user'}`);
  return join(folder, 'identity-agent.sock');
}
