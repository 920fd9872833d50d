import { accessToken } from './access-token.ts';
import { idToken } from './id-token.ts';
import { jwt } from './jwt.ts';
import type { TokenType } from './proven.ts';

/** Every type of token that can be exchanged. */
export const tokenTypes: readonly TokenType[] = [idToken, accessToken, jwt];

/** Types that an exchange gives: an access token as it is registered, or as a JWT. */
export const issuedTypes: readonly string[] = [accessToken.type, jwt.type];
export const usualIssuedType = accessToken.type;
