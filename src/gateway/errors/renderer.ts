import type { Answer } from '@alongside/kernel/answer';
import type { Refusal } from '@alongside/kernel/errors';

/** The error format of an API. */
export interface ErrorRenderer {
  readonly id: string;
  /** Returns the response to a gateway fault; for other refusals, the catch-all. */
  render(refusal: Refusal): Answer;
  /** Returns whether the response to this fault mirrors the client's X-Request-ID and X-Correlation-ID. */
  mirrors(refusal: Refusal): boolean;
}
