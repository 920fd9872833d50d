import { Answer } from './answer.ts';

type Additions<R> = Exclude<Awaited<R>, Answer | undefined | void>;
type Grown<C, R> = [Additions<R>] extends [never] ? C : C & Additions<R>;

/** A literal list of named steps. Each step gets the data collected so far and returns data to add, or a response. */
export interface Steps<Start, Known> {
  /** Adds a step to the end of the list. */
  step<R>(step: (known: Known) => R): Steps<Start, Grown<Known, R>>;
  /** Adds steps that several lists share. */
  use<K>(part: (list: Steps<Start, Known>) => Steps<Start, K>): Steps<Start, K>;
  /** Runs the steps in order until one returns a response. Throws if none does. */
  run(start: Start): Promise<Answer>;
  /** The names of the steps in order, for the generated documentation. */
  readonly names: readonly string[];
}

type AnyStep = { name: string; call: (known: never) => unknown };

function list<Start, Known>(name: string, steps: readonly AnyStep[]): Steps<Start, Known> {
  // A stack trace shows the name of the list.
  const { [name]: run } = {
    async [name](start: Start): Promise<Answer> {
      const known = { ...(start as object) };
      for (const step of steps) {
        const result = await step.call(known as never);
        if (result instanceof Answer) return result;
        if (result) Object.assign(known, result);
      }
      throw new Error(`The last step of ${steps.map((step) => step.name).join(', ')} did not answer.`);
    },
  } as Record<string, Steps<Start, Known>['run']>;
  const made: Steps<Start, Known> = {
    names: steps.map((step) => step.name),
    step: (step) => list(name, [...steps, { name: step.name, call: step as (known: never) => unknown }]),
    use: (part) => part(made),
    run: run as Steps<Start, Known>['run'],
  };
  return made;
}

/**
 * Starts a list of steps with initial data, usually the request.
 * @param name names the list in stack traces, such as `cis2.authorize`.
 */
export const steps = <Start>(name = 'run'): Steps<Start, Start> => list(name, []);
