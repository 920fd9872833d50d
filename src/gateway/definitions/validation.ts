import type { Clock } from '@alongside/kernel/clock';
import type { Log } from '@alongside/kernel/log';
import { type Check, Lane } from './lane.ts';
import type { ApiModel } from './model.ts';

/** Maximum number of checks that wait. */
const maxWaiting = 1_000;
/** Milliseconds that the check of one value may take: in the thread of all APIs, and in that of an API that was too slow there. */
const limits = { shared: 50, apart: 250 };
/** Maximum number of threads for APIs that were too slow. More of these share them. */
const maxLanes = 4;
/** Checks of one schema that may take too long before values are refused without one, and milliseconds until the next is tried. */
const overruns = { most: 3, pause: 60_000 };

/** The result for a value that took too long to check. */
export const unchecked = 'it could not be checked in time';

/**
 * Checks values against the schemas of definitions outside of this thread, because patterns of strangers may run for ever. All APIs
 * share a thread. One that was too slow gets a thread apart, and a schema that is too slow there is not used for a while.
 */
export class Validation {
  readonly #log: Log;
  readonly #clock: Clock;
  readonly #shared: Lane;
  readonly #apart: Lane[] = [];
  /** The thread of each API that was too slow, by its name and version. */
  readonly #moved = new Map<string, Lane>();
  /** By schema: how often it took too long, and until when it is not used. */
  readonly #slow = new Map<string, { times: number; last: number; until: number }>();
  #waiting = 0;

  constructor({ log, clock }: { log: Log; clock: Clock }) {
    this.#log = log;
    this.#clock = clock;
    this.#shared = this.#lane(limits.shared, 256);
  }

  async close(): Promise<void> {
    await Promise.all([this.#shared, ...this.#apart].map((lane) => lane.close()));
  }

  /**
   * Returns the first problem of a value; undefined if it conforms.
   * @param key names the schema: name and version of the definition, a space, and the part
   */
  check(
    key: string,
    schema: object,
    schemas: ApiModel['schemas'],
    value: unknown,
  ): Promise<string | undefined> {
    if (this.#waiting >= maxWaiting || !this.#mayTry(key)) return Promise.resolve(unchecked);
    this.#waiting += 1;
    return new Promise((resolve) => {
      const api = key.split(' ', 1)[0] ?? '';
      const lane = this.#moved.get(api);
      const check: Check = {
        api,
        key,
        value,
        isApart: lane !== undefined,
        schema: { ...schema, $defs: schemas },
        done: (result) => {
          if (result === 'overran' && !check.isApart) return this.#move(check);
          this.#waiting -= 1;
          if (result === 'overran') this.#overran(key, this.#moved.get(api));
          else if (result !== 'dropped') this.#inTime(key);
          resolve(typeof result === 'string' ? unchecked : result.problem);
        },
      };
      (lane ?? this.#shared).add(check);
    });
  }

  /** Drops what is known of a definition that changed or was removed. */
  forget(api: string): void {
    for (const lane of [this.#shared, ...this.#apart]) lane.forget(api);
    this.#moved.delete(api);
    for (const key of this.#slow.keys()) if (key.startsWith(`${api} `)) this.#slow.delete(key);
  }

  #lane(limit: number, megabytes: number): Lane {
    const ended = (reason: string) => this.#log.warn({ reason }, 'a thread of checks was ended');
    return new Lane({ limit, megabytes, ended });
  }

  /** Gives an API that was too slow a thread apart, with its waiting checks, and repeats the slow one there. */
  #move(slow: Check): void {
    const { api } = slow;
    let lane = this.#moved.get(api);
    if (!lane) {
      if (this.#apart.length < maxLanes) this.#apart.push(this.#lane(limits.apart, 128));
      const taken = [...this.#moved.values()];
      const load = (one: Lane) => taken.filter((other) => other === one).length;
      lane = this.#apart.reduce((least, one) => (load(one) < load(least) ? one : least));
      this.#moved.set(api, lane);
      this.#log.warn({ api, check: slow.key }, 'checks of an API are slow, and move to a thread apart');
    }
    for (const check of [slow, ...this.#shared.take((one) => one.api === api)]) {
      check.isApart = true;
      lane.add(check);
    }
  }

  /** Returns whether a schema may be used: always, until it took too long too often, and then once after each pause. */
  #mayTry(key: string): boolean {
    const slow = this.#slow.get(key);
    const now = this.#clock.now();
    if (!slow || slow.times < overruns.most) return true;
    if (now < slow.until) return false;
    slow.until = now + overruns.pause;
    return true;
  }

  #overran(key: string, lane: Lane | undefined): void {
    const now = this.#clock.now();
    const before = this.#slow.get(key);
    const isRecent = before !== undefined && now - before.last <= overruns.pause;
    const times = (isRecent || (before?.until ?? 0) > 0 ? (before?.times ?? 0) : 0) + 1;
    const isOver = times >= overruns.most;
    this.#slow.set(key, { times, last: now, until: isOver ? now + overruns.pause : 0 });
    this.#log.warn({ check: key, times }, 'the check of a value took too long');
    if (isOver) for (const check of lane?.take((one) => one.key === key) ?? []) check.done('dropped');
  }

  /** A schema that is in time after a pause is used as before. */
  #inTime(key: string): void {
    if ((this.#slow.get(key)?.until ?? 0) > 0) this.#slow.delete(key);
  }
}
