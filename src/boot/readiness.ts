import { statfs } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { type EventLoopWatch, Readiness, type ReadinessCheck } from '@alongside/kernel/health';
import type { Log } from '@alongside/kernel/log';
import type { Vault } from '@alongside/kernel/secrets';
import type { Config } from '../config.ts';
import { masterKeyState } from '../storage/master-key-check.ts';
import { knownSchema, schemaOf } from '../storage/migrations.ts';
import type { Core } from './core.ts';

/** Minimum number of free bytes of a disk: a full one fails writes at any moment. */
const leastFree = 16 * 1_048_576;

/** Returns whether the disk of each folder has space. */
export async function haveRoom(folders: readonly string[], least = leastFree): Promise<boolean> {
  const free = await Promise.all(
    folders.map(async (folder) => {
      const { bavail, bsize } = await statfs(folder);
      return bavail * bsize;
    }),
  );
  return free.every((bytes) => bytes >= least);
}

interface ReadinessDependencies {
  config: Pick<Config, 'only' | 'database'>;
  core: Pick<Core, 'database' | 'keys'>;
  vault: Vault;
  folder: string;
  eventLoop: EventLoopWatch;
  log: Log;
}

/** The checks of `/readyz` in this process. */
export function createReadiness(deps: ReadinessDependencies): Readiness {
  const { config, core, vault, folder, eventLoop, log } = deps;
  const { database, keys } = core;
  const file = /^sqlite:(.+)$/.exec(config.database)?.[1];
  const folders = file === undefined ? [folder] : [folder, dirname(resolve(file))];
  const signing = (['cis', 'cis2', 'authorisation'] as const).filter((name) => config.only.includes(name));
  const checks: readonly ReadinessCheck[] = [
    { name: 'event-loop', holds: () => !eventLoop.isLate() },
    { name: 'disk', holds: () => haveRoom(folders) },
    {
      name: 'storage',
      async holds() {
        const health = await database.healthy();
        if (!health.ok) throw new Error(health.reason);
        return true;
      },
    },
    // A newer schema belongs to a version that is being rolled out.
    { name: 'schema', needs: 'storage', holds: async () => (await schemaOf(database)) >= knownSchema },
    {
      name: 'master-key',
      needs: 'storage',
      holds: async () => (await masterKeyState(database, vault)) === 'opens',
    },
    {
      name: 'signing-keys',
      needs: 'storage',
      async holds() {
        await Promise.all(signing.map((name) => keys[name].reread()));
        return true;
      },
    },
  ];
  return new Readiness(checks, log);
}
