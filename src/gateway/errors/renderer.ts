import type { Answer } from '@alongside/kernel/answer';
import type { Refusal } from '@alongside/kernel/errors';

/** The error format of an API. */
export interface ErrorRenderer {
  /** Returns the response to an error of the gateway; for others, the catch-all. */
  render(refusal: Refusal): Answer;
  /** Returns whether the response mirrors the client's X-Request-ID and X-Correlation-ID. */
  mirrors(refusal: Refusal): boolean;
}
