import { systemClock } from '@alongside/kernel/clock';
import { ConsoleApi } from './console-api.ts';
import type { FollowingClock, TestClock } from './types.ts';

/** Milliseconds between two reads of a followed clock. */
const pause = 100;

/** The clock of an instance as this process knows it. */
export class InstanceClock implements TestClock {
  readonly #api: ConsoleApi;
  #offset: number;

  /** @param offsetSeconds from real time, as the instance reports it */
  constructor(api: ConsoleApi, offsetSeconds: number) {
    this.#api = api;
    this.#offset = offsetSeconds * 1_000;
  }

  // Bound, so that `const { now } = clock` works.
  readonly now = (): number => systemClock.now() + this.#offset;

  advance(seconds: number): Promise<void> {
    return this.#call('PUT', { advance: seconds });
  }

  set(at: Date): Promise<void> {
    return this.#call('PUT', { set: at.toISOString() });
  }

  real(): Promise<void> {
    return this.#call('DELETE');
  }

  /** Reads the clock again, because another process may have moved it. */
  read(): Promise<void> {
    return this.#call('GET');
  }

  async #call(method: 'GET' | 'PUT' | 'DELETE', body?: object): Promise<void> {
    this.#offset = (await this.#api.must(method, '/clock', { body })).offsetSeconds * 1_000;
  }
}

/** Returns a clock that is read again and again, without keeping the process alive. */
export async function follow(consoleUrl: string): Promise<FollowingClock> {
  const clock = new InstanceClock(new ConsoleApi(consoleUrl.replace(/\/$/, '')), 0);
  await clock.read();
  // An instance that has stopped leaves the last time.
  const again = (): unknown => setTimeout(() => clock.read().then(again, again), pause).unref();
  again();
  return { now: clock.now };
}
