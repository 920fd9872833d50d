/** The HTTP interface of CIS2 for the console, which presents a shared secret. */
import type { TrialReport } from '@alongside/kernel/trial';
import { z } from 'zod';
import type { Person, RoleProfile } from '../cis/protocol.ts';

/** Paths below the origin of CIS2. A person is named by uid. */
export const consolePaths = {
  authenticators: (uid: string) => `/cis2/people/${encodeURIComponent(uid)}/authenticators`,
  authenticator: (uid: string, id: string) =>
    `/cis2/people/${encodeURIComponent(uid)}/authenticators/${encodeURIComponent(id)}`,
  enrolments: (uid: string) => `/cis2/people/${encodeURIComponent(uid)}/enrolments`,
  /** `GET`, with `?uid=` for the sessions of one person. */
  sessions: '/cis2/sessions',
  /** `DELETE`: 204, or 404 if no live session has this sid. */
  session: (sid: string) => `/cis2/sessions/${encodeURIComponent(sid)}`,
  /** `DELETE`: ends all sessions of a person; 200 with `{ended}`, their number. */
  sessionsOf: (uid: string) => `/cis2/people/${encodeURIComponent(uid)}/sessions`,
  /** `GET`, with `?since=` and an ISO time. */
  deliveries: '/cis2/deliveries',
  /** `POST`: 200 with the delivery after the attempt. */
  sendDelivery: (id: string) => `/cis2/deliveries/${encodeURIComponent(id)}/send`,
  /** `POST`: 201 with a token by which a supplier registers clients. */
  registrationTokens: '/cis2/registration-tokens',
  /** `POST` a `ValidateRequest`: 200 with a `ValidationAnswer`. */
  validate: '/cis2/validate',
} as const;

const time = z.iso.datetime();

/** An authenticator of a person. */
export const authenticatorAnswer = z
  .strictObject({
    id: z.string(),
    /** `security-key`, `windows-hello`, `passkey`, `totp`, `password`, `tablet`. */
    kind: z.string(),
    /** The name that the owner gave it. */
    label: z.string(),
    /** Authentication assurance level. */
    level: z.number(),
    createdAt: time,
    usedAt: time.nullable(),
    /** `credential` is an argument of `WebAuthn.addCredential` (Chrome DevTools Protocol). */
    development: z.looseObject({}).optional().describe('The data to sign in with it; development only'),
  })
  .meta({ id: 'Authenticator' });
export type AuthenticatorAnswer = z.output<typeof authenticatorAnswer>;

/** `GET authenticators`. */
export const authenticatorsAnswer = z.strictObject({ authenticators: z.array(authenticatorAnswer) });
export type AuthenticatorsAnswer = z.output<typeof authenticatorsAnswer>;

/**
 * `POST enrolments`: 201 with a one-time link for one person. Errors: 404 for an unknown uid, 422 for an unknown kind, 403 if the
 * officer is not allowed.
 */
export interface EnrolmentRequest {
  kind: string;
  /** Uid of the responsible officer, a registration authority manager or agent. Optional in development. */
  officer?: string;
}

export const enrolmentAnswer = z.strictObject({ url: z.string(), expiresAt: time });
export type EnrolmentAnswer = z.output<typeof enrolmentAnswer>;

/** `POST authenticators`, in development only: 201 with an `AuthenticatorAnswer`. The other members depend on the kind. */
export interface AuthenticatorRequest {
  kind: string;
  [more: string]: unknown;
}

/** One live single sign-on session. */
const sessionAnswer = z
  .strictObject({
    sid: z.string(),
    uid: z.string(),
    /** Id of the authenticator. */
    authenticator: z.string(),
    /** `amr` values. */
    methods: z.array(z.string()),
    /** Authentication assurance level. */
    level: z.number(),
    roleId: z.string().nullable(),
    cisSessionId: z.string().nullable(),
    /** Client ids of its relying parties. */
    clients: z.array(z.string()),
    /** Live tokens that end with the session, and the applications that have them. */
    tokens: z.strictObject({
      access: z.number(),
      refresh: z.number(),
      applications: z.array(z.string()),
    }),
    createdAt: time,
    activeAt: time,
    /** End of its lifetime. */
    endsAt: time,
  })
  .meta({ id: 'Session' });
export type SessionAnswer = z.output<typeof sessionAnswer>;

/** `GET sessions`: up to 200, the newest first. */
export const sessionsAnswer = z.strictObject({ sessions: z.array(sessionAnswer) });
export type SessionsAnswer = z.output<typeof sessionsAnswer>;

/** One back-channel logout message to one relying party. */
export const deliveryAnswer = z
  .strictObject({
    id: z.string(),
    sid: z.string(),
    uid: z.string(),
    clientId: z.string(),
    address: z.string(),
    /** Why the session ended. */
    cause: z.string(),
    state: z.enum(['pending', 'delivered', 'givenUp']),
    attempts: z.number(),
    /** Result of the last attempt, such as `status 200`; empty before the first. */
    result: z.string(),
    createdAt: time,
    triedAt: time.nullable(),
    /** Time of the next attempt, or null. */
    dueAt: time.nullable(),
  })
  .meta({ id: 'LogoutDelivery' });
