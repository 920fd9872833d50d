import { readFileSync } from 'node:fs';

/** Returns the running child processes of this process's main thread: pid and command line. Linux. */
export function childProcesses() {
  return read(`/proc/${process.pid}/task/${process.pid}/children`)
    .split(' ')
    .filter(Boolean)
    .map((pid) => ({ pid: Number(pid), words: read(`/proc/${pid}/cmdline`).split('\0') }));
}

function read(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
