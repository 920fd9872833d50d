import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import type { Installation } from '../installation.ts';
import type { Cluster } from './cluster.ts';
import type { Node } from './node.ts';

/** Milliseconds between two samples, and for one write of the witness. */
const every = 100;
const writeTimeout = 1_000;
/** Milliseconds in which `/readyz` must follow: a write that waits, a check of a second, and a search for the primary. */
const notReadyWithin = 4_500;
const readyWithin = 5_000;

/** Writes to a server of the cluster by itself. Returns whether that succeeded in time. */
async function takesWrites(cluster: Cluster, node: Node): Promise<boolean> {
  const client = new pg.Client({
    connectionString: cluster.addressOf(node),
    connectionTimeoutMillis: writeTimeout,
    query_timeout: writeTimeout,
  });
  client.on('error', () => undefined);
  try {
    await client.connect();
    await client.query("UPDATE setting SET value = value WHERE name = 'schema'");
    return true;
  } catch {
    return false;
  } finally {
    void client.end().catch(() => undefined);
  }
}

/** Compares `/readyz` of the platform processes with whether a server of the cluster takes writes. */
export class Witness {
  readonly #cluster: Cluster;
  readonly #installation: Installation;
  #isOver = false;
  readonly #running: Promise<unknown>;
  /** Since when a server takes writes, or none does, on the monotonic clock. */
  #since = performance.now();
  #canWrite = true;
  readonly #writing: Set<string>;
  /** Longest time in milliseconds in which `/readyz` did not follow, by process. */
  readonly #wrongly = { ready: new Map<string, number>(), notReady: new Map<string, number>() };

  /** @param leader takes writes now */
  constructor(cluster: Cluster, installation: Installation, leader: Node) {
    this.#cluster = cluster;
    this.#writing = new Set([leader.name]);
    this.#installation = installation;
    this.#running = Promise.all([...cluster.nodes.map((node) => this.#watch(node)), this.#sample()]);
  }

  /** Ends it. Returns a line with the delays, and whether `/readyz` always followed in time. */
  async end(): Promise<{ line: string; followed: boolean }> {
    this.#isOver = true;
    await this.#running;
    const { ready, notReady } = this.#wrongly;
    const longest = (delays: Map<string, number>) =>
      this.#installation.platforms
        .map(({ name }) => `${name} ${Math.round(delays.get(name) ?? 0)} ms`)
        .join(', ');
    const line = `/readyz followed a lost primary after ${longest(ready)}, and a new one after ${longest(notReady)}`;
    const isLate = (delays: Map<string, number>, limit: number) =>
      [...delays.values()].some((one) => one > limit);
    return { line, followed: !isLate(ready, notReadyWithin) && !isLate(notReady, readyWithin) };
  }

  async #watch(node: Node): Promise<void> {
    for (; !this.#isOver; await sleep(every)) {
      const writes = await takesWrites(this.#cluster, node);
      if (writes) this.#writing.add(node.name);
      else this.#writing.delete(node.name);
      const canWrite = this.#writing.size > 0;
      if (canWrite === this.#canWrite) continue;
      this.#canWrite = canWrite;
      this.#since = performance.now();
    }
  }

  async #sample(): Promise<void> {
    const { balancer, platforms } = this.#installation;
    /** When each process last agreed. */
    const agreed = new Map<string, number>();
    for (; !this.#isOver; await sleep(every))
      for (const { name, port } of platforms) {
        const now = performance.now();
        if (balancer.isReady(port) === this.#canWrite) {
          agreed.set(name, now);
          continue;
        }
        const delays = this.#canWrite ? this.#wrongly.notReady : this.#wrongly.ready;
        const since = Math.max(this.#since, agreed.get(name) ?? 0);
        delays.set(name, Math.max(delays.get(name) ?? 0, now - since));
      }
  }
}
