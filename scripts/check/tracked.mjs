import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { clone, inClone } from '../prepare/clone.mjs';

const untracked = new Set(['node_modules', '.git', '.node', '.alongside', '.cache', 'dist', 'coverage']);

/** Returns files that are tracked or untracked but not ignored, as paths within the clone. */
export function trackedFiles() {
  const { status, stdout } = spawnSync('git', ['ls-files', '-z', '-co', '--exclude-standard'], {
    cwd: clone,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
  const files = status === 0 ? stdout.split('\0').filter(Boolean) : walk(clone);
  return files.filter((file) => existsSync(inClone(file))).sort();
}

/** Returns the text of a tracked file; undefined for binary files. */
export function textOf(file) {
  const text = readFileSync(inClone(file), 'utf8');
  return text.includes('\0') ? undefined : text;
}

/** For a folder without git, such as an unpacked archive. */
function walk(folder) {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    if (untracked.has(entry.name)) return [];
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return walk(path);
    return entry.isFile() ? [relative(clone, path).replaceAll('\\', '/')] : [];
  });
}
