import { reasonOf } from '@alongside/kernel/errors';
import type { Log } from '@alongside/kernel/log';
import { outbound } from '@alongside/kernel/outbound';
import { type PeopleAnswer, type Person, paths } from '../../cis/protocol.ts';
import { bestSignIn } from '../../oauth/sign-in-levels.ts';
import type { MockDependencies } from '../dependencies.ts';
import { errors } from '../errors.ts';
import type { People } from './people.ts';

interface Parts {
  cis: { url: string; secret: string };
  claimsOf: MockDependencies['claimsOf'];
  log: Log;
}

const uidForm = /^\d{12}$/;
const personaForm = /^[a-z][a-z0-9-]{0,39}$/;

async function ask<T>({ cis, log }: Parts, path: string): Promise<T | undefined> {
  try {
    const headers = { authorization: `Bearer ${cis.secret}`, accept: 'application/json' };
    // The address comes from the operator's configuration, so it may be private.
    const { status, body } = await outbound(`${cis.url}${path}`, { privateAddresses: true }, { headers });
    if (status === 404) return undefined;
    if (status !== 200) throw new Error(`it answered ${status}`);
    return JSON.parse(body) as T;
  } catch (error) {
    log.warn({ reason: reasonOf(error) }, 'the directory of CIS does not answer');
    throw errors.directoryUnreachable(reasonOf(error), {}, error);
  }
}

async function findPerson(parts: Parts, username: string): Promise<Person | undefined> {
  if (uidForm.test(username)) return ask<Person>(parts, paths.person(username));
  if (!personaForm.test(username)) return undefined;
  return (await ask<PeopleAnswer>(parts, `${paths.people}?persona=${username}`))?.people[0];
}

/** Care workers: whoever stands in the directory of CIS, by uid or persona. */
export const careWorkers = (parts: Parts): People => ({
  prefix: 'Cis2-mock-',
  service: 'Mock sign-in for care workers',
  hint: 'Twelve digits, such as 656005750108, or a persona, such as gp',
  async find(username) {
    const person = await findPerson(parts, username);
    if (!person || person.disabled) return undefined;
    const { idToken, userinfo } = parts.claimsOf(person);
    return { sub: person.uid, idToken: { ...bestSignIn(person.authenticators), ...idToken }, userinfo };
  },
});
