// The responses of CIS, as schemas. They are separate from the rest of the protocol, so that the Identity Agent does not load Zod.
import { z } from 'zod';
import { pinStates, revocationReasons } from './registration-authority.ts';
import { signingStates } from './signing.ts';

const time = z.iso.datetime();
/** `after` of the next page; null at the end. */
const next = z.string().nullable();
const named = { code: z.string(), name: z.string() };
/** As CIS sends them, with the name before the code. */
const pairs = z.array(z.strictObject({ name: z.string(), code: z.string() }));
const professions = ['gmc', 'gmp', 'gdc', 'gdp', 'gphc', 'nmc', 'rcn', 'consultant'] as const;

/** A role profile: a role of a person at an organisation. */
export const roleProfile = z.strictObject({
  /** Role profile id, 12 digits. */
  roleId: z.string(),
  /** The person's id at the organisation, 12 digits. */
  personOrgId: z.string(),
  /** RBAC code with its groups, `S8000:G8000:R8001`. */
  roleCode: z.string(),
  /** Three quoted parts, `"Clinical":"Clinical Provision":"Nurse Access Role"`. */
  roleName: z.string(),
  orgId: z.string().exactOptional(),
  /** ODS code. */
  orgCode: z.string(),
  orgName: z.string(),
  activities: pairs,
  workgroups: pairs,
  areasOfWork: pairs,
});
export type RoleProfile = z.output<typeof roleProfile>;

export const membership = z.strictObject({
  personOrgId: z.string(),
  orgCode: z.string(),
  orgName: z.string(),
  member: z.boolean(),
  gnc: z.string().exactOptional(),
});

/** A person of the directory. The console API returns the same object. */
export const person = z
  .strictObject({
    uid: z.string(),
    persona: z.string().nullable(),
    title: z.string(),
    givenName: z.string(),
    middleNames: z.string(),
    familyName: z.string(),
    initials: z.string(),
    displayName: z.string(),
    email: z.string(),
    idAssuranceLevel: z.string(),
    /** `smartcard`, `securityKey`, `windowsHello`, `passkey`, `tabletApp`, `authenticatorApp`, `password`. */
    authenticators: z.array(z.string()),
    organisations: z.array(membership),
    roles: z.array(roleProfile),
    professionalIds: z.partialRecord(z.enum(professions), z.string()),
    disabled: z.boolean(),
    /** Further claims for the userinfo response of the person. */
    otherClaims: z.record(z.string(), z.unknown()).exactOptional(),
  })
  .meta({ id: 'Person' });
export type Person = z.output<typeof person>;

/**
 * Response of `GET /directory/people?persona=&after=&limit=`: people by uid. With `q`, `organisation` or `role`: the people found, at
 * most 50, by name. If all three are empty, the 20 who were added or changed last.
 */
export const peopleAnswer = z.strictObject({ people: z.array(person), next });
export type PeopleAnswer = z.output<typeof peopleAnswer>;

/** Response of `GET /directory/organisations?q=`. With `q`, at most 50 with this text in their name. */
export const organisationsAnswer = z.strictObject({ organisations: z.array(z.strictObject(named)) });
export type OrganisationsAnswer = z.output<typeof organisationsAnswer>;

/** A job role that people here have: code and name as in `RoleProfile`, and the activities of the first person who had it. */
const jobRole = z.strictObject({ ...named, activities: pairs });
export type JobRole = z.output<typeof jobRole>;

/** Response of `GET /directory/job-roles?q=`: at most 50 with this text in their name. */
export const jobRolesAnswer = z.strictObject({ jobRoles: z.array(jobRole) });
export type JobRolesAnswer = z.output<typeof jobRolesAnswer>;

/** An activity (business function) of the national access model; one may include others. */
const activity = z.strictObject({ ...named, includes: z.array(z.string()) });
export type Activity = z.output<typeof activity>;

/** An entry of `roles`, the response of `GET /directory/people/{uid}/activities`. */
export const roleActivities = z.strictObject({
  roleId: z.string(),
  /** `includedBy` is the activity that includes this one; null for the role's own activities. */
  activities: z.array(z.strictObject({ ...named, includedBy: z.string().nullable() })),
});
export type RoleActivities = z.output<typeof roleActivities>;

/** Response of `GET /directory/export?format=json`, and body of `POST /directory/import` as `application/json`. */
export const directoryDocument = z.strictObject({
  version: z.literal(1),
  people: z.array(person),
  organisations: z.array(z.strictObject(named)),
  activities: z.array(activity),
});
export type DirectoryDocument = z.output<typeof directoryDocument>;

/**
 * Response of `POST /directory/import?dryRun=`, which accepts exports as `application/json` or `text/csv`. With errors it is 422
 * `invalid_import`, has the same members, and nothing was written. People who are not in the import stay unchanged.
 */
export const importAnswer = z.strictObject({
  dryRun: z.boolean(),
  added: z.number(),
  changed: z.number(),
  unchanged: z.number(),
  /** At most 200. `line` is the line of the CSV file, or the position in the list, from 1. */
  errors: z.array(z.strictObject({ line: z.number(), field: z.string(), problem: z.string() })),
});
export type ImportAnswer = z.output<typeof importAnswer>;

