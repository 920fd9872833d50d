import cluster, { type Worker } from 'node:cluster';
import { once } from 'node:events';
import { isSea } from 'node:sea';
import { setTimeout as sleep } from 'node:timers/promises';
import { reasonOf } from '@alongside/kernel/errors';
import { randomToken } from '@alongside/kernel/ids';
import { type Log, logLines } from '@alongside/kernel/log';
import type { Sample } from '@alongside/kernel/metrics';
import type { ChosenPorts } from '../../boot/addresses.ts';
import type { Config } from '../../config.ts';
import type { StateFile } from '../../state-file.ts';
import { Channel } from './channel.ts';
import type { Start, Stop } from './child.ts';
import type { Scrape } from './scrapes.ts';

/** A process that lived for so many milliseconds is replaced at once. */
const stableAfter = 60_000;
/** Milliseconds before the second replacement of a process that ends soon; doubled for each further one, up to the last. */
const firstPause = 250;
const maxPause = 8_000;
/** Number of starts in a row that may fail before the whole stops. */
const maxFailures = 4;
/** Milliseconds for which a process may take to answer a question about its figures. */
const answerTimeout = 2_000;

interface Child {
  readonly worker: Worker;
  readonly channel: Channel;
  readonly exit: Promise<unknown>;
  readonly startedAt: number;
  isReady: boolean;
  /** Whether its end is expected. */
  isLeaving: boolean;
}

/** The place of one process among several. */
interface Place {
  readonly number: number;
  child?: Child | undefined;
  starting?: Child | undefined;
  /** Whether its process is being started or replaced. */
  isChanging: boolean;
  /** Number of processes here that ended soon after their start, one after the other. */
  ended: number;
}

interface SupervisorOptions {
  development: boolean;
  log: Log;
}

/** Settings of the first process alone, which a reload leaves as they are. */
const ownSettings = [
  'portBase',
  'data',
  'state',
  'only',
  'processes',
  'metricsPort',
  'metricsHost',
  'logFile',
  'logFileSize',
  'logFileAge',
  'logFilesKept',
] as const satisfies readonly (keyof Config)[];

const inTime = <T>(answer: Promise<T>): Promise<T | undefined> =>
  Promise.race([answer.catch(() => undefined), sleep(answerTimeout, undefined, { ref: false })]);

/**
 * Several processes on one machine that share ports, data and work. This one accepts the connections and hands each to the next process,
 * replaces a process that ends unexpectedly, and collects their logs and metrics.
 */
export class Supervisor {
  readonly #places: Place[];
  readonly #options: SupervisorOptions;
  readonly #ports: ChosenPorts;
  readonly operatorToken = randomToken();
  readonly #failing = Promise.withResolvers<never>();
  #config: Config;
  #isStopping = false;
  #reloading: Promise<unknown> = Promise.resolve();

