import { serviceUser } from '../../../test/testing/service-user.ts';
import type { Fault } from '../fault.ts';
import { familyOf, slowSync, slowSyncProblem } from '../slow-sync.ts';

/** Delay of each sync in milliseconds: ten times that of a busy hard disk. */
const delay = 100;
/** Minimum number of slow syncs. */
const least = 5;

export const slowDisk: Fault = {
  name: 'slow-disk',
  summary: 'each fsync and fdatasync of SQLite and PostgreSQL takes 100 ms longer',
  unavailable: (database) => slowSyncProblem(database === 'postgres' ? serviceUser('postgres') : {}),
  async inject({ installation: { desk, signIn, platforms, postgres }, length, wait, defer, note }) {
    const traced = postgres ? familyOf(postgres.pid) : [desk, signIn, ...platforms].map(({ pid }) => pid);
    const slow = await slowSync(traced, delay, postgres?.owner ?? {});
    defer(() => slow.stop());
    await wait(length);
    const times = await slow.stop();
    const [shortest = 0, longest = 0] = [Math.min(...times), Math.max(...times)].map(Math.round);
    if (times.length < least || shortest < delay)
      throw new Error(
        `${times.length} syncs were seen, the shortest of ${shortest} ms: the disk was not slow`,
      );
    note(`${times.length} syncs took ${shortest} to ${longest} ms`);
  },
};
