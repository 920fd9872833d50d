import { authorizationCode } from './authorization-code.ts';
import { clientCredentials } from './client-credentials.ts';
import type { Grant } from './grant.ts';
import { refreshToken } from './refresh-token.ts';
import { tokenExchange } from './token-exchange.ts';

/** All grants of the `nhs` profile. `flows.ts` has their order. */
export const grants = {
  clientCredentials,
  tokenExchange,
  authorizationCode,
  refreshToken,
} as const satisfies Record<string, Grant>;
