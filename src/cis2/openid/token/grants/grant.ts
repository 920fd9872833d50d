import type { Confirmation } from '../../../../oauth/confirmation.ts';
import type { Parameters } from '../../../../oauth/parameters.ts';
import type { RelyingParty } from '../../../model/relying-party.ts';

/** What is known when a grant is looked at: who asks, and for what. */
export interface GrantRequest {
  parameters: Parameters;
  client: RelyingParty;
  /** What its tokens are bound to. */
  confirmation: Confirmation | null;
}

/** A grant type: `validate` before anything is written, then `issue` in one batch. One file each. */
export interface Grant<V = unknown> {
  /** Value of `grant_type`. */
  readonly type: string;
  validate(asked: GrantRequest): Promise<V>;
  /** The members of the answer. */
  issue(asked: GrantRequest, valid: V): Promise<Record<string, unknown>>;
}
