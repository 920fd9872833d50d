import { decodeJwt } from '@alongside/kernel/jws';
import { accessToken } from './access-token.ts';
import { idToken } from './id-token.ts';
import type { TokenType } from './proven.ts';

/** Any JWT of the other types, by its `iss`. */
const jwt: TokenType = {
  type: 'urn:ietf:params:oauth:token-type:jwt',
  async read(token, asking, base, parts, as) {
    const decoded = decodeJwt(token);
    if (!decoded) return { fault: 'it is not a compact JWS' };
    const own = decoded.claims.iss === base.issuer;
    return (own ? accessToken : idToken).read(token, asking, base, parts, as);
  },
};

/** Every type of token that can be exchanged. */
export const tokenTypes: readonly TokenType[] = [idToken, accessToken, jwt];

/** Types that an exchange gives: an access token as it is registered, or as a JWT. */
export const issuedTypes: readonly string[] = [accessToken.type, jwt.type];
export const defaultIssuedType = accessToken.type;
