import assert from 'node:assert/strict';
import type { Clock } from '@alongside/kernel/clock';
import { randomToken } from '@alongside/kernel/ids';
import type { Database } from '../../storage/database.ts';
import { Administrators, type Invited, newAdministrator } from '../model/administrators/administrators.ts';
import { AdministratorSessions } from '../model/administrators/sessions.ts';

interface Installation {
  database: Database;
  clock: Clock;
  /** Public origin of the console. */
  origin: string;
}

export interface SignedInAdministrator {
  id: string;
  /** The value of the Cookie header. */
  cookie: string;
}

/** Adds an administrator and begins a session, as an invitation and a passkey do. */
export async function signedInAdministrator(
  { database, clock, origin }: Installation,
  invited: Omit<Invited, 'organisations'> & Partial<Invited>,
): Promise<SignedInAdministrator> {
  const administrator = newAdministrator({ organisations: [], ...invited });
  const { statements, cookie } = new AdministratorSessions(database, clock, origin).begin(administrator);
  const administrators = new Administrators(database, clock);
  const key = { id: `key-${randomToken(8)}`, publicKey: 'a2V5', counter: 0 };
  const token = await administrators.invite(administrator);
  assert.ok(await administrators.join(token, administrator, key, statements));
  return { id: administrator.id, cookie: cookie.split(';')[0] ?? '' };
}

/** Begins another session of an administrator. */
export async function signInAgain(
  { database, clock, origin }: Installation,
  { id }: SignedInAdministrator,
): Promise<SignedInAdministrator> {
  const administrator = (await new Administrators(database, clock).list()).find((one) => one.id === id);
  assert.ok(administrator);
  const { statements, cookie } = new AdministratorSessions(database, clock, origin).begin(administrator);
  await database.batch(statements);
  return { id, cookie: cookie.split(';')[0] ?? '' };
}
