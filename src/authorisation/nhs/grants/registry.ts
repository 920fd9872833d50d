import { authorizationCode } from './authorization-code.ts';
import { clientCredentials } from './client-credentials.ts';
import type { Grant } from './grant.ts';
import { refreshToken } from './refresh-token.ts';
import { tokenExchange } from './token-exchange.ts';

/** Every grant of the `nhs` profile. Where they stand among the other flows is said in `flows.ts`. */
export const grants = {
  clientCredentials,
  tokenExchange,
  authorizationCode,
  refreshToken,
} as const satisfies Record<string, Grant>;
