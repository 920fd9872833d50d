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

  /** Removes what the previous test has left at the desk, in the clock and in faults. */
  async tidy(): Promise<void> {
    await this.#instance?.tidy();
  }

  /** Describes what happened; undefined if no test has asked for the instance. */
  async report(): Promise<string | undefined> {
    return this.#instance?.report();
  }
}

/** Starts an instance, or uses the one that runs at `attachTo`. */
export const open = ({ attachTo, ...options }: FixtureOptions = {}): Promise<Alongside> =>
  attachTo ? attach(attachTo) : start(options);
