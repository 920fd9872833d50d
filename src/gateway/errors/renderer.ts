import type { Answer } from '@alongside/kernel/answer';
import type { Refusal } from '@alongside/kernel/errors';

/** The form that the errors of an API take. */
export interface ErrorRenderer {
  readonly id: string;
  /** The answer to a gateway fault; to anything else the catch-all. */
  render(refusal: Refusal): Answer;
  /** Whether this fault carries the client's X-Request-ID and X-Correlation-ID back. */
  mirrors(refusal: Refusal): boolean;
}
