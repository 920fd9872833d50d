import { Answer } from './answer.ts';

type Additions<R> = Exclude<Awaited<R>, Answer | undefined | void>;
type Grown<C, R> = [Additions<R>] extends [never] ? C : C & Additions<R>;

/** A literal list of named steps. Each step gets the data collected so far and returns data to add, or a response. */
export interface Steps<Start, Known> {
  /** Adds a step to the end of the list. */
  step<R>(step: (known: Known) => R): Steps<Start, Grown<Known, R>>;
  /** Runs the steps in order until one returns a response. Throws if none does. */
  run(start: Start): Promise<Answer>;
  /** The names of the steps in order, for the generated documentation. */
  readonly names: readonly string[];
}

type AnyStep = { name: string; call: (known: never) => unknown };

function list<Start, Known>(steps: readonly AnyStep[]): Steps<Start, Known> {
  return {
    names: steps.map((step) => step.name),
    step: (step) => list([...steps, { name: step.name, call: step as (known: never) => unknown }]),
    async run(start) {
      const known = { ...(start as object) };
      for (const step of steps) {
        const result = await step.call(known as never);
        if (result instanceof Answer) return result;
        if (result) Object.assign(known, result);
      }
      throw new Error(`The last step of ${steps.map((step) => step.name).join(', ')} did not answer.`);
    },
  };
}

/** Starts a list of steps with initial data, usually the request. */
export const steps = <Start>(): Steps<Start, Start> => list([]);
