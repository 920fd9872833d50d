import type { RegularTask } from '../../service.ts';
import { DirectoryFollower } from '../sessions/directory-follower.ts';
import { Expiry } from '../sessions/expiry.ts';
import type { Authenticators } from '../sign-in/authenticators.ts';
import { endSessionsOfRemovedAuthenticators } from '../sign-in/removed-authenticators.ts';
import type { RealmParts } from './parts.ts';

/** Milliseconds between two runs. */
const often = 2_000;
const hour = 3_600_000;

/** Ends sessions, sends what is due and removes old records. */
export function regularWork(parts: RealmParts): RegularTask[] {
  const { ends, sessions, deliveries, notices } = parts;
  const expiry = new Expiry(parts);
  const follower = new DirectoryFollower(parts);
  return [
    { service: 'cis2', name: 'expired-sessions', every: often, run: () => ends.endExpired(expiry) },
    { service: 'cis2', name: 'gone-people', every: often, run: () => follower.run() },
    { service: 'cis2', name: 'logout-deliveries', every: often, run: () => deliveries.run() },
    { service: 'cis2', name: 'notices', every: often, run: () => notices.run() },
    { service: 'cis2', name: 'old-deliveries', every: hour, run: () => deliveries.sweep() },
    { service: 'cis2', name: 'old-sessions', every: hour, run: () => sessions.forget() },
  ];
}

/** Starts the work that must not delay the start. */
export function startWork(parts: RealmParts & { authenticators: Authenticators }): void {
  const { background, log, keys } = parts;
  // Making an RSA key takes seconds.
  background.run(log, 'the signing keys could not be made', async () => {
    await Promise.all([keys.ensure('ES256'), keys.ensure('RS256')]);
    await keys.ensure('PS256');
  });
  background.run(log, 'the sessions of removed authenticators could not be ended', () =>
    endSessionsOfRemovedAuthenticators(parts),
  );
}
