import { childProcesses } from './child-processes.mjs';

/** Milliseconds of silence after which a run names the running files. */
const silence = 30_000;

/** Time limit of a file: more than the limit of its tests, which node:test cannot end in a blocked process. */
const longest = 330_000;

/** Reports on standard error the test files that run while no test has ended for a while, and kills one that hangs. */
export class StillRunning {
  #files = new Map();
  #last = performance.now();
  #ticker = setInterval(() => this.#look(), 1_000).unref();

  /** A test file begins in the process of its group. */
  started(file, group) {
    this.#files.set(file, { since: performance.now(), group });
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
    for (const [file, { since, group }] of this.#files) if (now - since > longest) this.#endHung(file, group);
    if (now - this.#last < silence || this.#files.size === 0) return;
    this.#last = now;
    const files = [...this.#files].map(
      ([file, { since }]) => `${file} (${Math.round((now - since) / 1000)} s)`,
    );
    process.stderr.write(`alongside: still running ${files.join(', ')}\n`);
  }

  #endHung(file, group) {
    for (const { pid, words } of childProcesses()) {
      if (!words.some((word) => word.endsWith(group))) continue;
      process.stderr.write(`alongside: ${file} hangs, its process is ended\n`);
      process.kill(pid, 'SIGKILL');
    }
    this.#files.delete(file);
  }
}
