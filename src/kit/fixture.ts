import { attach, start } from './index.ts';
import type { Alongside, FixtureOptions } from './types.ts';

/** The instance that the tests of a worker or file share. It starts when the first test asks for it. */
export class SharedInstance {
  #instance: Alongside | undefined;

  async provide(options: FixtureOptions, use: (instance: Alongside) => Promise<void>): Promise<void> {
    const instance = await open(options);
    this.#instance = instance;
    try {
      await use(instance);
    } finally {
      this.#instance = undefined;
      await instance.stop();
    }
  }

  /** Removes traces of the previous test: its card, faults and moved clock. */
  async tidy(): Promise<void> {
    await this.#instance?.tidy();
  }

  /** Describes the instance for a failed test; undefined if no test has asked for the instance. */
  async report(): Promise<string | undefined> {
    return this.#instance?.report();
  }
}

/** Starts an instance, or uses the one that runs at `attachTo`. */
export const open = ({ attachTo, ...options }: FixtureOptions = {}): Promise<Alongside> =>
  attachTo ? attach(attachTo) : start(options);
