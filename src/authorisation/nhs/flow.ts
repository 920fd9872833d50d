import type { Answer } from '@alongside/kernel/answer';
import type { Incoming } from '../incoming.ts';

export type NhsEndpoint = (incoming: Incoming) => Promise<Answer>;

/** One row of the dispatch table. The first match handles the request. */
export interface Flow {
  /** Event of a refusal; undefined if it belongs to no journey. */
  readonly event?: string;
  matches(incoming: Incoming): boolean;
  readonly endpoint: NhsEndpoint;
}
