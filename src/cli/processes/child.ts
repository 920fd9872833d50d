import cluster from 'node:cluster';
import type { Sample } from '@alongside/kernel/metrics';
import type { Config } from '../../config.ts';
import type { Instance, Supervision } from '../../main.ts';
import type { StateFile } from '../../state-file.ts';
import { maxStopSeconds, startServer } from '../foreground.ts';
import { Channel } from './channel.ts';

/** The first question to a child: whether it could start. */
export interface Start extends Pick<Supervision, 'ports' | 'operatorToken'> {
  config: Config;
  development: boolean;
}

/** How a child stops. */
export interface Stop {
  /** Seconds for which it goes on. */
  drainDelay: number;
  /** Whether others go on serving, so that the installation stays ready. */
  isReplaced: boolean;
}

/** Whether this process was started by `Supervisor`. */
export const isChild = (): boolean => cluster.isWorker;

/** Runs one of several processes, until the one that started it ends or says so. */
export async function runChild(): Promise<number> {
  // A terminal and some service managers send signals to every process; the first one decides what follows.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);
  // Otherwise this process would end at once, with its requests, when the first one is killed.
  if (cluster.worker) cluster.worker.exitedAfterDisconnect = true;
  let instance: Instance | undefined;
  let stopping: Promise<void> | undefined;
  const stop = (wanted: Stop) => {
    stopping ??= instance?.stop(wanted.drainDelay, wanted) ?? Promise.resolve();
    return stopping;
  };
  const channel = new Channel(process as ConstructorParameters<typeof Channel>[0], {
    async start({ config, development, ports, operatorToken }: Start): Promise<StateFile> {
      instance = await startServer(config, {
        development,
        supervision: {
          ports,
          operatorToken,
          beforeListening: () => channel.ask<void>('listens'),
          samplesElsewhere: () => channel.ask<Sample[]>('samplesElsewhere'),
        },
      });
      return instance.state;
    },
    scrape: () => instance?.scrape(),
    samples: () => instance?.samples(),
    stop,
  });
  await channel.closed;
  // Without the first process no connection arrives any more.
  setTimeout(() => process.exit(1), maxStopSeconds * 1000).unref();
  await stop({ drainDelay: 0, isReplaced: false });
  process.exit(0);
}
