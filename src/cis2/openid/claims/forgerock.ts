import { randomDigits, randomToken, uuid } from '@alongside/kernel/ids';

/** Claims that ForgeRock's product adds to ID tokens, beside the hashes of code and state. Nothing should rely on them; some code of relying parties lists them. */
export const forgeRockClaims = (realm: string): Record<string, string> => ({
  auditTrackingId: `${uuid()}-${randomDigits(7)}`,
  'org.forgerock.openidconnect.ops': randomToken(20),
  tokenName: 'id_token',
  tokenType: 'JWTToken',
  realm,
});
