import { existsSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { reasonOf } from '@alongside/kernel/errors';
import { environment, makeFolder, OperatorError } from '@alongside/kernel/operator';
import { ownPipe } from '@alongside/kernel/pipe-name';
import { closeToOthers } from '@alongside/kernel/windows-access';

export interface DataFolder {
  path: string;
  /** Removes the data of an ephemeral instance. */
  discard(): void;
}

/** The file with the ends of the chains of the audit log, beside the master key. */
export const auditHeadsFile = (folder: string): string => join(folder, 'audit-heads.json');

/** Opens the data folder, or creates a temporary one for an ephemeral instance. */
export function openDataFolder(path: string, ephemeral: boolean): DataFolder {
  if (ephemeral) {
    const folder = makeTemporaryFolder();
    return { path: folder, discard: () => rmSync(folder, { recursive: true, force: true }) };
  }
  const folder = resolve(path);
  try {
    const isNew = !existsSync(folder);
    makeFolder(folder, 0o700);
    if (isNew) closeToOthers(folder);
    // It is often in a project, and has the master key.
    if (isNew) writeFileSync(join(folder, '.gitignore'), '*\n');
    const probe = join(folder, `.write-${process.pid}`);
    writeFileSync(probe, '');
    rmSync(probe);
  } catch (error) {
    throw new OperatorError(
      `The data folder ${folder} cannot be written: ${reasonOf(error)}. Choose another with --data.`,
    );
  }
  return { path: folder, discard: () => undefined };
}

function makeTemporaryFolder(): string {
  try {
    return mkdtempSync(join(tmpdir(), 'alongside-'));
  } catch (error) {
    throw new OperatorError(
      `The folder for temporary files cannot be written: ${reasonOf(error)}. Choose another with the variable ${process.platform === 'win32' ? 'TEMP' : 'TMPDIR'}.`,
    );
  }
}

/** Returns whether something is mounted at this folder (proc_pid_mountinfo(5): the fifth field, with octal escapes). */
function isMounted(folder: string): boolean {
  try {
    const path = realpathSync(folder);
    const mounts = readFileSync('/proc/self/mountinfo', 'utf8').split('\n');
    return mounts.some((mount) => {
      const [, , , , point = ''] = mount.split(' ');
      const unescaped = point.replace(/\\([0-7]{3})/g, (_, code) =>
        String.fromCharCode(Number.parseInt(code, 8)),
      );
      return unescaped === path;
    });
  } catch {
    return false; // there is no such folder
  }
}

/** Throws if the data folder is not a volume. A container loses everything else, and only Linux has containers. */
export function requireVolume(path: string): void {
  const folder = resolve(path);
  if (process.platform === 'linux' && !isMounted(folder))
    throw new OperatorError(
      `${folder} is not a volume, so its data would be lost with the container: mount one there (--volume alongside-data:${folder}), or set --no-data-volume.`,
    );
}

/**
 * Returns the path of the agent's local socket, in a folder of this user. Unix socket paths are short, so it is not in the data
 * folder.
 */
export function agentSocketPath(agentPort: number): string {
  const name = agentPort === 8403 ? 'identity-agent' : `identity-agent-${agentPort}`;
  if (process.platform === 'win32') return ownPipe(`alongside-${name}`);
  const runtime = environment().XDG_RUNTIME_DIR;
  return join(
    runtime ? join(runtime, 'alongside') : join(tmpdir(), `alongside-${process.getuid?.() ?? 'user'}`),
    `${name}.sock`,
  );
}
