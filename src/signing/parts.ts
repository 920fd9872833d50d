import type { CookieNames } from '@alongside/kernel/cookies';
import type { AnonymousRows } from '../oauth/network-limit.ts';
import type { RemoteKeys } from '../oauth/remote-keys.ts';
import type { Upstream } from '../oauth/upstream/upstream.ts';
import type { SigningDependencies } from './dependencies.ts';
import type { PersonKeys } from './keys.ts';
import type { Transactions } from './transactions.ts';

/** The dependencies of the steps, created once. */
export interface SigningServices extends SigningDependencies {
  transactions: Transactions;
  keys: PersonKeys;
  /** Keys of applications, and of CIS2. */
  clientKeys: RemoteKeys;
  upstreamKeys: RemoteKeys;
  upstream: Upstream;
  presenceRows: AnonymousRows;
  cookies: CookieNames;
}

/** The pages below the base path. */
export const pagePaths = {
  presence: '/signing-service/presence',
  callback: '/signing-service/callback',
} as const;