/** How far an import is, in people. */
export const importProgress = z.strictObject({
  phase: z.enum(['checking', 'writing']),
  done: z.number(),
  total: z.number(),
});
export type ImportProgress = z.output<typeof importProgress>;

export const outboxMail = z
  .strictObject({
    id: z.string(),
    to: z.string(),
    subject: z.string(),
    text: z.string(),
    createdAt: time,
    state: z.enum(['kept', 'waiting', 'sent', 'failed']),
    attempts: z.number(),
    /** Why the last attempt failed; null without a failure. */
    problem: z.string().nullable(),
    sentAt: time.nullable(),
    /** Id of the request that caused it; null for background work. */
    messageId: z.string().nullable(),
  })
  .meta({ id: 'Mail' });
export type OutboxMail = z.output<typeof outboxMail>;

/** Response of `GET /mail/outbox?limit=`, console, development only. The latest mail is first. */
export const outboxAnswer = z.strictObject({ mails: z.array(outboxMail) });
export type OutboxAnswer = z.output<typeof outboxAnswer>;

const cardMembers = z.strictObject({
  serial: z.string(),
  uid: z.string(),
  /** The keys of an `ordered` card do not exist yet. */
  state: z.enum(['ordered', 'active', 'expired', 'revoked', 'replaced']),
  pin: z.enum(pinStates),
  /** Whether the card is issued with a blocked PIN. */
  issuedLocked: z.boolean(),
  /** Uid of the person who ordered the card; null if the card issuer made it without an order. */
  orderedBy: z.string().nullable(),
  /** Serial of the replaced card. */
  replaces: z.string().nullable(),
  /** Times of the authentication certificate; null without one. */
  notBefore: time.nullable(),
  notAfter: time.nullable(),
  /** Whether the holder may renew the card now. */
  renewable: z.boolean(),
  revokedAt: time.nullable(),
  revocationReason: z.enum(revocationReasons).nullable(),
  /** Whether CIS stores the unblocking code. */
  unlockable: z.boolean(),
});
/** A card for the registration authority. */
export const cardRecord = cardMembers.meta({ id: 'Card' });
export type CardRecord = z.output<typeof cardRecord>;

const listedCard = cardMembers
  .extend({ holder: z.string().nullable().describe('Display name; null for a removed person') })
  .meta({ id: 'ListedCard' });
export type ListedCard = z.output<typeof listedCard>;

/**
 * Response of `GET /cards?uid=&after=&limit=`: cards by serial. With `q`, `organisation` or `role`: the cards of the people found, at
 * most 50 and the rest of the last person, or the 20 cards changed last if all three are empty.
 */
export const cardsAnswer = z.strictObject({ cards: z.array(listedCard), next });
export type CardsAnswer = z.output<typeof cardsAnswer>;

/** A live session at a workstation, for the console. */
const deskSession = z
  .strictObject({
    id: z.string(),
    uid: z.string(),
    agentId: z.string(),
    cardSerial: z.string(),
    generation: z.string(),
    mode: z.string(),
    roleId: z.string().nullable(),
    createdAt: time,
    pinTime: time,
    /** Last report of the agent. */
    heardAt: time,
    /** End without another report. */
    idleEndsAt: time,
    endsAt: time,
  })
  .meta({ id: 'DeskSession' });
export type DeskSession = z.output<typeof deskSession>;

/** Response of `GET /console/sessions`: up to 200, the newest first. */
export const deskSessionsAnswer = z.strictObject({ sessions: z.array(deskSession) });
export type DeskSessionsAnswer = z.output<typeof deskSessionsAnswer>;

/** A certificate that issues or has issued those of cards, and its revocation list. */
const authorityCertificate = z
  .strictObject({
    name: z.string(),
    notBefore: time,
    notAfter: time,
    /** SHA-256. */
    fingerprint: z.string(),
    /** Null for a root, which issues no cards. */
    crl: z
      .strictObject({ address: z.string(), thisUpdate: time, nextUpdate: time, revoked: z.number() })
      .nullable(),
  })
  .meta({ id: 'AuthorityCertificate' });
export type AuthorityCertificate = z.output<typeof authorityCertificate>;

/** Response of `GET /console/authorities`. */
export const authoritiesAnswer = z.strictObject({ authorities: z.array(authorityCertificate) });
export type AuthoritiesAnswer = z.output<typeof authoritiesAnswer>;

/** Response of `GET /signing/people/{uid}`: the certificate with which the signing service signs for a person. */
export const personSigning = z
  .strictObject({
    state: z.enum(signingStates),
    algorithm: z.literal('RSA-2048').nullable(),
    /** Hexadecimal. */
    serial: z.string().nullable(),
    subject: z.string().nullable(),
    certificate: z.string().nullable().describe('PEM'),
    notBefore: time.nullable(),
    notAfter: time.nullable(),
    revokedAt: time.nullable(),
    revocationReason: z.enum(revocationReasons).nullable(),
  })
  .meta({ id: 'PersonSigning' });
export type PersonSigning = z.output<typeof personSigning>;
