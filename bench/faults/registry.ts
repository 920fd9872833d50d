import type { Fault } from './fault.ts';
import { leaderCutFromOthers, leaderCutOff, leaderKilled, leaderLost, switchover } from './kinds/cluster.ts';
import { idleConnections, slowBodies } from './kinds/connections.ts';
import {
  databaseFailover,
  databaseHang,
  databaseRestart,
  droppedConnections,
  slowDatabase,
} from './kinds/database.ts';
import { diskFull, logFull, slowDisk } from './kinds/disk.ts';
import { hangingKeySet, hangingMailServer, silentRelyingParty } from './kinds/other-servers.ts';
import { clockJumps, kill, rollingRestarts } from './kinds/processes.ts';
import { killWhileSigning } from './kinds/signatures.ts';
import { upstreamDown, upstreamLying, upstreamSlow } from './kinds/upstream.ts';

/** Every fault, in the order of injection. */
export const faults: readonly Fault[] = [
  kill,
  killWhileSigning,
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
  // With --cluster.
  switchover,
  leaderKilled,
  leaderLost,
  leaderCutOff,
  leaderCutFromOthers,
];
