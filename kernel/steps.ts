import { Answer } from './answer.ts';

type Additions<R> = Exclude<Awaited<R>, Answer | undefined | void>;
type Grown<C, R> = [Additions<R>] extends [never] ? C : C & Additions<R>;

/** A literal list of named steps. Each step is given what is known so far and returns what it adds, or the answer. */
export interface Steps<Start, Known> {
  /** Adds a step to the end of the list. */
  step<R>(step: (known: Known) => R): Steps<Start, Grown<Known, R>>;
  /** The endpoint: runs the steps in order until one of them answers. A list that never answers throws. */
  run(start: Start): Promise<Answer>;
  /** The names of the steps, in order: what the generated documentation shows. */
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

/** Begins a list of steps over what is known at the start, usually the request. */
export const steps = <Start>(): Steps<Start, Start> => list([]);
