import type { Grant } from '../../../../oauth/server/grant.ts';
import type { TokenCall } from '../../server.ts';
import { authorizationCode } from './authorization-code.ts';
import { refreshToken } from './refresh-token.ts';

export const grants: readonly Grant<TokenCall>[] = [authorizationCode, refreshToken];
