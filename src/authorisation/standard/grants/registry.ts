import { authorizationCode } from './authorization-code.ts';
import { clientCredentials } from './client-credentials.ts';
import type { Grant } from './grant.ts';
import { refreshToken } from './refresh-token.ts';
import { tokenExchange } from './token-exchange.ts';

/** Every grant of the standard profile. */
export const grants: readonly Grant[] = [authorizationCode, refreshToken, clientCredentials, tokenExchange];
