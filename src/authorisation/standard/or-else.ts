import type { Answer } from '@alongside/kernel/answer';
import { Refusal, reasonOf } from '@alongside/kernel/errors';
import { OutboundError } from '@alongside/kernel/outbound';
import { errors } from './errors.ts';

/** A step whose refusal is answered in another way than by throwing: most go back to the client as a redirect. */
export function orElse<K, E, R>(
  step: (known: K) => R,
  otherwise: (known: E, refusal: Refusal) => Promise<Answer>,
) {
  const name = step.name;
  const wrapped = async (known: K & E): Promise<Awaited<R> | Answer> => {
    try {
      return await step(known);
    } catch (thrown) {
      if (thrown instanceof Refusal) return otherwise(known, thrown);
      if (thrown instanceof OutboundError) return otherwise(known, errors.upstreamFailed(reasonOf(thrown)));
      throw thrown;
    }
  };
  // The list of steps shows the name of the step itself.
  return Object.defineProperty(wrapped, 'name', { value: name });
}

/** Towards a client that calls by itself, a refusal of its application is an error of OAuth (RFC 6749 section 5.2). */
export const notAllowed = async (_known: object, { detail }: Refusal): Promise<Answer> => {
  throw errors.clientNotAllowed(detail);
};
