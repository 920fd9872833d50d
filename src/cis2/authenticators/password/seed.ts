import type { Draft } from '../../model/credentials.ts';
import type { Account } from '../shared/accounts.ts';
import { demoHash } from '../shared/demo.ts';
import { passwordKind } from './sign-in.ts';

/** The one person of the seed who has nothing but a password. */
export function passwordSeeds(): Draft[] {
  const email = 'aal1@example.test';
  const body: Account = { email, hash: demoHash };
  return [{ uid: '656005750110', kind: passwordKind, label: 'Password', lookup: email, body }];
}
