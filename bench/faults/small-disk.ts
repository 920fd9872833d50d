import { execFileSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmdirSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Mounts a file system in memory of this many MiB, which can be filled. Returns a function that unmounts it. */
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

/** Fills the disk of a folder with a file. Returns a function that removes it. */
export function fillDisk(folder: string): () => void {
  const file = join(folder, 'filler');
  const descriptor = openSync(file, 'w');
  try {
    for (let size = 1 << 20; size >= 512; ) {
      try {
        if (writeSync(descriptor, Buffer.alloc(size)) < size) size /= 2;
      } catch {
        size /= 2;
      }
    }
  } finally {
    closeSync(descriptor);
  }
  return () => rmSync(file, { force: true });
}
