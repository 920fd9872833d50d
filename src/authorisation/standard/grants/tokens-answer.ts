import { type Confirmation, tokenTypeOf } from '../../../oauth/confirmation.ts';
import type { Issued, Issuer } from '../../issue.ts';

/** The answer to a redeemed code (RFC 6749 section 5.1). */
export const tokensAnswer = (
  issuer: Issuer,
  {
    access,
    refresh,
    scope,
    confirmation,
  }: { access: Issued; refresh: Issued; scope: readonly string[]; confirmation: Confirmation | null },
): Record<string, unknown> => ({
  access_token: access.token,
  token_type: tokenTypeOf(confirmation),
  expires_in: issuer.secondsLeft(access.expiresAt),
  scope: scope.join(' '),
  refresh_token: refresh.token,
  refresh_token_expires_in: issuer.secondsLeft(refresh.expiresAt),
});
