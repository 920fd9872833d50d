import type { Captured, Field, Journey, Message } from '../../../journeys/model.ts';

/** The steps in which one secret value was seen, in order. */
export type ValueSteps = ReadonlyMap<string, readonly number[]>;

const fieldsOf = (captured: Captured | null): readonly Field[] =>
  captured === null
    ? []
    : [...captured.headers, ...(captured.query ?? []), ...(captured.form ?? []), ...(captured.members ?? [])];

/** Returns all named values of a message. */
const valuesOf = ({ request, response }: Pick<Message, 'request' | 'response'>): Field[] => [
  ...fieldsOf(request),
  ...fieldsOf(response),
];

/** Finds the steps that share a secret value, by its keyed hash. */
export function valueSteps({ messages }: Pick<Journey, 'messages'>): ValueSteps {
  const steps = new Map<string, number[]>();
  for (const message of messages)
    for (const { mark } of valuesOf(message)) {
      if (mark === undefined) continue;
      const seen = steps.get(mark) ?? [];
      if (seen.at(-1) !== message.number) seen.push(message.number);
      steps.set(mark, seen);
    }
  return steps;
}

/** The step that issued a value, and the steps that used it. */
export interface ValueLinks {
  readonly from: number | undefined;
  readonly usedIn: readonly number[];
}

/** Links a value of a step to the step before that issued it and those after that used it. */
export function linksOf(field: Field, number: number, steps: ValueSteps): ValueLinks {
  const seen = (field.mark === undefined ? undefined : steps.get(field.mark)) ?? [];
  const first = seen[0];
  return {
    from: first !== undefined && first < number ? first : undefined,
    usedIn: seen.filter((step) => step > number),
  };
}
