import { Answer } from './answer.ts';

type Additions<R> = Exclude<Awaited<R>, Answer | undefined | void>;
type Grown<C, R> = [Additions<R>] extends [never] ? C : C & Additions<R>;

/**
 * The context of a step that runs only behind the named security checks: `Passed<'pkce' | 'redirect-uri'>`.
 * The members exist in types alone.
 */
export type Passed<Check extends string> = { readonly [C in Check as `passed ${C}`]: true };

type Marked<R, Check extends string> =
  | Extract<Awaited<R>, Answer>
  | ([Additions<R>] extends [never] ? Passed<Check> : Additions<R> & Passed<Check>);

/** The result of a check: that of its function, and the mark of the check. It is a promise where the function returns one. */
type Checked<R, Check extends string> = [R] extends [Promise<unknown>]
  ? Promise<Marked<R, Check>>
  : [Extract<R, Promise<unknown>>] extends [never]
    ? Marked<R, Check>
    : Marked<R, Check> | Promise<Marked<R, Check>>;

/** The name of each check by its function. */
const checkNames = new WeakMap<object, string>();

/**
 * Makes a step a security check. Steps behind it may require `Passed<name>`, so a list that drops the check does not compile.
 * @param f refuses, or returns data to add, or nothing. It runs unchanged.
 */
export function check<Known, R, const Check extends string>(
  name: Check,
  f: (known: Known) => R,
): (known: Known) => Checked<R, Check> {
  checkNames.set(f, name);
  return f as (known: Known) => Checked<R, Check>;
}

/** Gives a function that wraps a step the name of the step, and its check if it is one. */
export function namedAfter<F extends object>(step: { readonly name: string }, wrapper: F): F {
  const name = checkNames.get(step);
  if (name !== undefined) checkNames.set(wrapper, name);
  return Object.defineProperty(wrapper, 'name', { value: step.name });
}

/** A list of steps as its documentation and its start-up checks see it. */
export interface StepList {
  readonly name: string;
  /** The names of the steps in order. */
  readonly names: readonly string[];
  /** The names of the security checks in order. */
  readonly checks: readonly string[];
}

/**
 * A literal list of named steps. Each step gets the data collected so far and returns data to add, or a response. A step that does not
 * wait returns no promise, so that the list does not wait for it either.
 */
export interface Steps<Start, Known> extends StepList {
  /** Adds a step to the end of the list. */
  step<R>(step: (known: Known) => R): Steps<Start, Grown<Known, R>>;
  /** Adds steps that several lists share. */
  use<K>(part: (list: Steps<Start, Known>) => Steps<Start, K>): Steps<Start, K>;
  /** Runs the steps in order until one returns a response. Throws if none does. */
  run(start: Start): Promise<Answer>;
}

type AnyStep = (known: never) => unknown;

const waits = (returned: unknown): returned is PromiseLike<unknown> =>
  typeof (returned as Partial<PromiseLike<unknown>> | undefined)?.then === 'function';

function list<Start, Known>(name: string, steps: readonly AnyStep[]): Steps<Start, Known> {
  // A stack trace shows the name of the list.
  const { [name]: run } = {
    async [name](start: Start): Promise<Answer> {
      const known = { ...(start as object) };
      for (const step of steps) {
        const returned = step(known as never);
        const result = waits(returned) ? await returned : returned;
        if (result instanceof Answer) return result;
        if (result) Object.assign(known, result);
      }
      throw new Error(`The last step of ${steps.map((step) => step.name).join(', ')} did not answer.`);
    },
  } as Record<string, Steps<Start, Known>['run']>;
  const made: Steps<Start, Known> = {
    name,
    names: steps.map((step) => step.name),
    checks: steps.map((step) => checkNames.get(step)).filter((check) => check !== undefined),
    step: (step) => list(name, [...steps, step as AnyStep]),
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
