import { join } from 'node:path';
import { environment } from '@alongside/kernel/config';

/** Where an agent that runs alone has its local socket: the folder of the user's session if there is one. */
export function defaultSocketPath(dataFolder: string): string {
  const told = environment().ALONGSIDE_AGENT_SOCKET;
  if (told) return told;
  if (process.platform === 'win32') return '\\\\.\\pipe\\alongside-identity-agent';
  const session = environment().XDG_RUNTIME_DIR;
  return session
    ? join(session, 'alongside', 'identity-agent.sock')
    : join(dataFolder, 'socket', 'identity-agent.sock');
}

/** Where an agent that runs alone keeps its data. */
export function defaultDataFolder(): string {
  const {
    ALONGSIDE_AGENT_DATA: told,
    XDG_DATA_HOME: shared,
    LOCALAPPDATA: local,
    HOME: home,
  } = environment();
  if (told) return told;
  const base = shared ?? local ?? (home ? join(home, '.local', 'share') : '.');
  return join(base, 'alongside-identity-agent');
}
