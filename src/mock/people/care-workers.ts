import { reasonOf } from '@alongside/kernel/errors';
import { parseOwnJson } from '@alongside/kernel/json';
import { outbound } from '@alongside/kernel/outbound';
import { type PeopleAnswer, type Person, paths } from '../../cis/protocol.ts';
import { bestSignIn } from '../../oauth/sign-in-levels.ts';
import type { MockDependencies } from '../dependencies.ts';
import { errors } from '../errors.ts';
import type { People } from './people.ts';

type DirectoryAccess = Pick<MockDependencies, 'cis' | 'log'>;

const uidForm = /^\d{12}$/;
const personaForm = /^[a-z][a-z0-9-]{0,39}$/;

async function ask<T>({ cis, log }: DirectoryAccess, path: string): Promise<T | undefined> {
  try {
    const headers = { authorization: `Bearer ${cis.secret}`, accept: 'application/json' };
    // The address is from the operator's configuration, so it may be private.
    const { status, body } = await outbound(
      `${cis.url}${path}`,
      { privateAddresses: true },
      { purpose: 'cis', headers },
    );
    if (status === 404) return undefined;
    if (status !== 200) throw new Error(`it answered ${status}`);
    return parseOwnJson<T>(body);
  } catch (error) {
    log.warn({ reason: reasonOf(error) }, 'the directory of CIS does not answer');
    throw errors.directoryUnreachable(reasonOf(error), {}, error);
  }
}

async function findPerson(access: DirectoryAccess, username: string): Promise<Person | undefined> {
  if (uidForm.test(username)) return ask<Person>(access, paths.person(username));
  if (!personaForm.test(username)) return undefined;
  return (await ask<PeopleAnswer>(access, `${paths.people}?persona=${username}`))?.people[0];
}

/** Returns the care workers in the directory of CIS, by uid or persona. */
export const careWorkers = (dependencies: DirectoryAccess & Pick<MockDependencies, 'claimsOf'>): People => ({
  prefix: 'Cis2-mock-',
  service: 'Mock sign-in for care workers',
  hint: 'Twelve digits, such as 656005750108, or a persona, such as gp',
  async find(username) {
    const person = await findPerson(dependencies, username);
    if (!person || person.disabled) return undefined;
    const { idToken, userinfo } = dependencies.claimsOf(person);
    return { sub: person.uid, idToken: { ...bestSignIn(person.authenticators), ...idToken }, userinfo };
  },
});
