import { mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { inClone } from './clone.mjs';
import { isAlive } from './running.mjs';
import { Stop, say } from './say.mjs';

const lock = inClone('.node', 'lock');
const timeout = 15 * 60_000;
/** Milliseconds that a lock may exist without its owner's name, which is written a moment later. */
const unnamed = 5_000;

/** Runs work while no other process prepares this clone. Takes over the lock of an owner that has ended. */
export async function alone(work) {
  await take();
  try {
    return await work();
  } finally {
    rmSync(lock, { recursive: true, force: true });
  }
}

async function take() {
  const started = performance.now();
  let said = false;
  while (!tryTake()) {
    if (!removeStale() && !said) {
      say(`another preparation of this clone is under way (process ${owner() ?? 'unknown'}), waiting for it`);
      said = true;
    }
    if (performance.now() - started > timeout) {
      throw new Stop(
        `the other preparation has not ended in 15 minutes: end it, or delete ${lock}, and try again`,
      );
    }
    await wait(200);
  }
}

function tryTake() {
  try {
    mkdirSync(inClone('.node'), { recursive: true });
    mkdirSync(lock);
  } catch (error) {
    if (error.code === 'EEXIST') return false;
    throw new Stop(`the folder ${lock} cannot be made (${error.code}): this clone must be writable for you`);
  }
  writeFileSync(join(lock, 'pid'), String(process.pid));
  return true;
}

function owner(folder = lock) {
  try {
    return Number(readFileSync(join(folder, 'pid'), 'utf8')) || undefined;
  } catch {
    return undefined;
  }
}

function removeStale() {
  const pid = owner();
  if (pid === undefined ? age() < unnamed : isAlive(pid)) return false;
  // Moved before it is deleted, so that only one of two waiting processes deletes it, and only the lock that it has checked.
  const aside = `${lock}-stale-${process.pid}`;
  try {
    renameSync(lock, aside);
    if (owner(aside) === pid) rmSync(aside, { recursive: true, force: true });
    else renameSync(aside, lock);
    return true;
  } catch {
    return false;
  }
}

function age() {
  try {
    return Date.now() - statSync(lock).mtimeMs;
  } catch {
    return 0;
  }
}
