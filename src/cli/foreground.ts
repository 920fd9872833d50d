import { realpathSync } from 'node:fs';
import { basename, delimiter, dirname, join, resolve } from 'node:path';
import { isSea } from 'node:sea';
import { loadConfig, readFlags } from '@alongside/kernel/config';
import { environment } from '@alongside/kernel/operator';
import type { Config, configShape } from '../config.ts';
import type { startAlongside } from '../main.ts';
import type { StateFile } from '../state-file.ts';
import { noMore, type Output, type Result } from './command.ts';
import { configFileOf } from './instance.ts';
import { interrupted } from './outcome.ts';
import { isAskedToStop } from './stop-request.ts';

// Shared by commands that run until stopped: `up`, `serve`, `check`.

/** Loads and starts the server. Commands that run none do not load it. */
export const startServer: typeof startAlongside = async (config, ...options) => {
  await useLogFile(config);
  const { startAlongside } = await import('../main.ts');
  return await startAlongside(config, ...options);
};

/** Writes the log to the configured file, if any. */
export async function useLogFile(config: Config): Promise<void> {
  const { logFile: path, logFileSize, logFileAge, logFilesKept: kept } = config;
  if (!path) return;
  const { logToFile } = await import('@alongside/kernel/log');
  logToFile({ path, kept, largest: logFileSize * 1_000_000, oldest: logFileAge * 3_600_000 });
}

const endSignals: readonly NodeJS.Signals[] = ['SIGINT', 'SIGTERM'];
const signals: readonly NodeJS.Signals[] = [...endSignals, 'SIGHUP'];

/**
 * Calls back at the first Ctrl-C or end signal. A second one ends the process at once. Returns a function that stops listening.
 */
export function onStop(heard: (signal: NodeJS.Signals) => void, on = signals): () => void {
  let asked = false;
  const stop = (signal: NodeJS.Signals) => {
    if (asked) process.exit(interrupted);
    asked = true;
    heard(signal);
  };
  for (const signal of on) process.on(signal, stop);
  return () => {
    for (const signal of on) process.off(signal, stop);
  };
}

/** Runs work that an end signal stops. Resolves with its result, or with that of a stopped command. */
export async function untilStopped(work: (signal: AbortSignal) => Promise<Result>): Promise<Result> {
  const stop = new AbortController();
  const stopListening = onStop(() => stop.abort());
  try {
    return await work(stop.signal);
  } catch (error) {
    if (!stop.signal.aborted) throw error;
    const message = 'Stopped.';
    return { json: { error: { code: 'stopped', message } }, notes: [message], code: interrupted };
  } finally {
    stopListening();
  }
}

/** Seconds for everything after the drain; `TimeoutStopSec` in deploy/ is longer. */
export const maxStopSeconds = 50;

/** Stops an instance in order, or ends the process after a time limit, for example if the database hangs. */
export async function stopInTime(
  stop: () => Promise<void>,
  { drainDelay }: Config,
  out: Output,
): Promise<void> {
  setTimeout(
    () => {
      out.note('The instance did not stop in time; its process ends.');
      process.exit(1);
    },
    (drainDelay + maxStopSeconds) * 1000,
  ).unref();
  await stop();
}

/** Milliseconds between two looks for a request of `alongside stop`. */
const stopRequestInterval = 500;

/** Listens for the first Ctrl-C or end signal. */
export class StopSignal {
  /** Resolves with it. */
  readonly heard: Promise<void>;
  signal: NodeJS.Signals | undefined;

  readonly #hear: () => void;

  constructor(on = signals) {
    let hear = () => {};
    this.heard = new Promise((resolve) => {
      hear = resolve;
    });
    this.#hear = hear;
    onStop((signal) => {
      this.signal = signal;
      hear();
    }, on);
  }

  /** Listens to `alongside stop` too, once the instance has written its state file. */
  listenAt(state: StateFile): void {
    const timer = setInterval(() => {
      if (!isAskedToStop(state)) return;
      clearInterval(timer);
      this.#hear();
    }, stopRequestInterval).unref();
  }
}

/** Resolves when standard input ends, or with the promise. */
export async function untilInputEnds(other: Promise<void>): Promise<void> {
  const { stdin } = process;
  const ended = new Promise<void>((resolve) => {
    stdin.once('end', resolve).once('error', () => resolve());
    stdin.resume();
  });
  await Promise.race([ended, other]);
  // Open, it would keep this process running.
  stdin.destroy();
}

/** Listens for the first end signal. A hang-up reloads instead, except on Windows, where it means that the console was closed. */
export function stopOrReload(reload: () => unknown): StopSignal {
  if (process.platform === 'win32') return new StopSignal();
  process.on('SIGHUP', reload);
  return new StopSignal(endSignals);
}

/** Reads the configuration from flags, environment and file. Throws UsageError for words other than flags. */
export function readConfig(shape: typeof configShape, argv: readonly string[]): Config {
  const { flags, words } = readFlags(shape, argv);
  noMore(words, 0);
  return loadConfig(shape, flags, configFileOf(flags));
}

/** Quotes a word for a shell, if needed. */
export function shellWord(word: string): string {
  if (/^[\w@%+=:,./\\-]+$/.test(word)) return word;
  return process.platform === 'win32' ? `"${word}"` : `'${word.replaceAll("'", "'\\''")}'`;
}

const isOnPath = (folder: string): boolean => (environment().PATH ?? '').split(delimiter).includes(folder);

/** Returns how a user types this program, after how it was started: by npm, as an installed program, or by Node. */
export function programWords(): string {
  const { npm_execpath: npm } = environment();
  const script = process.argv[1] ?? '';
  const program = isSea() ? process.execPath : script;
  if (npm !== undefined && !isSea()) return 'npx alongside';
  if (/^alongside(\.exe)?$/.test(basename(program)) && isOnPath(dirname(program))) return 'alongside';
  if (isSea()) return shellWord(program);
  const launcher = script.endsWith('.ts') ? join(dirname(script), '../../scripts/alongside.mjs') : script;
  return `node ${shellWord(launcher)}`;
}

const real = (path: string): string => {
  try {
    return realpathSync(path);
  } catch {
    return resolve(path);
  }
};

/** Returns the flags with which another command finds an instance from the folder of the user; none if it is the default one. */
export function selectingFlags(stateFile: string): string {
  // npm start changes to the clone's folder.
  const folder = environment().INIT_CWD ?? '.';
  const isDefault = real(stateFile) === real(join(folder, '.alongside', 'state.json'));
  return isDefault ? '' : ` --state ${shellWord(resolve(stateFile))}`;
}
