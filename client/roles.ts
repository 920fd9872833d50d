import type { Userinfo } from './userinfo.ts';

/** One role of a person, as `nhsid_nrbac_roles` has it. Ids are texts: they may begin with 0. */
export interface Role {
  person_orgid: string;
  /** What `NHSD-Session-URID` carries. */
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

/** The roles of a person; a single object in the list's place is taken for a list of one. */
export function rolesOf(userinfo: Userinfo): Role[] {
  const value = userinfo.nhsid_nrbac_roles;
  const list: unknown[] = Array.isArray(value) ? value : value === undefined || value === null ? [] : [value];
  return list.filter(isRole);
}

/** The role that was chosen at sign-in; undefined when none was (the claim may be absent or empty). */
export function selectedRole(userinfo: Userinfo, selectedRoleId: unknown): Role | undefined {
  if (typeof selectedRoleId !== 'string' || selectedRoleId === '') return undefined;
  return rolesOf(userinfo).find((role) => role.person_roleid === selectedRoleId);
}

function isRole(value: unknown): value is Role {
  return (
    typeof value === 'object' && value !== null && typeof (value as Partial<Role>).person_roleid === 'string'
  );
}
