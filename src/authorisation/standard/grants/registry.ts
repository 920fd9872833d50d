import type { Grant } from '../../../oauth/server/grant.ts';
import type { TokenCall } from '../token-call.ts';
import { authorizationCode } from './authorization-code.ts';
import { clientCredentials } from './client-credentials.ts';
import { refreshToken } from './refresh-token.ts';
import { tokenExchange } from './token-exchange.ts';

/** Every grant of the standard profile. */
export const grants: readonly Grant<TokenCall>[] = [
  authorizationCode,
  refreshToken,
  clientCredentials,
  tokenExchange,
];
