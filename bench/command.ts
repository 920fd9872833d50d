import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { StateFile } from '../src/state-file.ts';

/** All load of a benchmark has one network address. */
export const unlimited = { requests: 1_000_000, failures: 1_000_000, rows: 1_000_000 };

// The command for users, including the preparation check.
const command = fileURLToPath(new URL('../scripts/alongside.mjs', import.meta.url));

/** The beginning of a log line at `info`. */
const informative = '{"level":30,';

/** A running `alongside up`. */
export interface RunningCommand {
  /** Of the serving process, which may be a child of the command. */
  readonly pid: number;
  readonly urls: StateFile['urls'];
  readonly ports: StateFile['ports'];
  /** Address of the metrics; null without them. */
  readonly metrics: string | null;
  /** Milliseconds from the start of the process to its "ready" line. */
  readonly readyMs: number;
  /** Calls the console API; throws unless it succeeds. */
  call<T>(method: string, path: string, body?: unknown): Promise<T>;
  /** Inserts the GP's card and enters its PIN. */
  signInAtDesk(): Promise<void>;
  /** Removes the published limits of the seeded products, which would refuse the benchmark's requests. */
  liftProductLimits(): Promise<void>;
  stop(): Promise<void>;
}

/** Calls the console API at this address; throws unless it succeeds. */
export async function callConsole<T>(
  console: string,
  method: string,
  path: string,
  body?: unknown,
): Promise<T> {
  const response = await fetch(`${console}/api/v1${path}`, {
    method,
    headers: body === undefined ? {} : { 'content-type': 'application/json' },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${method} ${path} answered ${response.status}: ${text.slice(0, 300)}`);
  return (text === '' ? {} : JSON.parse(text)) as T;
}

const ended = (child: ChildProcess): Promise<unknown> =>
  child.exitCode !== null || child.signalCode !== null
    ? Promise.resolve()
    : new Promise((resolve) => child.once('exit', resolve));

/**
 * Starts the real command on free ports, without network limits; resolves when it is ready.
 * @param flags options of `alongside up`
 * @param log descriptor for its standard error; that of this process by default
 * @param program the command of an unpacked package, instead of the clone's
 * @param apart protects it from the terminal's Ctrl-C, for a benchmark that ends it itself
 */
export async function startCommand(
  flags: readonly string[],
  {
    apart = false,
    log,
    program = command,
  }: { apart?: boolean; log?: number | undefined; program?: string } = {},
): Promise<RunningCommand> {
  const began = performance.now();
  const common = [
    'up',
    '--json',
    '--port-base',
    '0',
    '--network-limits',
    JSON.stringify(unlimited),
    // In production none are recorded.
    ...(flags.includes('--capture-messages') ? [] : ['--no-capture-messages']),
  ];
  const child = spawn(process.execPath, [program, ...common, ...flags], {
    stdio: ['ignore', 'pipe', log ?? 'pipe'],
    detached: apart,
  });
  // A line for each sign-in would hide the progress of the benchmark.
  if (child.stderr)
    createInterface({ input: child.stderr }).on('line', (line) => {
      if (!line.startsWith(informative)) process.stderr.write(`${line}\n`);
    });
  const line = await new Promise<string>((resolve, reject) => {
    child.once('exit', (code) => reject(new Error(`up ended with ${code}`)));
    if (child.stdout) createInterface({ input: child.stdout }).once('line', resolve);
  });
  const readyMs = performance.now() - began;
  const { urls, pid, ports, metrics } = JSON.parse(line) as Pick<
    RunningCommand,
    'urls' | 'pid' | 'ports' | 'metrics'
  >;
  const call = <T>(method: string, path: string, body?: unknown) =>
    callConsole<T>(urls.console, method, path, body);
  return {
    pid,
    urls,
    ports,
    metrics,
    readyMs,
    call,
    async signInAtDesk() {
      await call('PUT', '/readers/0/card', { card: 'gp' });
      await call('POST', '/agent/pin', { pin: '123456' });
    },
    async liftProductLimits() {
      const { products } = await call<{ products: { name: string }[] }>('GET', '/products');
      for (const { name } of products)
        await call('PATCH', `/products/${encodeURIComponent(name)}`, { limits: null });
    },
    async stop() {
      child.kill('SIGTERM');
      await ended(child);
    },
  };
}
