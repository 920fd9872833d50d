import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** One variable of the process environment; undefined when it is unset or empty. */
export function environmentVariable(name: string): string | undefined {
  const value = process.env[name];
  return value === undefined || value === '' ? undefined : value;
}

/** The process environment with some variables set otherwise, for a program that is started from here. */
export function environmentWith(variables: Record<string, string>): NodeJS.ProcessEnv {
  return { ...process.env, ...variables };
}

/** The id of the user whose process this is; undefined on Windows. */
export function ownUid(): number | undefined {
  return process.getuid?.();
}

/**
 * Where the Identity Agent of this user listens when nothing else is configured: what ALONGSIDE_AGENT_SOCKET names,
 * as for the agent itself; else a Unix socket in the user's runtime folder (else in a folder of that user under the
 * temporary folder), a named pipe on Windows.
 */
export function defaultAgentSocket(): string {
  const told = environmentVariable('ALONGSIDE_AGENT_SOCKET');
  if (told !== undefined) return told;
  if (process.platform === 'win32') return '\\\\.\\pipe\\alongside-identity-agent';
  const runtime = environmentVariable('XDG_RUNTIME_DIR');
  const folder = runtime ? join(runtime, 'alongside') : join(tmpdir(), `alongside-${ownUid() ?? 'user'}`);
  return join(folder, 'identity-agent.sock');
}
