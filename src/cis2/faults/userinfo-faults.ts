import type { NamedFault } from '../../storage/faults.ts';

type Claims = Record<string, unknown>;

/** A fault of the userinfo response. */
export interface UserinfoFault extends NamedFault {
  spoil(claims: Claims): Claims;
}

/** Faults and unusual forms of the userinfo response. */
export const userinfoFaults: readonly UserinfoFault[] = [
  {
    name: 'userinfo-other-subject',
    summary: 'userinfo tells of another person than the ID token (OpenID Connect Core section 5.3.2)',
    spoil: (claims) => ({ ...claims, sub: '999999999999' }),
  },
  {
    name: 'userinfo-no-roles',
    summary: 'userinfo has no role',
    spoil: (claims) => ({
      ...claims,
      ...('nhsid_nrbac_roles' in claims ? { nhsid_nrbac_roles: [] } : {}),
    }),
  },
  {
    name: 'userinfo-single-objects',
    summary: 'lists of one in userinfo come as the one object',
    spoil: (claims) =>
      Object.fromEntries(
        Object.entries(claims).map(([name, value]) => [
          name,
          Array.isArray(value) && value.length === 1 ? value[0] : value,
        ]),
      ),
  },
];
