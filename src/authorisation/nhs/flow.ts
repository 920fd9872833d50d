import type { Answer } from '@alongside/kernel/answer';
import type { Incoming } from '../incoming.ts';

export type NhsEndpoint = (incoming: Incoming) => Promise<Answer>;

/** One row of the dispatch table: the first that matches answers. */
export interface Flow {
  /** Event that a refusal here is recorded as; undefined where nobody follows a journey. */
  readonly event?: string;
  matches(incoming: Incoming): boolean;
  readonly endpoint: NhsEndpoint;
}
