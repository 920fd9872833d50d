import { z } from 'zod';
import type { EndCause } from '../../cis/protocol.ts';
import type { Cis2Registration } from '../../oauth/applications.ts';
import { integer, nullable, type RowOf, row, sharedJson, storedObject, text } from '../../storage/row.ts';

const assuranceLevel = z.literal([1, 2, 3]);
const authenticationShape = storedObject({
  authenticator: z.string(),
  uid: z.string(),
  /** `amr` values. */
  methods: z.array(z.string()),
  /** The level, for clients of the `nhs` profile and for others. */
  level: storedObject({ nhs: assuranceLevel, others: assuranceLevel }),
  /** Time of the last act of the user, such as entering the PIN. */
  personAt: z.number(),
  /** Time at which CIS2 received the proof. */
  provenAt: z.number(),
  /** Whether `provenAt` meets `max_age` for clients that registered this. */
  proofCounts: z.boolean(),
  cisSessionId: z.string().nullable(),
  agentId: z.string().nullable(),
  /** The stored credential that was used, if any. */
  credentialId: z.string().nullish(),
  /** The role that was selected at the agent. */
  roleId: z.string().nullable(),
});
/** A completed authentication. Times in milliseconds. */
export type Authentication = z.infer<typeof authenticationShape>;

/** Returns the level and methods of a sign-in for this client. */
export const strengthFor = (
  { level, methods }: Authentication,
  registration: Cis2Registration,
): AuthenticationStrength => ({
  level: registration.profile === 'nhs' ? level.nhs : level.others,
  methods,
});

/** Why a session ended. CIS2 has the causes of CIS. */
export type EndReason = EndCause;

/** The behaviour of a sign-in after a sign-out in the browser: ask "Continue as …", sign in silently, or require the PIN. */
export type AfterSignOut = 'ask' | 'silent' | 'pin';

/** The behaviour of an ID token hint in a browser without the session: ask the user, or end the session. */
export type SignOutWithoutSession = 'ask' | 'end';

const bodyShape = storedObject({
  /** Of the realm. Absent in sessions from before realms existed. */
  issuer: z.string().optional(),
  authentication: authenticationShape,
  idAssuranceLevel: z.string(),
  /** The role in use; null if none is. */
  roleId: z.string().nullable(),
});
/** The JSON column of a session. */
export type SessionBody = z.infer<typeof bodyShape> & { issuer: string };

/** A sign-in of a person in one browser. Times in milliseconds. */
export type Session = SessionBody & Omit<RowOf<typeof sessionRow>, 'body' | 'createdAt'>;

export const sessionRow = row('cis2_session', {
  /** Session id for clients. It is not the cookie. */
  sid: text,
  uid: text,
  cisSessionId: nullable(text),
  agentId: nullable(text),
  body: sharedJson(bodyShape),
  createdAt: integer,
  activeAt: integer,
  endsAt: integer,
});
export const sessionColumns = Object.keys(sessionRow.columns).join(', ');

/** @param issuer of sessions from before realms existed. */
export const fromRow = ({ body, createdAt: _, ...row }: RowOf<typeof sessionRow>, issuer = ''): Session => ({
  ...row,
  issuer: body.issuer ?? issuer,
  authentication: body.authentication,
  idAssuranceLevel: body.idAssuranceLevel,
  roleId: body.roleId,
});

const minute = 60_000;

/** Returns the inactivity limit of a session by its level (NIST SP 800-63B section 4), in milliseconds. */
export const idleTime = (session: Session): number =>
  (session.authentication.level.nhs === 3 ? 15 : 30) * minute;

/**
 * Whether the workstation enforces inactivity: CIS ends the smartcard session, and this one with it, when the workstation locks or
 * the card is removed.
 * @param unwatched methods with sessions that remain when the card is removed.
 */
export const isWatched = ({ cisSessionId, authentication }: Session, unwatched: readonly string[]): boolean =>
  cisSessionId !== null && !authentication.methods.some((method) => unwatched.includes(method));

/** Authentication assurance level (NIST SP 800-63B). */
export type AssuranceLevel = 1 | 2 | 3;

/** A level and its methods (`amr`): those of a sign-in, or those that an authenticator offers. */
export interface AuthenticationStrength {
  level: AssuranceLevel;
  methods: readonly string[];
}

/** Classes that any method at these levels meets. */
const general: Readonly<Record<string, readonly AssuranceLevel[]>> = {
  AAL3_ANY: [3],
  AAL2_OR_AAL3_ANY: [2, 3],
  AAL2_ANY: [2],
};

export const generalClasses: readonly string[] = Object.keys(general);

/** Returns the class of each method at the level, such as AAL3_FIDO2. */
export const classesOf = ({ level, methods }: AuthenticationStrength): string[] =>
  methods.map((method) => `AAL${level}_${method}`);

/** The classes for a request without a known one: level 3. */
export const defaultAcr: readonly string[] = ['AAL3_ANY'];

const methodClass = /^AAL([123])_(\w+)$/;

/** Whether a class names the method or its family: AAL3_SMARTCARD names N3_SMARTCARD and CIS2_SMARTCARD. */
function namesMethod(value: string, method: string): boolean {
  const name = methodClass.exec(value)?.[2];
  return name !== undefined && (method === name || method.endsWith(`_${name}`));
}

function meets(value: string, { level, methods }: AuthenticationStrength): boolean {
  if (Object.hasOwn(general, value)) return general[value]?.includes(level) ?? false;
  return (
    methodClass.exec(value)?.[1] === String(level) && methods.some((method) => namesMethod(value, method))
  );
}

/** Returns the first requested class that was met, which is the `acr` of the token; undefined if none was. */
export const firstMet = (asked: readonly string[], reached: AuthenticationStrength): string | undefined =>
  asked.find((value) => meets(value, reached));

/** Whether one of these could meet a requested class. */
export const couldMeet = (asked: readonly string[], offers: readonly AuthenticationStrength[]): boolean =>
  offers.some((offer) => firstMet(asked, offer) !== undefined);

/** Whether only these methods meet all the requested classes. */
export const asksOnlyFor = (asked: readonly string[], methods: readonly string[]): boolean =>
  asked.length > 0 && asked.every((value) => methods.some((method) => namesMethod(value, method)));
