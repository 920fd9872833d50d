// People, organisations, roles and activities.

/** A role of a person at an organisation: one role profile. */
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

/** A person of the directory, as the console's API also shows it. */
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
  /** What the person can sign in with: `smartcard`, `securityKey`, `windowsHello`, `passkey`, `tabletApp`, `authenticatorApp`, `password`. */
  authenticators: string[];
  organisations: { personOrgId: string; orgCode: string; orgName: string; member: boolean; gnc?: string }[];
  roles: RoleProfile[];
  professionalIds: Partial<
    Record<'gmc' | 'gmp' | 'gdc' | 'gdp' | 'gphc' | 'nmc' | 'rcn' | 'consultant', string>
  >;
  disabled: boolean;
  /** Members of a userinfo document that was given for the person and that the others do not say. */
  otherClaims?: Readonly<Record<string, unknown>>;
}

/** `GET /directory/people?persona=&after=&limit=`: people by uid. */
export interface PeopleAnswer {
  people: Person[];
  /** `after` of the next page; null at the end. */
  next: string | null;
}

/**
 * `GET /directory/changes?after=N`: who was changed or removed since, oldest first, at most a thousand; `last` is `after` of the next
 * call. Without `after` nobody, and the number of now. A change that is written at the same moment as another may be left out, and
 * ten thousand are kept: who must know for certain looks at each person now and then as well.
 */
export interface ChangesAnswer {
  uids: string[];
  last: number;
}

/** `POST /directory/people/{uid}/mail`, CIS2: a mail to the person in plain text. One `id` is sent once, however often it is posted. */
export interface PersonMail {
  id: string;
  subject: string;
  text: string;
}

export interface PersonMailAnswer {
  /** False when the directory has no address of the person. */
  mailed: boolean;
}

/** `GET /directory/organisations`. */
export interface OrganisationsAnswer {
  organisations: { code: string; name: string }[];
}

/** An activity (business function) of the national access model; one may include others. */
export interface Activity {
  code: string;
  name: string;
  includes: string[];
}

/** `GET /directory/people/{uid}/activities` answers with a list of them, `roles`. */
export interface RoleActivities {
  roleId: string;
  /** `includedBy` is the activity that brought it; null for the role's own. */
  activities: { code: string; name: string; includedBy: string | null }[];
}

/** `GET /directory/export?format=json`, and the body of `POST /directory/import` as `application/json`. */
export interface DirectoryDocument {
  version: 1;
  people: Person[];
  organisations: { code: string; name: string }[];
  activities: Activity[];
}

/**
 * `POST /directory/import?dryRun=`, `application/json` or `text/csv` as the export gives them: 200, or 422 `invalid_import` with
 * the same members when something is wrong; then nothing was written. People who are not in it stay.
 */
export interface ImportAnswer {
  dryRun: boolean;
  added: number;
  changed: number;
  unchanged: number;
  /** Line of the CSV file, or place in the list, from 1; at most 200. */
  errors: { line: number; field: string; problem: string }[];
}
