import type { Base } from './base.ts';
import type { Parts } from './parts.ts';

/** Whose tokens end. */
interface Family {
  uid: string | null;
  sid: string | null;
  family: string;
  applicationId: string;
}

/** Ends all tokens of an authorization, or one access token of it, and records it when any of them lived. */
export const revoking =
  ({ database, tokens, audit }: Pick<Parts, 'database' | 'tokens' | 'audit'>, base: Base) =>
  async (
    { uid, sid, family, applicationId }: Family,
    cause: 'client' | 'code-reused' | 'refresh-token-reused',
    accessToken?: string,
  ): Promise<void> => {
    const count =
      accessToken === undefined
        ? await tokens.revokeFamily(family)
        : (await database.run(tokens.revoking(accessToken))).changes;
    if (count === 0) return;
    await audit.write({
      action: 'authorisation.tokens-revoked',
      outcome: 'ok',
      actor: uid ?? '',
      application: applicationId,
      session: sid,
      family,
      detail: { base: base.path, cause, count },
    });
  };
