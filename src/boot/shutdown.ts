/** Steps that undo a start, in reverse order: when an instance stops, and when its start fails. */
export class Shutdown {
  readonly #steps: (() => unknown)[] = [];
  #running: Promise<void> | undefined;

  /** Adds a step that runs before all earlier ones. */
  add(step: () => unknown): void {
    this.#steps.unshift(step);
  }

  /** Runs all steps once, whatever fails. @throws the first error */
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
