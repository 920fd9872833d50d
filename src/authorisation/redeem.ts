import type { Refuse } from '@alongside/kernel/errors';
import type { Statement } from '../storage/database.ts';
import type { Base } from './base.ts';
import { type CodeGrant, Codes } from './codes.ts';
import type { Parts } from './parts.ts';
import { revoking } from './revoking.ts';
import type { Upstream } from './upstream/upstream.ts';

/** A valid code and its data. */
export interface WithCode {
  code: string;
  granted: CodeGrant;
  upstream: Upstream;
}

/** Exchanges a code for tokens. Refuses if another request was first or the provider ended the session meanwhile. */
export const redeeming = (
  base: Base,
  {
    database,
    tokens,
    singleUse,
    endedSessions,
    audit,
  }: Pick<Parts, 'database' | 'tokens' | 'singleUse' | 'endedSessions' | 'audit'>,
  refuse: Refuse,
) => {
  const codes = new Codes(base, singleUse);
  const revoke = revoking({ tokens, audit }, base);
  return async ({ code, granted, upstream }: WithCode, writes: readonly Statement[]): Promise<void> => {
    // One batch, so that only one of several concurrent uses writes its tokens.
    const { done } = await database.batch([codes.spendStatement(code), ...writes]);
    if (!done) throw refuse('the code was used by another request at the same time');
    if (await endedSessions.isOver(base, upstream, granted.sid)) {
      await revoke(granted, 'session-ended');
      throw refuse('the provider ended the session at the same time');
    }
  };
};
