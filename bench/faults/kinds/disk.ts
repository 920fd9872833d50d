import { serviceUser } from '../../../test/testing/service-user.ts';
import type { Fault, Stage } from '../fault.ts';
import type { Installation } from '../installation.ts';
import { familyOf, slowSync, slowSyncProblem } from '../slow-sync.ts';
import { fillDisk, smallDiskProblem } from '../small-disk.ts';

/** Delay of each sync in milliseconds: ten times that of a busy hard disk. */
const syncDelay = 100;
/** Minimum number of slow syncs. */
const leastSyncs = 5;

export const slowDisk: Fault = {
  name: 'slow-disk',
  summary: 'each fsync and fdatasync of SQLite and PostgreSQL takes 100 ms longer',
  unavailable: (database) => slowSyncProblem(database === 'postgres' ? serviceUser('postgres') : {}),
  async inject({ installation: { desk, signIn, platforms, postgres }, length, wait, defer, note }) {
    const traced = postgres ? familyOf(postgres.pid) : [desk, signIn, ...platforms].map(({ pid }) => pid);
    const slow = await slowSync(traced, syncDelay, postgres?.owner ?? {});
    defer(() => slow.stop());
    await wait(length);
    const times = await slow.stop();
    const [shortest = 0, longest = 0] = [Math.min(...times), Math.max(...times)].map(Math.round);
    if (times.length < leastSyncs || shortest < syncDelay)
      throw new Error(
        `${times.length} syncs were seen, the shortest of ${shortest} ms: the disk was not slow`,
      );
    note(`${times.length} syncs took ${shortest} to ${longest} ms`);
  },
};

/** Milliseconds in which PostgreSQL must serve again after its disk has space. */
const timeout = 30_000;

/** Throws unless the server refuses the statement because its disk is full, or exits. */
function expectNoSpace({ postgres }: Installation, database: string, statement: string): void {
  try {
    postgres?.execute(database, statement);
  } catch (error) {
    const { stderr } = error as { stderr?: Buffer };
    if (
      /No space left on device|server closed the connection|could not connect|connection to server/.test(
        String(stderr),
      )
    )
      return;
    throw error;
  }
  throw new Error('PostgreSQL has room on its disk, so the fault was not injected');
}

/** Restarts the server if it has exited, like a service manager, until it responds. */
async function untilServing({ installation: { postgres }, wait }: Stage): Promise<void> {
  const end = performance.now() + timeout;
  for (;;) {
    try {
      if (postgres?.hasEnded) await postgres.restart();
      postgres?.execute('faults', 'SELECT 1');
      return;
    } catch (error) {
      if (performance.now() > end) throw error;
      await wait(100);
    }
  }
}

export const diskFull: Fault = {
  name: 'disk-full',
  summary: 'the disk of the SQLite file, or of the tables of PostgreSQL, is full, and then has room again',
  quickOn: ['sqlite'],
  needsSmallDisks: true,
  unavailable: smallDiskProblem,
  async inject({ installation, length, wait, defer }) {
    const { disks, postgres } = installation;
    if (!disks) throw new Error('the data are not on a small disk');
    defer(fillDisk(disks.tables));
    if (postgres)
      expectNoSpace(installation, 'faults', 'CREATE TABLE filling AS SELECT generate_series(1, 100000)');
    await wait(length);
  },
};

export const logFull: Fault = {
  name: 'log-full',
  summary:
    'the disk of the write-ahead log of PostgreSQL is full: the server panics until there is room again',
  databases: ['postgres'],
  needsSmallDisks: true,
  unavailable: smallDiskProblem,
  async inject(stage) {
    const { installation, length, wait, defer, note } = stage;
    if (!installation.disks) throw new Error('the data are not on a small disk');
    const empty = fillDisk(installation.disks.log);
    defer(empty);
    const message =
      "SELECT pg_logical_emit_message(true, 'fill', repeat('x', 500000)) FROM generate_series(1, 1000)";
    expectNoSpace(installation, 'faults', message);
    await wait(length);
    note(installation.postgres?.hasEnded ? 'the server ended' : 'the server tried to recover');
    empty();
    await untilServing(stage);
  },
};
