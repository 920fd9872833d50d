import { randomDigits, randomToken, uuid } from '@alongside/kernel/ids';
import { halfHash } from './half-hash.ts';

/** Claims that ForgeRock's product adds to ID tokens. Nothing should rely on them; some code of relying parties lists them. */
export const forgeRockClaims = (code: string, stateHash: string | null): Record<string, string> => ({
  c_hash: halfHash(code),
  ...(stateHash === null ? {} : { s_hash: stateHash }),
  auditTrackingId: `${uuid()}-${randomDigits(7)}`,
  'org.forgerock.openidconnect.ops': randomToken(20),
  tokenName: 'id_token',
  tokenType: 'JWTToken',
  realm: '/NHSIdentity/Healthcare',
});