export type DeliveryAnswer = z.output<typeof deliveryAnswer>;

/** `GET deliveries`: up to 200 of the last seven days, the newest first. */
export const deliveriesAnswer = z.strictObject({ deliveries: z.array(deliveryAnswer) });
export type DeliveriesAnswer = z.output<typeof deliveriesAnswer>;

/** `POST registrationTokens`: `team` for the Connection Manager interface, `initial` for clients that register themselves. */
export interface RegistrationTokenRequest {
  kind: 'team' | 'initial';
  /** Id of the developer. */
  team: string;
  /** Profile of the clients that an initial access token registers; `standard` by default. */
  profile?: 'standard' | 'fapi2';
}

/** A token, shown once. */
export const registrationTokenAnswer = z.strictObject({ token: z.string(), expiresAt: time });
export type RegistrationTokenAnswer = z.output<typeof registrationTokenAnswer>;

/** A pasted text to validate, in one of the two members. Nothing is used up. */
export interface ValidateRequest {
  assertion?: string;
  query?: string;
}

export type ValidationAnswer = TrialReport;

/** Paths below the issuer in ForgeRock's product. */
export const endpointPaths = {
  authorize: '/authorize',
  token: '/access_token',
  userinfo: '/userinfo',
  keys: '/connect/jwk_uri',
  /** An empty key set, for a fault. */
  noKeys: '/connect/no_keys',
  endSession: '/connect/endSession',
  revocation: '/token/revoke',
  introspection: '/introspect',
  pushed: '/par',
} as const;

type Named = { name: string; code: string }[];

/** Returns the names and the codes of a list as two members; none for an empty list. */
const pair = (names: string, codes: string, list: Named): Record<string, string[]> =>
  list.length === 0 ? {} : { [names]: list.map(({ name }) => name), [codes]: list.map(({ code }) => code) };

/** Returns a role in the form of userinfo. The plurals of the members differ, as published. */
const roleClaim = (role: RoleProfile) => ({
  person_orgid: role.personOrgId,
  person_roleid: role.roleId,
  org_code: role.orgCode,
  role_name: role.roleName,
  role_code: role.roleCode,
  ...pair('activities', 'activity_codes', role.activities),
  ...pair('workgroups', 'workgroups_codes', role.workgroups),
  ...pair('aow', 'aow_codes', role.areasOfWork),
});

const member = ({ personOrgId, orgName, orgCode }: Person['organisations'][number]) => ({
  person_orgid: personOrgId,
  org_name: orgName,
  org_code: orgCode,
});

/** Returns every organisation that the user belongs to or works at, once. */
function userOrganisations(person: Person) {
  const all = new Map(
    [...person.organisations, ...person.roles].map(({ orgCode, orgName }) => [
      orgCode,
      { org_name: orgName, org_code: orgCode },
    ]),
  );
  return [...all.values()];
}

const memberships = ({ organisations }: Person) =>
  organisations
    .filter((organisation) => organisation.member)
    .map((organisation) => ({
      ...member(organisation),
      ...(organisation.gnc ? { gnc: organisation.gnc } : {}),
    }));

function workplaces({ organisations, roles }: Person) {
  const worksAt = new Set(roles.map(({ orgCode }) => orgCode));
  return organisations.filter(({ orgCode }) => worksAt.has(orgCode)).map(member);
}

/** All claims about a user by the names of userinfo, in the published order. Empty texts are not sent. */
export const userClaims: readonly (readonly [name: string, of: (person: Person) => unknown])[] = [
  ['nhsid_useruid', ({ uid }) => uid],
  ['name', ({ displayName }) => displayName],
  ['nhsid_nrbac_roles', ({ roles }) => roles.map(roleClaim)],
  ['given_name', ({ givenName }) => givenName],
  ['family_name', ({ familyName }) => familyName],
  ['middle_names', ({ middleNames }) => middleNames],
  ['initials', ({ initials }) => initials],
  ['title', ({ title }) => title],
  ['display_name', ({ displayName }) => displayName],
  ['uid', ({ uid }) => uid],
  ['email', ({ email }) => email],
  ['idassurancelevel', ({ idAssuranceLevel }) => idAssuranceLevel],
  ['nhsid_user_orgs', userOrganisations],
  ['nhsid_org_memberships', memberships],
  ['nhsid_org_roles', workplaces],
  ['gmc_id', ({ professionalIds }) => professionalIds.gmc],
  ['gmp_id', ({ professionalIds }) => professionalIds.gmp],
  ['gdc_id', ({ professionalIds }) => professionalIds.gdc],
  ['gdp_id', ({ professionalIds }) => professionalIds.gdp],
  ['gphc_id', ({ professionalIds }) => professionalIds.gphc],
  ['nmc_id', ({ professionalIds }) => professionalIds.nmc],
  ['rcn_id', ({ professionalIds }) => professionalIds.rcn],
  ['consultant_id', ({ professionalIds }) => professionalIds.consultant],
];

/** Returns whether a claim with this value is sent. Empty lists are. */
export const isSent = (value: unknown): boolean => value !== undefined && value !== '';
