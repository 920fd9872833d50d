import { readFileSync } from 'node:fs';

/** The processes that this process has started from its main thread and that are still there: pid and command line. Linux. */
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
