import type { Refusal } from '@alongside/kernel/errors';
import type { HttpRequest } from '@alongside/kernel/http';
import type { Parameters } from '../../../../oauth/parameters.ts';
import type { RelyingParty } from '../../../model/relying-party.ts';

/** One request to the token endpoint. */
export interface TokenRequest {
  request: HttpRequest;
  parameters: Parameters;
}

/** A way in which clients authenticate. One file each; the registry is their only list. */
export interface ClientAuthenticationMethod {
  /** The values of `token_endpoint_auth_method` that it is. */
  readonly ids: readonly string[];
  /** Whether a request uses it. */
  isUsed(asked: TokenRequest): boolean;
  /** The client that is claimed, before anything was proved; undefined when it is not readable. */
  claimedClient(asked: TokenRequest): string | undefined;
  /** Proves it, or throws. */
  prove(asked: TokenRequest, party: RelyingParty): Promise<void>;
  /** What a failure is called to the outside. */
  refuse(detail: string): Refusal;
}
