import type { Clock } from '@alongside/kernel/clock';
import { AnonymousRows } from '../oauth/anonymous-rows.ts';
import { NetworkLimit } from '../oauth/network-limit.ts';
import type { Database } from '../storage/database.ts';
import type { cisLimits } from './limiter.ts';

/** Limits of calls by network, before CIS knows who calls. `rows` are also limited in total. */
export function createNetworkLimits(
  storage: { database: Database; clock: Clock },
  limits: Pick<
    typeof cisLimits,
    'challengesPerMinute' | 'presencePerMinute' | 'unlockCallsPerMinute' | 'revocationCallsPerMinute'
  >,
) {
  const rows = (name: string, perMinute: number) =>
    new AnonymousRows(storage, `cis-${name}`, { rows: perMinute });
  return {
    challenges: rows('challenges', limits.challengesPerMinute),
    signIns: rows('sign-ins', limits.challengesPerMinute),
    presence: rows('presence', limits.presencePerMinute),
    unlockCalls: new NetworkLimit(storage, 'cis-unlock', limits.unlockCallsPerMinute),
    revocationCalls: new NetworkLimit(storage, 'cis-revocation', limits.revocationCallsPerMinute),
  };
}

export type CisNetworkLimits = ReturnType<typeof createNetworkLimits>;
