import { must } from '../storage/database.ts';
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
    const record = audit.recordStatement({
      action: 'authorisation.tokens-revoked',
      outcome: 'ok',
      actor: uid ?? '',
      application: applicationId,
      session: sid,
      family,
      detail: { base: base.path, cause },
    });
    if (accessToken === undefined) await tokens.revokeFamily(family, record);
    else await database.batch([must(tokens.revoking(accessToken)), record]);
  };
