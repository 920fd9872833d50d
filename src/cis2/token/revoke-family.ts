import type { Tokens } from '../../oauth/tokens.ts';
import type { Database } from '../../storage/database.ts';

/**
 * Ends all that came from one code. Twice, for in PostgreSQL a rotation that commits while the first statement waits for
 * its row has made tokens that this statement does not see; the second one does, and no rotation begins after the first.
 */
export async function revokeFamily(
  { database, tokens }: { database: Database; tokens: Tokens },
  family: string,
): Promise<void> {
  await database.batch([tokens.revokingFamily(family), tokens.revokingFamily(family)]);
}
