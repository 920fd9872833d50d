import { Worker } from 'node:worker_threads';
import { reasonOf } from '@alongside/kernel/errors';

/** Runs in the thread. Its source text is sent, so that it is also in the single executable; it uses nothing outside itself. */
function readPages(): void {
  const { parentPort, workerData } = process.getBuiltinModule('node:worker_threads');
  const sqlite = process.getBuiltinModule('node:sqlite');
  // Node is renaming DatabaseSync to Database.
  const Connect = (
    'Database' in sqlite ? sqlite.Database : sqlite.DatabaseSync
  ) as typeof sqlite.DatabaseSync;
  const handle = new Connect(workerData as string, { readOnly: true, timeout: 5_000 });
  try {
    const found = handle.prepare('PRAGMA quick_check(1)').get() as { quick_check: string };
    parentPort?.postMessage(found.quick_check);
  } finally {
    handle.close();
  }
}

/** SQLITE_CORRUPT and SQLITE_NOTADB, whatever their kind in the higher bytes. */
export const showsDamage = (error: unknown): boolean =>
  [11, 26].includes(((error as { errcode?: number } | null)?.errcode ?? 0) % 256);

/** The way out of damage, in one sentence. */
export const damageRemedy =
  'Stop Alongside, find out whether the disk fails, check the newest backup with "alongside backup --verify BACKUP", and restore it with "alongside restore BACKUP --force".';

/** Returns the sentences for the operator about a damaged file. */
export const damageOf = (file: string, reason: string): string =>
  `The database file ${file} is damaged: ${reason}. ${damageRemedy}`;

/** Reads every page of a SQLite file in a thread, beside those who use it, because no error shows a page that nobody reads. */
export class PageCheck {
  readonly #file: string;
  #worker: Worker | undefined;

  /** @param file path of an existing file */
  constructor(file: string) {
    this.#file = file;
  }

  /** Resolves with the first damage, in SQLite's words; undefined if there is none, or it was closed before the end. @throws Error if it cannot be read */
  async run(): Promise<string | undefined> {
    const worker = new Worker(`(${readPages})()`, { eval: true, execArgv: [], workerData: this.#file });
    this.#worker = worker;
    worker.unref();
    try {
      const found = await new Promise<unknown>((resolve, reject) => {
        worker.once('message', resolve).once('error', reject).once('exit', resolve);
      });
      return typeof found === 'string' && found !== 'ok' ? found.replace(/\s+/g, ' ') : undefined;
    } catch (error) {
      if (showsDamage(error)) return reasonOf(error);
      throw error;
    } finally {
      this.#worker = undefined;
    }
  }

  async close(): Promise<void> {
    await this.#worker?.terminate();
  }
}
