import { Worker } from 'node:worker_threads';

/** Number of written rows between two copies. At 1 to 4 changed pages each, 8 to 32 MB wait in the log. */
export const rowsBetween = 2_000;

/** Runs in the thread. Its source text is sent, so that it is also in the single executable; it uses nothing outside itself. */
function copyOnRequest(): void {
  const { parentPort, workerData } = process.getBuiltinModule('node:worker_threads');
  const sqlite = process.getBuiltinModule('node:sqlite');
  // Node is renaming DatabaseSync to Database.
  const Connect = (
    'Database' in sqlite ? sqlite.Database : sqlite.DatabaseSync
  ) as typeof sqlite.DatabaseSync;
  parentPort?.on('message', () => {
    try {
      // The second copy waits so long for others. Meanwhile it may lock out writers, which a long read must not delay.
      const handle = new Connect(workerData as string, { timeout: 100 });
      try {
        // Most of the work, next to writers. Then what they have written since, without them: the next write reuses the log.
        handle.prepare('PRAGMA wal_checkpoint(PASSIVE)').get();
        handle.prepare('PRAGMA wal_checkpoint(FULL)').get();
      } finally {
        handle.close();
      }
    } catch {
      // Nothing is lost: the changes stay in the log until the next time.
    }
    parentPort?.postMessage(null);
  });
}

/**
 * Copies the write-ahead log of SQLite to the database file in a thread. SQLite itself does this within a commit, which blocked the
 * event loop for as long as the disk took to store up to 16 MB.
 */
export class LogCopier {
  readonly #file: string;
  #worker: Worker | undefined;
  #rows = 0;
  #running: Promise<void> | undefined;

  /** @param file path of the database */
  constructor(file: string) {
    this.#file = file;
  }

  /** Counts written rows, and begins a copy if there are enough. */
  committed(rows: number): void {
    this.#rows += rows;
    if (this.#rows < rowsBetween || this.#running) return;
    this.#rows = 0;
    this.#running = this.copy().finally(() => {
      this.#running = undefined;
    });
  }

  /** Resolves when the thread has copied what it could; without a thread SQLite itself copies a longer log. */
  async copy(): Promise<void> {
    const worker = this.#started();
    if (!worker) return;
    await new Promise<void>((resolve) => {
      const over = () => {
        worker.off('message', over).off('exit', over);
        resolve();
      };
      worker.once('message', over).once('exit', over);
      worker.postMessage(null);
    });
  }

  async close(): Promise<void> {
    await this.#running;
    await this.#worker?.terminate();
  }

  /** Undefined if the machine starts no further thread now. The statements that call this are committed, so it must not fail. */
  #started(): Worker | undefined {
    try {
      this.#worker ??= this.#start();
    } catch {}
    return this.#worker;
  }

  #start(): Worker {
    const worker = new Worker(`(${copyOnRequest})()`, {
      eval: true,
      execArgv: [],
      workerData: this.#file,
      resourceLimits: { maxOldGenerationSizeMb: 16, maxYoungGenerationSizeMb: 2 },
    });
    worker.on('error', () => {
      this.#worker = undefined;
    });
    worker.unref();
    return worker;
  }
}
