import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Mounts a file system in memory of this many MiB, which can be filled. Returns the function that takes it away. */
export function mountSmallDisk(folder: string, megabytes: number): () => void {
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m`, 'tmpfs', folder], { stdio: 'pipe' });
  return () => execFileSync('umount', [folder], { stdio: 'pipe' });
}

/** Returns why this user cannot mount one here. */
export function smallDiskProblem(): string | undefined {
  if (process.getuid?.() !== 0) return 'only root can mount a small file system for it';
  const folder = mkdtempSync(join(tmpdir(), 'alongside-mount-'));
  try {
    mountSmallDisk(folder, 1)();
    return undefined;
  } catch {
    return 'no file system can be mounted here';
  } finally {
    rmdirSync(folder);
  }
}
