import type { Answer } from '@alongside/kernel/answer';
import { Refusal, reasonOf } from '@alongside/kernel/errors';
import { OutboundError } from '@alongside/kernel/outbound';
import { check, namedAfter, type Passed, type Steps } from '@alongside/kernel/steps';
import {
  readProducts,
  requireActiveDeveloper,
  requireApproval,
  requireSubscription,
  type WithClient,
} from '../application/client.ts';
import { errors } from './errors.ts';
import type { ServerCall } from './server.ts';

/** Renders a refusal of a step in another way than by throwing: most go back to the client as a redirect. */
export function orElse<K, E, R>(
  step: (known: K) => R,
  otherwise: (known: E, refusal: Refusal) => Promise<Answer>,
) {
  return namedAfter(step, async (known: K & E): Promise<Awaited<R> | Answer> => {
    try {
      return await step(known);
    } catch (thrown) {
      if (thrown instanceof Refusal) return otherwise(known, thrown);
      if (thrown instanceof OutboundError) return otherwise(known, errors.upstreamFailed(reasonOf(thrown)));
      throw thrown;
    }
  });
}

/** Refuses an application to a client that calls by itself (RFC 6749 section 5.2). */
export const notAllowed = async (_known: object, refusal: Refusal): Promise<Answer> => {
  throw refusal.as(errors.clientNotAllowed);
};

/** Commits the conditions so far, because the later steps write separate batches. */
export const commitConditions = ({ batch }: ServerCall): Promise<void> => batch.settle();

/** The checks of a client's application, for steps that give something out. */
export type CheckedApplication = Passed<'client-approval' | 'subscription' | 'developer'>;

/** Checks that the application is approved, has a product for this service, and that its developer is active. */
export const applicationChecks =
  <E>(otherwise: (known: E, refusal: Refusal) => Promise<Answer>) =>
  <Start, Known extends ServerCall & WithClient & E>(list: Steps<Start, Known>) =>
    list
      .step(check('client-approval', orElse(requireApproval, otherwise)))
      .step(readProducts)
      .step(check('subscription', orElse(requireSubscription, otherwise)))
      .step(check('developer', orElse(requireActiveDeveloper, otherwise)));
