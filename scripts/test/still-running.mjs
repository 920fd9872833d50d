import { childProcesses } from './child-processes.mjs';

/** How long a run may be silent before it says which files it is at, in milliseconds. */
const silence = 30_000;

/** How long a file may take: more than node:test gives a test, which it cannot end in a process that is blocked. */
const longest = 330_000;

/**
 * Says on standard error which test files are being run when no test has ended for a while, and ends the process of one
 * that hangs.
 */
export class StillRunning {
  #files = new Map();
  #last = performance.now();
  #ticker = setInterval(() => this.#look(), 1_000).unref();

  started(file) {
    this.#files.set(file, performance.now());
  }

  ended(file) {
    this.#files.delete(file);
  }

  heard() {
    this.#last = performance.now();
  }

  stop() {
    clearInterval(this.#ticker);
  }

  #look() {
    const now = performance.now();
    for (const [file, since] of this.#files) if (now - since > longest) this.#endHung(file);
    if (now - this.#last < silence || this.#files.size === 0) return;
    this.#last = now;
    const files = [...this.#files].map(([file, since]) => `${file} (${Math.round((now - since) / 1000)} s)`);
    process.stderr.write(`alongside: still running ${files.join(', ')}\n`);
  }

  #endHung(file) {
    for (const { pid, words } of childProcesses()) {
      if (!words.some((word) => word.endsWith(file))) continue;
      process.stderr.write(`alongside: ${file} hangs, its process is ended\n`);
      process.kill(pid, 'SIGKILL');
      this.#files.delete(file);
    }
  }
}
