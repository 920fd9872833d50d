import type { Base } from '../../base.ts';
import type { Issued, Issuer } from '../../issue.ts';

/** Returns the response for a code. Numbers are text, as published. */
export const tokensAnswer = (
  base: Base,
  issuer: Issuer,
  { access, refresh, sid }: { access: Issued; refresh: Issued; sid: string | null },
): Record<string, string> => ({
  access_token: access.token,
  expires_in: String(issuer.secondsLeft(access.expiresAt)),
  refresh_token: refresh.token,
  refresh_token_expires_in: String(issuer.secondsLeft(refresh.expiresAt)),
  refresh_count: '0',
  token_type: 'Bearer',
  ...(base.environment === 'internal-dev' ? { sid: sid ?? '' } : {}),
});
