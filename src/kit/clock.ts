import { systemClock } from '@alongside/kernel/clock';
import { ConsoleApi } from './console-api.ts';
import type { FollowingClock, TestClock } from './types.ts';

/** Milliseconds between two reads of a followed clock. */
const pause = 100;

/** The clock as the instance reports it. */
export interface ClockState {
  readonly now: string;
  /** Seconds from real time. */
  readonly offsetSeconds: number;
  readonly frozen: boolean;
}

/** The clock of an instance as this process knows it. */
export class InstanceClock implements TestClock {
  readonly #api: ConsoleApi;
  #offset = 0;
  /** The time of a stopped clock. */
  #stoppedAt: number | undefined;

  constructor(api: ConsoleApi, state: ClockState) {
    this.#api = api;
    this.#show(state);
  }

  // Bound, so that `const { now } = clock` works.
  readonly now = (): number => this.#stoppedAt ?? systemClock.now() + this.#offset;

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
    this.#show(await this.#api.must(method, '/clock', { body }));
  }

  #show({ now, offsetSeconds, frozen }: ClockState): void {
    this.#offset = offsetSeconds * 1_000;
    this.#stoppedAt = frozen ? Date.parse(now) : undefined;
  }
}

/** Returns a clock that is read again and again, without keeping the process alive. */
export async function follow(consoleUrl: string): Promise<FollowingClock> {
  const api = new ConsoleApi(consoleUrl.replace(/\/$/, ''));
  const clock = new InstanceClock(api, await api.must('GET', '/clock'));
  // An instance that has stopped leaves the last time.
  const again = (): unknown => setTimeout(() => clock.read().then(again, again), pause).unref();
  again();
  return { now: clock.now };
}
