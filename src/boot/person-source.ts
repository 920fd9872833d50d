import { OperatorError } from '@alongside/kernel/config';
import { type Person, paths } from '../cis/protocol.ts';

/** Asks our own CIS for a person; undefined for one whom it does not know. */
export const createPersonSource =
  (cis: string, secret: string) =>
  async (uid: string): Promise<Person | undefined> => {
    const response = await fetch(`${cis}${paths.person(uid)}`, {
      headers: { authorization: `Bearer ${secret}` },
      signal: AbortSignal.timeout(3_000),
    });
    if (response.status === 404) {
      await response.body?.cancel();
      return undefined;
    }
    if (!response.ok)
      throw new OperatorError(`CIS answered ${response.status} when it was asked for a person.`);
    return (await response.json()) as Person;
  };

/** The same person as the gateway asks for them during a session. */
export const createPeopleNow =
  (source: ReturnType<typeof createPersonSource>) =>
  async (uid: string): Promise<{ disabled: boolean; roleIds: string[] } | undefined> => {
    const person = await source(uid);
    return person && { disabled: person.disabled, roleIds: person.roles.map(({ roleId }) => roleId) };
  };
