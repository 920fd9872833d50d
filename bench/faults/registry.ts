import type { Fault } from './fault.ts';
import { clockJumps } from './kinds/clock-jumps.ts';
import { databaseFailover } from './kinds/database-failover.ts';
import { databaseHang } from './kinds/database-hang.ts';
import { databaseRestart } from './kinds/database-restart.ts';
import { diskFull, logFull } from './kinds/disk-full.ts';
import { droppedConnections } from './kinds/dropped-connections.ts';
import { hangingKeySet } from './kinds/hanging-key-set.ts';
import { hangingMailServer } from './kinds/hanging-mail-server.ts';
import { idleConnections } from './kinds/idle-connections.ts';
import { kill } from './kinds/kill.ts';
import { rollingRestarts } from './kinds/rolling-restarts.ts';
import { silentRelyingParty } from './kinds/silent-relying-party.ts';
import { slowBodies } from './kinds/slow-bodies.ts';
import { slowDatabase } from './kinds/slow-database.ts';
import { slowDisk } from './kinds/slow-disk.ts';
import { upstreamDown } from './kinds/upstream-down.ts';
import { upstreamLying } from './kinds/upstream-lying.ts';
import { upstreamSlow } from './kinds/upstream-slow.ts';

/** Every fault, in the order of injection. */
export const faults: readonly Fault[] = [
  kill,
  rollingRestarts,
  databaseRestart,
  databaseHang,
  droppedConnections,
  slowDatabase,
  slowDisk,
  diskFull,
  logFull,
  clockJumps,
  upstreamDown,
  upstreamSlow,
  upstreamLying,
  silentRelyingParty,
  hangingKeySet,
  hangingMailServer,
  idleConnections,
  slowBodies,
  // Last, because afterwards another server is behind the proxy.
  databaseFailover,
];
