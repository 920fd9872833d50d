/** What has to be ended, in the reverse order of its beginning: when an instance stops, and when its start fails half-way. */
export class Ending {
  readonly #steps: (() => unknown)[] = [];
  #running: Promise<void> | undefined;

  /** This comes before all that was added earlier. */
  add(step: () => unknown): void {
    this.#steps.unshift(step);
  }

  /** Ends everything once, whatever fails on the way. @throws the first thing that did */
  run(): Promise<void> {
    this.#running ??= this.#run();
    return this.#running;
  }

  async #run(): Promise<void> {
    const failures: unknown[] = [];
    for (let step = this.#steps.shift(); step; step = this.#steps.shift())
      try {
        await step();
      } catch (error) {
        failures.push(error);
      }
    if (failures.length > 0) throw failures[0];
  }
}
