/** How long a run may be silent before it says which files it is at, in milliseconds. */
const silence = 30_000;

/** Says on standard error which test files are being run when no test has ended for a while. */
export class StillRunning {
  #files = new Map();
  #last = performance.now();
  #ticker = setInterval(() => this.#sayIfSilent(), 1_000).unref();

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

  #sayIfSilent() {
    const now = performance.now();
    if (now - this.#last < silence || this.#files.size === 0) return;
    this.#last = now;
    const files = [...this.#files].map(([file, since]) => `${file} (${Math.round((now - since) / 1000)} s)`);
    process.stderr.write(`alongside: still running ${files.join(', ')}\n`);
  }
}
