import type { Ask } from '@alongside/kernel/in-process';
import { parseOwnJson } from '@alongside/kernel/json';
import { OperatorError } from '@alongside/kernel/operator';
import { type Person, paths } from '../cis/protocol.ts';

/** Looks a person up in our own CIS; undefined if unknown. */
export const createPersonSource =
  (ask: Ask, secret: string) =>
  async (uid: string): Promise<Person | undefined> => {
    const { status, body } = await ask(paths.person(uid), {
      headers: { authorization: `Bearer ${secret}`, accept: 'application/json' },
    });
    if (status === 404) return undefined;
    if (status !== 200) throw new OperatorError(`CIS answered ${status} to the request for a person.`);
    return parseOwnJson<Person>(body);
  };

/** Looks a person up for the gateway during a session. */
export const createPeopleNow =
  (source: ReturnType<typeof createPersonSource>) =>
  async (
    uid: string,
  ): Promise<{ disabled: boolean; roleIds: string[]; organisations: Record<string, string> } | undefined> => {
    const person = await source(uid);
    return (
      person && {
        disabled: person.disabled,
        roleIds: person.roles.map(({ roleId }) => roleId),
        organisations: Object.fromEntries(person.roles.map(({ roleId, orgCode }) => [roleId, orgCode])),
      }
    );
  };
