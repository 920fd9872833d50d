import { setTimeout as sleep } from 'node:timers/promises';
import type { Fault } from './fault.ts';
import { type DatabaseName, type Installation, startInstallation } from './installation.ts';
import { Ledger, type Outcome } from './ledger.ts';
import { Load, promiseKinds } from './load.ts';
import { faults } from './registry.ts';

/** The effect of one fault on one installation. */
export interface Result {
  fault: string;
  database: DatabaseName;
  /** Reason for skipping it. */
  skipped?: string;
  requests: Record<Outcome, number>;
  promised: number;
  /** Number of responses that were not honoured, by kind. */
  lost: Record<string, number>;
  deadProcesses: number;
  /** Milliseconds from the end of the fault to a sequence without failure; null if there was none in time. */
  recovery: number | null;
  /** Longest time in milliseconds without a completed sign-in. */
  outage: number;
  /** Responses that are neither correct nor a clean refusal. */
  examples: string[];
  /** Measurements of the fault itself. */
  notes: string[];
  error?: string;
  passed: boolean;
}

export interface RunOptions {
  isChosen(fault: Fault, database: DatabaseName): boolean;
  databases: readonly DatabaseName[];
  /** Duration of each fault in milliseconds. */
  length: number;
  lanes: number;
  /** How often the primary of a cluster is killed. */
  kills: number;
  /** Pause of a lane in milliseconds. */
  pause: number;
  signal: AbortSignal;
  progress(message: string): void;
}

/** Milliseconds of normal load before a fault, and the time limit for recovery after it. */
const before = 500;
const recoveryTimeout = 30_000;

/** Databases of a fault that names none. */
const usual: readonly DatabaseName[] = ['sqlite', 'postgres'];

const nothing = {
  requests: { ok: 0, refused: 0, cut: 0, failed: 0 },
  promised: 0,
  outage: 0,
  lost: {},
  examples: [],
  notes: [],
};

/** Injects each fault into an installation on each database. Yields each result at once. */
export async function* runFaults(options: RunOptions): AsyncGenerator<Result> {
  for (const database of options.databases) {
    const here = faults.filter(
      (fault) => (fault.databases ?? usual).includes(database) && options.isChosen(fault, database),
    );
    let installation: Installation | undefined;
    try {
      for (const fault of here) {
        if (options.signal.aborted) return;
        const skipped = fault.unavailable?.(database);
        if (skipped !== undefined) {
          const [deadProcesses, recovery] = [0, null];
          yield { fault: fault.name, database, skipped, ...nothing, deadProcesses, recovery, passed: true };
          continue;
        }
        if (!installation) {
          options.progress(`${database}: starting four processes`);
          const hasSmallDisks = here.some(
            ({ needsSmallDisks, unavailable }) => needsSmallDisks && !unavailable?.(database),
          );
          installation = await startInstallation({ database, hasSmallDisks });
        }
        options.progress(`${database}: ${fault.name}, ${fault.summary}`);
        const result = await runOne(installation, fault, options);
        if (!result.passed) options.progress(`${database}: ${fault.name} failed`);
        yield result;
      }
    } finally {
      await installation?.stop();
    }
  }
}

async function runOne(installation: Installation, fault: Fault, options: RunOptions): Promise<Result> {
  const { desk, signIn, platforms, api, client, database } = installation;
  const processes = [desk, signIn, ...platforms];
  const deaths = processes.reduce((sum, one) => sum + one.deaths, 0);
  const ledger = new Ledger();
  const load = new Load(ledger, {
    api,
    client,
    refusesClients: fault.refusesClients ?? false,
    processes: platforms.map(({ port }) => `http://localhost:${port}`),
  });
  const running = load.run(options.lanes, options.pause);
  const deferred: (() => unknown)[] = [];
  const notes: string[] = [];
  const wait = async (milliseconds: number) => {
    await sleep(milliseconds, undefined, { signal: options.signal });
  };
  let error: string | undefined;
  let problem: string | undefined;
  let [began, over] = [0, 0];
  try {
    await wait(before);
    began = performance.now();
    const defer = (work: () => unknown) => deferred.unshift(work);
    const note = (measurement: string) => void notes.push(measurement);
    await fault.inject({
      installation,
      length: options.length,
      kills: options.kills,
      wait,
      defer,
      note,
      promise: (kind, holds) => ledger.promise(kind, holds),
      blame: (reason) => {
        problem = reason;
      },
      outageSince: (moment) => load.outageSince(moment),
      async untilSignIn(timeout) {
        if ((await recovered(load, performance.now(), options.signal, timeout)) === null)
          throw new Error(`no sign-in within ${timeout / 1_000} s`);
      },
    });
  } catch (thrown) {
    if (!options.signal.aborted) error = String((thrown as Error).stack);
  } finally {
    for (const work of deferred) await work();
    over = performance.now();
  }
  const outage = Math.round(load.outageSince(began));
  const recovery = error || options.signal.aborted ? null : await recovered(load, over, options.signal);
  load.stop();
  await running;
  // A fault that failed may leave processes dead, and every check would wait for them.
  const lost = error === undefined ? await ledger.verify(promiseKinds, options.signal) : {};
  const deadProcesses = processes.reduce((sum, one) => sum + one.deaths, 0) - deaths;
  error ??= problem;
  const { requests, promised } = ledger;
  const ids = ledger.examples.flatMap((example) => /"(?:message_)?id":"([^"]+)"/.exec(example)?.[1] ?? []);
  const logged = ids.flatMap((id) => processes.flatMap((one) => one.linesWith(id)));
  const examples = [...ledger.examples, ...logged];
  const failures = requests.refused + requests.cut + requests.failed;
  const passed =
    error === undefined &&
    recovery !== null &&
    deadProcesses === 0 &&
    requests.failed === 0 &&
    Object.keys(lost).length === 0 &&
    outage <= (fault.longestOutage ?? Number.POSITIVE_INFINITY) &&
    (!fault.isLossless || failures === 0);
  return {
    fault: fault.name,
    database,
    requests,
    promised,
    lost,
    deadProcesses,
    recovery,
    outage,
    examples,
    notes,
    ...(error === undefined ? {} : { error }),
    passed,
  };
}

async function recovered(
  load: Load,
  since: number,
  signal: AbortSignal,
  timeout = recoveryTimeout,
): Promise<number | null> {
  for (let n = 0; performance.now() - since < timeout && !signal.aborted; n++) {
    if (await load.journey(n)) return Math.round(performance.now() - since);
    await sleep(20);
  }
  return null;
}
