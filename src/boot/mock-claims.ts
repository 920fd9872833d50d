import type { Person } from '../cis/protocol.ts';
import { allClaims } from '../cis2/openid/claims/person.ts';

/**
 * Returns the claims of a care worker at the mock realms: those of CIS2, with the role of users with exactly one. `name` is given
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
