import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { environment } from '@alongside/kernel/operator';
import { ownPipe } from '@alongside/kernel/pipe-name';

/**
 * Returns the default path of the local socket, as in the client library: in the folder of the user's session, else in this
 * user's folder in the temporary folder.
 */
export function defaultSocketPath(): string {
  const { ALONGSIDE_AGENT_SOCKET: told, XDG_RUNTIME_DIR: session } = environment();
  if (told) return told;
  if (process.platform === 'win32') return ownPipe('alongside-identity-agent');
  const folder = session
    ? join(session, 'alongside')
    : join(tmpdir(), `alongside-${process.getuid?.() ?? 'user'}`);
  return join(folder, 'identity-agent.sock');
}

/** Returns the default data folder of an agent that runs alone. */
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
