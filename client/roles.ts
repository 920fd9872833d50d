import type { Userinfo } from './userinfo.ts';

/** A role of a user, as in `nhsid_nrbac_roles`. Ids are strings: they may begin with 0. */
export interface Role {
  person_orgid: string;
  /** The value of `NHSD-Session-URID`. */
  person_roleid: string;
  org_code: string;
  role_name: string;
  role_code: string;
  activities?: string[];
  activity_codes?: string[];
  workgroups?: string[];
  workgroups_codes?: string[];
  aow?: string[];
  aow_codes?: string[];
}

/** Returns the roles of a user; accepts a single object instead of a list. */
export function rolesOf(userinfo: Userinfo): Role[] {
  const value = userinfo.nhsid_nrbac_roles;
  const list: unknown[] = Array.isArray(value) ? value : [value];
  return list.filter(isRole);
}

/** Returns the role selected at sign-in; undefined if the claim is absent or empty. */
export function selectedRole(userinfo: Userinfo, selectedRoleId: unknown): Role | undefined {
  if (typeof selectedRoleId !== 'string' || selectedRoleId === '') return undefined;
  return rolesOf(userinfo).find((role) => role.person_roleid === selectedRoleId);
}

function isRole(value: unknown): value is Role {
  return (
    typeof value === 'object' && value !== null && typeof (value as Partial<Role>).person_roleid === 'string'
  );
}
