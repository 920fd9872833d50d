import type { Person } from '../cis/protocol.ts';
import { allClaims } from '../cis2/claims/person.ts';

/** A care worker as the mock realms describe people: as CIS2 does, with the role of those who have just one. */
export function mockClaimsOf(person: Person): {
  idToken: Record<string, unknown>;
  userinfo: Record<string, unknown>;
} {
  const first = person.roles[0]?.roleId ?? null;
  const only = person.roles.length === 1 ? first : null;
  return {
    idToken: {
      id_assurance_level: person.idAssuranceLevel,
      idassurancelevel: person.idAssuranceLevel,
      ...(only === null ? {} : { selected_roleid: only }),
    },
    userinfo: { sub: person.uid, ...allClaims(person, first) },
  };
}
