import { closeSync, existsSync, openSync } from 'node:fs';
import { open, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { backup } from 'node:sqlite';
import { reasonOf } from '@alongside/kernel/errors';
import { randomToken } from '@alongside/kernel/ids';
import { OperatorError } from '@alongside/kernel/operator';
import { renameSafely } from '@alongside/kernel/rename';
import type { Row } from '../database.ts';
import { Connect } from '../sqlite-connection.ts';
import { syncFolder } from './archive.ts';
import { type Facts, factsOf, tablesQuery } from './manifest.ts';

/** Pages for each step of a copy. */
const stepPages = 1_000;
/** Milliseconds to wait for a lock of another process. */
const busyTimeout = 5_000;

type Handle = InstanceType<typeof Connect>;

const query = (handle: Handle) => (text: string) => handle.prepare(text).all() as Row[];

const tablesOf = (handle: Handle): string[] =>
  query(handle)(tablesQuery.sqlite).map(({ name }) => String(name));

/**
 * Copies a database while others write to it, and returns the facts of the copy. The open read transaction fixes a snapshot: without
 * it, SQLite starts again after each commit of another connection, and never ends under load.
 * @param target path of a new file
 * @throws OperatorError
 */
export async function copySqlite(
  file: string,
  target: string,
  { step, signal }: { step: (activity: string, done?: number, total?: number) => void; signal: AbortSignal },
): Promise<Facts> {
  const source = new Connect(file, { readOnly: true, timeout: busyTimeout });
  try {
    source.exec('BEGIN');
    const facts = await factsOf(query(source), tablesOf(source));
    const [version] = query(source)('SELECT sqlite_version() AS version');
    // For its owner only; `backup` would give it the usual permissions.
    closeSync(openSync(target, 'wx', 0o600));
    await backup(source, target, {
      rate: stepPages,
      progress({ totalPages, remainingPages }) {
        signal.throwIfAborted();
        step('Copying pages', totalPages - remainingPages, totalPages);
      },
    });
    checkCopy(target, file);
    return { dialect: 'sqlite', engine: `SQLite ${version?.version}`, ...facts };
  } catch (error) {
    if (signal.aborted || error instanceof OperatorError) throw error;
    throw new OperatorError(`The database ${file} cannot be copied to ${target}: ${reasonOf(error)}.`);
  } finally {
    source.close();
  }
}

/** Makes a copy a single file, and throws OperatorError if SQLite finds it damaged. */
function checkCopy(copy: string, original: string): void {
  const handle = new Connect(copy);
  try {
    handle.exec('PRAGMA journal_mode = DELETE');
    const [found] = query(handle)('PRAGMA quick_check(1)');
    if (found?.quick_check !== 'ok')
      throw new OperatorError(`The database ${original} is damaged: ${found?.quick_check}.`);
  } finally {
    handle.close();
  }
}

/** Returns whether a file has tables. @throws OperatorError */
function hasData(file: string): boolean {
  try {
    const handle = new Connect(file, { readOnly: true, timeout: busyTimeout });
    try {
      return tablesOf(handle).length > 0;
    } finally {
      handle.close();
    }
  } catch (error) {
    throw new OperatorError(`The database ${file} cannot be opened: ${reasonOf(error)}.`);
  }
}

/** Locks a database for this process alone and removes its log. Returns a function that unlocks it. @throws OperatorError */
function lock(file: string): () => void {
  const handle = new Connect(file, { timeout: 0 });
  try {
    // Leaving WAL mode needs that no other connection is open, whatever it does.
    handle.exec('PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = DELETE; BEGIN EXCLUSIVE;');
    return () => handle.close();
  } catch (error) {
    handle.close();
    throw new OperatorError(
      /locked|busy/.test(reasonOf(error))
        ? `The database ${file} is in use: stop Alongside and every other program that uses it first.`
        : `The database ${file} cannot be locked: ${reasonOf(error)}.`,
    );
  }
}

/**
 * Replaces a database by the given one, or changes nothing.
 * @param finish completes the new file at its temporary path before it gets its name
 * @throws OperatorError
 */
export async function replaceSqlite(
  file: string,
  data: AsyncIterable<Buffer>,
  {
    force,
    finish,
    signal,
  }: { force: boolean; finish: (draft: string) => Promise<void>; signal: AbortSignal },
): Promise<void> {
  const exists = existsSync(file);
  if (exists && !force && hasData(file))
    throw new OperatorError(
      `The database ${file} has data. Choose another with --data or --database, or replace it with --force.`,
    );
  const unlock = exists ? lock(file) : undefined;
  const draft = `${file}.${randomToken(6)}.part`;
  try {
    const target = await open(draft, 'wx', 0o600);
    try {
      for await (const part of data) await target.writeFile(part);
      await target.sync();
    } finally {
      await target.close();
    }
    signal.throwIfAborted();
    await finish(draft);
    signal.throwIfAborted();
    // A log without its database would be applied to the new one.
    for (const kind of ['wal', 'shm', 'journal']) await rm(`${file}-${kind}`, { force: true });
    await renameSafely(draft, file);
    await syncFolder(dirname(file));
  } catch (error) {
    if (signal.aborted || error instanceof OperatorError) throw error;
    throw new OperatorError(`The database ${file} cannot be written: ${reasonOf(error).replace(/\.$/, '')}.`);
  } finally {
    unlock?.();
    for (const kind of ['', '-wal', '-shm']) await rm(`${draft}${kind}`, { force: true });
  }
}
