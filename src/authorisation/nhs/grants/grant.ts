import { type Answer, noContent } from '@alongside/kernel/answer';
import type { Steps } from '@alongside/kernel/steps';
import type { Base } from '../../base.ts';
import type { Incoming } from '../../incoming.ts';
import type { Parts } from '../../parts.ts';
import type { NhsEndpoint } from '../flow.ts';

/** A grant: which requests use it, how they are validated, and which tokens they get. */
export interface Grant {
  /** Event in the journey. */
  readonly event: string;
  matches(incoming: Incoming): boolean;
  endpoint(base: Base, parts: Parts): NhsEndpoint;
  /** Runs the checks without issuing tokens. */
  check(base: Base, parts: Parts): NhsEndpoint;
}

/** Creates a grant from its two parts. Nothing is written before all checks have passed. */
export function grant<Valid>(
  event: string,
  matches: (incoming: Incoming) => boolean,
  halves: {
    validate(base: Base, parts: Parts): Steps<Incoming, Valid>;
    issue(base: Base, parts: Parts): (valid: Valid) => Promise<Answer>;
  },
): Grant {
  return {
    event,
    matches,
    endpoint(base, parts) {
      const list = halves.validate(base, parts).step(halves.issue(base, parts));
      return (incoming) => list.run(incoming);
    },
    check(base, parts) {
      const list = halves.validate(base, parts).step(async () => noContent());
      return (incoming) => list.run(incoming);
    },
  };
}

export const grantTypes = {
  authorizationCode: 'authorization_code',
  refreshToken: 'refresh_token',
  clientCredentials: 'client_credentials',
  tokenExchange: 'urn:ietf:params:oauth:grant-type:token-exchange',
} as const;

/** The only supported type of subject token (RFC 8693 section 3). */
export const idTokenType = 'urn:ietf:params:oauth:token-type:id_token';
export const accessTokenType = 'urn:ietf:params:oauth:token-type:access_token';
