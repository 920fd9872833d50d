import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { inClone } from './clone.mjs';

const register = inClone('.node', 'running');

/** Returns whether a process is alive and, if the system shows it, is a Node process rather than another one with a reused id. */
export function isAlive(pid) {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if (error.code !== 'EPERM') return false;
  }
  try {
    return /node|alongside/.test(readFileSync(`/proc/${pid}/cmdline`, 'utf8'));
  } catch {
    return true;
  }
}

/** Records that this process uses the clone's packages, until it exits or the returned function is called. */
export function noteRunning() {
  const note = join(register, String(process.pid));
  const forget = () => rmSync(note, { force: true });
  try {
    mkdirSync(register, { recursive: true });
    writeFileSync(note, '');
  } catch {
    return () => {}; // a read-only clone cannot be overwritten
  }
  process.on('exit', forget);
  return forget;
}

/** Returns the id of another living process that uses the clone's packages, if any. */
export function someoneRunning() {
  return [instance(), ...noted()].find((pid) => pid !== undefined && pid !== process.pid && isAlive(pid));
}

function instance() {
  try {
    const { pid } = JSON.parse(readFileSync(inClone('.alongside', 'state.json'), 'utf8'));
    return Number.isSafeInteger(pid) && pid > 0 ? pid : undefined;
  } catch {
    return undefined;
  }
}

/** Returns the recorded processes; removes records of killed ones. */
function noted() {
  let pids = [];
  try {
    pids = readdirSync(register).map(Number);
  } catch {
    // no instance was ever started here
  }
  for (const pid of pids) if (!isAlive(pid)) rmSync(join(register, String(pid)), { force: true });
  return pids;
}
