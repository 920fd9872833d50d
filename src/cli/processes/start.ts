import { resolve } from 'node:path';
import { createLog } from '@alongside/kernel/log';
import { formatScrape } from '@alongside/kernel/metrics';
import { choosePorts } from '../../boot/addresses.ts';
import { openDataFolder } from '../../boot/data-folder.ts';
import { metricsPortOf, startMetricsListener } from '../../boot/metrics/listener.ts';
import { Shutdown } from '../../boot/shutdown.ts';
import type { Config } from '../../config.ts';
import { claimStateFile, removeStateFile, type StateFile, writeStateFile } from '../../state-file.ts';
import { useLogFile } from '../foreground.ts';
import { mergeScrapes } from './scrapes.ts';
import { Supervisor } from './supervisor.ts';

/** Starts the configured number of processes, with one state file and one listener for their metrics. */
export async function startProcesses(config: Config, { development = false } = {}) {
  const shutdown = new Shutdown();
  try {
    return await start(config, development, shutdown);
  } catch (error) {
    await shutdown.run().catch(() => undefined);
    throw error;
  }
}

async function start(config: Config, development: boolean, shutdown: Shutdown) {
  await useLogFile(config);
  const log = createLog(config.logLevel, 'alongside');
  const folder = openDataFolder(config.data, false).path;
  const stateFile = config.state ?? `${folder}/state.json`;
  const hasConsole = config.only.includes('console');
  const isOurs = await claimStateFile(stateFile, hasConsole);
  const ports = await choosePorts(config.portBase);
  shutdown.add(() => ports.release());
  const supervisor = new Supervisor(config, ports, { development, log });
  let drainDelay: number | undefined = 0;
  shutdown.add(() => supervisor.stop(drainDelay));
  const started = await supervisor.start();
  const wanted = metricsPortOf(config, development);
  const scrape = async (accept?: string) => formatScrape(mergeScrapes(await supervisor.scrapes()), accept);
  const metrics =
    wanted && (await startMetricsListener({ scrape }, wanted, { host: config.metricsHost, log }));
  if (metrics) shutdown.add(() => metrics.listener.close());
  const state: StateFile = {
    ...started,
    pid: process.pid,
    metrics: metrics?.url ?? null,
    stateFile: resolve(stateFile),
  };
  const operator = {
    url: `http://127.0.0.1:${ports.ports.console}`,
    token: supervisor.operatorToken,
  };
  if (isOurs) writeStateFile({ ...state, ...(hasConsole && !development ? { operator } : {}) });
  shutdown.add(() => removeStateFile(state));
  drainDelay = undefined;
  return {
    state,
    failed: supervisor.failed,
    reload: (load: () => Config) => supervisor.reload(load),
    stop(seconds?: number): Promise<void> {
      drainDelay = seconds;
      return shutdown.run();
    },
  };
}
