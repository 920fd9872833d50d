import type { Ask } from '@alongside/kernel/in-process';
import { ParsedTexts, parseOwnJson } from '@alongside/kernel/json';
import { OperatorError } from '@alongside/kernel/operator';
import { type PeopleAnswer, type Person, paths, roleText } from '../cis/protocol.ts';
import { allClaims } from '../cis2/openid/claims/claims.ts';

/** Looks a person up in our own CIS; undefined if unknown. */
export function createPersonSource(ask: Ask, secret: string) {
  const people = new ParsedTexts<Person>();
  const headers = { authorization: `Bearer ${secret}`, accept: 'application/json' };
  return async (uid: string): Promise<Person | undefined> => {
    const { status, body } = await ask(paths.person(uid), { headers });
    if (status === 404) return undefined;
    if (status !== 200) throw new OperatorError(`CIS answered ${status} to the request for a person.`);
    return people.of(uid, body, parseOwnJson<Person>);
  };
}

/** Finds people in our own CIS by the beginning of a name, by uid. */
export function createPeopleSearch(ask: Ask, secret: string) {
  const headers = { authorization: `Bearer ${secret}`, accept: 'application/json' };
  return async (q: string): Promise<string[]> => {
    const { status, body } = await ask(`${paths.people}?${new URLSearchParams({ q })}`, { headers });
    if (status !== 200) throw new OperatorError(`CIS answered ${status} to a search for people.`);
    return parseOwnJson<PeopleAnswer>(body).people.map(({ uid }) => uid);
  };
}

export type PersonSource = ReturnType<typeof createPersonSource>;

/** Looks a person up for the gateway during a session. */
export const createPeopleNow =
  (source: PersonSource) =>
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

/** Returns how journeys and the sample name people and their roles: as the directory and the claims of CIS2 do. */
export function namesOf(source: PersonSource) {
  const roleNames = async (uid: string): Promise<ReadonlyMap<string, string>> =>
    new Map((await source(uid))?.roles.map((role) => [role.roleId, roleText(role)]));
  return {
    personName: async (uid: string): Promise<string | undefined> => (await source(uid))?.displayName,
    roleNames,
    roleName: async (uid: string, roleId: string): Promise<string | undefined> =>
      (await roleNames(uid)).get(roleId),
  };
}

/**
 * Returns the claims of a care worker at the mock realms: those of CIS2, with the role of users with exactly one. `name` is the given
 * and family name, and may differ from `display_name`, as in the published response (NHSDigital/identity-service-api,
 * tests/utils/response_bank.py). Values of an imported userinfo document take precedence.
 */
export function mockClaimsOf(person: Person): {
  idToken: Record<string, unknown>;
  userinfo: Record<string, unknown>;
} {
  const only = person.roles.length === 1 ? (person.roles[0]?.roleId ?? null) : null;
  return {
    idToken: {
      id_assurance_level: person.idAssuranceLevel,
      idassurancelevel: person.idAssuranceLevel,
      ...(only === null ? {} : { selected_roleid: only }),
    },
    userinfo: {
      sub: person.uid,
      ...allClaims(person, only),
      name: [person.givenName, person.familyName].filter(Boolean).join(' '),
      ...person.otherClaims,
    },
  };
}