  constructor(config: Config, ports: ChosenPorts, options: SupervisorOptions) {
    this.#config = config;
    this.#ports = ports;
    this.#options = options;
    this.#places = Array.from({ length: config.processes ?? 1 }, (_, index) => ({
      number: index + 1,
      isChanging: false,
      ended: 0,
    }));
    this.#failing.promise.catch(() => undefined);
    cluster.setupPrimary({
      ...(isSea() ? { exec: 'serve', args: [] } : { args: ['serve'] }),
      stdio: ['ignore', 'inherit', 'pipe', 'ipc'],
      windowsHide: true,
    });
    // None outlives this process, whatever ends it in order.
    process.on('exit', () => {
      for (const { child } of this.#places) child?.worker.process.kill('SIGKILL');
    });
  }

  /** Rejects when a process can no longer be replaced. */
  get failed(): Promise<never> {
    return this.#failing.promise;
  }

  /** Starts the processes: the first alone, because it may create or migrate the data. Rejects with the reason of one that cannot. */
  async start(): Promise<StateFile> {
    const [first, ...others] = this.#places;
    if (!first) throw new Error('No process is wanted.');
    const state = await this.#fill(first, this.#config);
    await Promise.all(others.map((place) => this.#fill(place, this.#config)));
    return state;
  }

  /** Replaces each process by one with the new configuration, one after the other. Resolves with whether the first could start. */
  reload(load: () => Config): Promise<boolean> {
    const reloading = this.#reloading.then(async () => {
      try {
        await this.#reload(load());
        return true;
      } catch (error) {
        if (this.#isStopping) return false;
        this.#options.log.error(
          { reason: reasonOf(error) },
          'the configuration could not be reloaded: the earlier one stays in effect',
        );
        return false;
      }
    });
    this.#reloading = reloading;
    return reloading;
  }

  async #reload(wanted: Config): Promise<void> {
    const { log } = this.#options;
    const kept = Object.fromEntries(ownSettings.map((name) => [name, this.#config[name]]));
    const next: Config = { ...wanted, ...kept };
    const restart = ownSettings.filter(
      (name) => JSON.stringify(wanted[name]) !== JSON.stringify(this.#config[name]),
    );
    for (const place of this.#places) {
      const before = place.child;
      if (place.isChanging || !before || this.#isStopping) continue;
      try {
        await this.#fill(place, next);
      } catch (error) {
        // The present one may have ended meanwhile.
        if (before.worker.isDead()) void this.#replace(place);
        throw error;
      }
      this.#config = next;
      await this.#end(before, { drainDelay: next.drainDelay, isReplaced: true });
    }
    // Processes that are being replaced get it too.
    this.#config = next;
    if (restart.length > 0) log.warn({ settings: restart }, 'changed settings need a restart');
    log.warn({}, 'configuration reloaded');
  }

  /** Stops all processes in order. */
  async stop(drainDelay = this.#config.drainDelay): Promise<void> {
    this.#isStopping = true;
    for (const { starting } of this.#places) starting?.worker.process.kill('SIGKILL');
    await Promise.all(
      this.#places.map(async ({ child }) => child && this.#end(child, { drainDelay, isReplaced: false })),
    );
    await this.#ports.release();
  }

  /** Reads the metrics of all processes that answer in time. */
  async scrapes(): Promise<Scrape[]> {
    const bodies = await Promise.all(
      this.#ready().map(async ({ number, child }) => ({
        process: number,
        body: await inTime(child.channel.ask<string | undefined>('scrape')),
      })),
    );
    return bodies.flatMap(({ process, body }) => (body === undefined ? [] : [{ process, body }]));
  }

  #ready(): { number: number; child: Child }[] {
    return this.#places.flatMap(({ number, child }) => (child?.isReady ? [{ number, child }] : []));
  }

  async #samplesBeside(own: Worker): Promise<Sample[]> {
    const others = this.#ready().filter(({ child }) => child.worker !== own);
    const samples = await Promise.all(
      others.map(({ child }) => inTime(child.channel.ask<Sample[]>('samples'))),
    );
    return samples.flatMap((some) => some ?? []);
  }

  /** Starts a process at a place, beside its present one. Resolves when it serves. */
  async #fill(place: Place, config: Config): Promise<StateFile> {
    place.isChanging = true;
    const child = this.#spawn();
    place.starting = child;
    try {
      const start: Start = {
        config: { ...config, logFile: undefined },
        ports: this.#ports.ports,
        operatorToken: this.operatorToken,
        development: this.#options.development,
      };
      const early = child.exit.then(() => {
        throw new Error('A process ended before it was ready.');
      });
      early.catch(() => undefined);
      const state = await Promise.race([child.channel.ask<StateFile>('start', start), early]);
      child.isReady = true;
      place.child = child;
      void child.exit.then(() => this.#ended(place, child));
      return state;
    } catch (error) {
      child.isLeaving = true;
      child.worker.process.kill('SIGKILL');
      throw error;
    } finally {
      place.starting = undefined;
      place.isChanging = false;
    }
  }

  #spawn(): Child {
    const worker = cluster.fork();
    worker.process.stderr?.setEncoding('utf8').on('data', linesTo(logLines));
    const channel = new Channel(worker.process, {
      listens: () => this.#ports.release(),
      samplesElsewhere: () => this.#samplesBeside(worker),
    });
    const exit = once(worker, 'exit');
    return { worker, channel, exit, startedAt: performance.now(), isReady: false, isLeaving: false };
  }

  async #end(child: Child, stop: Stop): Promise<void> {
    child.isLeaving = true;
    child.isReady = false;
    await child.channel.ask('stop', stop).catch(() => undefined);
    child.worker.disconnect();
    await child.exit;
  }

  #ended(place: Place, child: Child): void {
    child.isReady = false;
    if (child.isLeaving || place.child !== child) return;
    const { exitCode, signalCode } = child.worker.process;
    this.#options.log.error(
      { process: place.number, ...(signalCode ? { signal: signalCode } : { code: exitCode }) },
      'a process ended unexpectedly and is replaced',
    );
    place.ended = performance.now() - child.startedAt < stableAfter ? place.ended + 1 : 0;
    if (!place.isChanging) void this.#replace(place);
  }

  async #replace(place: Place): Promise<void> {
    const { log } = this.#options;
    for (let failures = 0; !this.#isStopping; ) {
      place.isChanging = true;
      const pause = place.ended < 2 ? 0 : Math.min(maxPause, firstPause * 2 ** (place.ended - 2));
      await sleep(pause, undefined, { ref: false });
      if (this.#isStopping) return;
      try {
        await this.#fill(place, this.#config);
        log.warn({ process: place.number }, 'the process was replaced');
        return;
      } catch (error) {
        if (this.#isStopping) return;
        failures += 1;
        place.ended += 1;
        log.error({ process: place.number, reason: reasonOf(error) }, 'a process could not be replaced');
        if (failures >= maxFailures) this.#failing.reject(error as Error);
        if (failures >= maxFailures) return;
      }
    }
  }
}

/** Returns a receiver of text that passes on whole lines, because those of several processes must not mix. */
function linesTo(write: (lines: string) => void): (text: string) => void {
  let rest = '';
  return (text) => {
    const end = text.lastIndexOf('\n') + 1;
    if (end > 0) write(rest + text.slice(0, end));
    rest = end > 0 ? text.slice(end) : rest + text;
  };
}
