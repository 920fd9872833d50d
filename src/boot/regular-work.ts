import type { Background } from '@alongside/kernel/background';
import { type Clock, systemClock } from '@alongside/kernel/clock';
import type { Log } from '@alongside/kernel/log';
import type { RegularTask } from '../service.ts';
import type { Leases } from '../storage/leases.ts';

/**
 * Milliseconds: length of a lease, interval of its renewal, interval of attempts to take it, and interval of checks for due
 * tasks.
 */
const leaseLength = 30_000;
const renewEvery = 10_000;
const lookEvery = 5_000;
const tickEvery = 1_000;

interface RegularWorkDependencies {
  leases: Leases;
  clock: Clock;
  background: Background;
  log: Log;
  /** When this process last completed each task, in milliseconds of the machine's clock; without those of another process. */
  completed: Map<string, number>;
}

interface Lease {
  isHeld: boolean;
  /** Time of the last attempt to take it. */
  at: number;
}

const nameOf = ({ service, name }: RegularTask): string => `${service}.${name}`;

/**
 * Runs the regular tasks of all services. One process of the installation holds the lease of a service and runs its tasks. When
 * it ends, another takes the lease at once; when it is killed, after the lease has expired. Two holders at once, after a pause of
 * one process or a change of its clock, run a task twice, which every task allows.
 */
export class RegularWork {
  readonly #dependencies: RegularWorkDependencies;
  readonly #tasks: readonly RegularTask[];
  readonly #leases = new Map<string, Lease>();
  /** When each task last started. */
  readonly #begun = new Map<string, number>();
  readonly #running = new Set<string>();
  #leasing: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(dependencies: RegularWorkDependencies, tasks: readonly RegularTask[]) {
    this.#dependencies = dependencies;
    this.#tasks = tasks;
    const names = tasks.map(nameOf);
    if (new Set(names).size < names.length) throw new Error('Two regular tasks have the same name.');
  }

  start(): void {
    const { background, log } = this.#dependencies;
    this.#timer = setInterval(() => {
      background.run(log, 'regular work could not begin; it is tried again', () => this.tick());
    }, tickEvery).unref();
  }

  /** Starts no more tasks and lets another process take over. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#leasing?.catch(() => undefined);
    const held = [...this.#leases].filter(([, { isHeld }]) => isHeld).map(([service]) => service);
    this.#leases.clear();
    if (held.length > 0) await this.#dependencies.leases.release(held);
  }

  /** Runs every due task; resolves when they have ended. */
  async tick(): Promise<void> {
    this.#leasing ??= this.#lease().finally(() => {
      this.#leasing = undefined;
    });
    await this.#leasing;
    await Promise.all(this.#tasks.filter((task) => this.#isDue(task)).map((task) => this.#run(task)));
  }

  async #lease(): Promise<void> {
    const { leases, clock, log, completed } = this.#dependencies;
    const leased = Map.groupBy(
      this.#tasks.filter(({ everyProcess }) => !everyProcess),
      ({ service }) => service,
    );
    for (const [service, tasks] of leased) {
      const before = this.#leases.get(service);
      const now = clock.now();
      if (before && Math.abs(now - before.at) < (before.isHeld ? renewEvery : lookEvery)) continue;
      // A lease that could not be renewed counts as lost.
      this.#leases.set(service, { isHeld: false, at: now });
      const isHeld = await leases.take(service, leaseLength);
      this.#leases.set(service, { isHeld, at: now });
      if (!isHeld) for (const task of tasks) completed.delete(nameOf(task));
      if (isHeld && !before?.isHeld) log.debug({ service }, 'this process does the regular work');
    }
  }

  #isDue(task: RegularTask): boolean {
    if (this.#running.has(nameOf(task))) return false;
    if (!task.everyProcess && !this.#leases.get(task.service)?.isHeld) return false;
    const begun = this.#begun.get(nameOf(task));
    return begun === undefined || Math.abs(this.#dependencies.clock.now() - begun) >= task.every;
  }

  async #run(task: RegularTask): Promise<void> {
    const { background, clock, log, completed } = this.#dependencies;
    const name = nameOf(task);
    this.#running.add(name);
    this.#begun.set(name, clock.now());
    await background.run(log, `regular work failed and is tried again: ${name}`, async () => {
      // If more remains than one round handles, the next round starts at the next tick.
      if ((await task.run()) === true) this.#begun.delete(name);
      completed.set(name, systemClock.now());
    });
    this.#running.delete(name);
  }
}
