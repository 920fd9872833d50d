/** A role profile: a role of a person at an organisation. */
export interface RoleProfile {
  /** Role profile id, 12 digits. */
  roleId: string;
  /** The person's id at the organisation, 12 digits. */
  personOrgId: string;
  /** RBAC code with its groups, `S8000:G8000:R8001`. */
  roleCode: string;
  /** Three quoted parts, `"Clinical":"Clinical Provision":"Nurse Access Role"`. */
  roleName: string;
  orgId?: string;
  /** ODS code. */
  orgCode: string;
  orgName: string;
  activities: { name: string; code: string }[];
  workgroups: { name: string; code: string }[];
  areasOfWork: { name: string; code: string }[];
}

/** Returns the job of a role name: the last of its three parts, without quotes. */
export const jobNameOf = (roleName: string): string =>
  roleName.split('":"').at(-1)?.replaceAll('"', '') ?? roleName;

/** A person of the directory. The console API returns the same object. */
export interface Person {
  uid: string;
  persona: string | null;
  title: string;
  givenName: string;
  middleNames: string;
  familyName: string;
  initials: string;
  displayName: string;
  email: string;
  idAssuranceLevel: string;
  /** Authenticators of the person: `smartcard`, `securityKey`, `windowsHello`, `passkey`, `tabletApp`, `authenticatorApp`, `password`. */
  authenticators: string[];
  organisations: { personOrgId: string; orgCode: string; orgName: string; member: boolean; gnc?: string }[];
  roles: RoleProfile[];
  professionalIds: Partial<
    Record<'gmc' | 'gmp' | 'gdc' | 'gdp' | 'gphc' | 'nmc' | 'rcn' | 'consultant', string>
  >;
  disabled: boolean;
  /** Further claims for the userinfo response of the person. */
  otherClaims?: Readonly<Record<string, unknown>>;
}

/**
 * Response of `GET /directory/people?persona=&after=&limit=`: people by uid. With `q`, `organisation` or `role`: the people found, at
 * most 50, by name. If all three are empty, the 20 who were added or changed last.
 */
export interface PeopleAnswer {
  people: Person[];
  /** `after` of the next page; null at the end. */
  next: string | null;
}

/**
 * Response of `GET /directory/changes?after=N`: people who were changed or removed since, oldest first, at most 1,000. `last` is
 * `after` of the next call. Without `after`, `uids` is empty and `last` is the current number. Simultaneous changes may be missing,
 * and only the last 10,000 are stored, so a service that needs every change must also read each person from time to time.
 */
export interface ChangesAnswer {
  uids: string[];
  last: number;
}

/** Response of `GET /directory/organisations?q=`. With `q`, at most 50 with this text in their name. */
export interface OrganisationsAnswer {
  organisations: { code: string; name: string }[];
}

/** A job role that people here have. */
export interface JobRole {
  /** RBAC code with its groups, `S8000:G8000:R8001`. */
  code: string;
  /** Three quoted parts, `"Clinical":"Clinical Provision":"Nurse Access Role"`. */
  name: string;
  /** The activities of the first person who had it. */
  activities: { name: string; code: string }[];
}

/** Response of `GET /directory/job-roles?q=`: at most 50 with this text in their name. */
export interface JobRolesAnswer {
  jobRoles: JobRole[];
}

/** An activity (business function) of the national access model; one may include others. */
export interface Activity {
  code: string;
  name: string;
  includes: string[];
}

/** An entry of `roles`, the response of `GET /directory/people/{uid}/activities`. */
export interface RoleActivities {
  roleId: string;
  /** `includedBy` is the activity that includes this one; null for the role's own activities. */
  activities: { code: string; name: string; includedBy: string | null }[];
}

/** Response of `GET /directory/export?format=json`, and body of `POST /directory/import` as `application/json`. */
export interface DirectoryDocument {
  version: 1;
  people: Person[];
  organisations: { code: string; name: string }[];
  activities: Activity[];
}

/**
 * Response of `POST /directory/import?dryRun=`, which accepts exports as `application/json` or `text/csv`. With errors it is 422
 * `invalid_import`, has the same members, and nothing was written. People who are not in the import stay unchanged.
 */
export interface ImportAnswer {
  dryRun: boolean;
  added: number;
  changed: number;
  unchanged: number;
  /** At most 200. `line` is the line of the CSV file, or the position in the list, from 1. */
  errors: { line: number; field: string; problem: string }[];
}
