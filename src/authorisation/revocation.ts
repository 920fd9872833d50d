import type { Tokens } from '../oauth/tokens.ts';
import type { Database } from '../storage/database.ts';

// PostgreSQL: a rotation that commits while the first statement waits for its row has brought rows into being that this
// statement does not see. No rotation can begin after it, so the second one, with a view of its own, finds them all.

/** Ends all tokens of one authorization, also those that a refresh is giving out at this moment. */
export async function revokeFamily(database: Database, tokens: Tokens, family: string): Promise<void> {
  await database.batch([tokens.revokingFamily(family), tokens.revokingFamily(family)]);
}

/** Ends all tokens that these issuers gave out in a session at the provider. Answers how many lived until now. */
export async function revokeSession(
  tokens: Tokens,
  sid: string,
  issuers: readonly string[],
): Promise<number> {
  return (await tokens.revokeSession(sid, issuers)) + (await tokens.revokeSession(sid, issuers));
}
