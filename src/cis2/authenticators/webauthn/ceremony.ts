import { isIP } from 'node:net';
import { randomToken } from '@alongside/kernel/ids';
import type { SingleUse } from '../../../storage/single-use.ts';
import type { Credential, Credentials } from '../../model/credentials.ts';
import type { LimitRows } from '../../model/limit-rows.ts';
import type { WebAuthnBody, WebAuthnKind } from './kind.ts';
import { webAuthnKinds } from './kinds.ts';
import { type WebAuthnPolicy, type WebAuthnSettings, webAuthnPolicy } from './policy.ts';

/** Us, as authenticators know us (WebAuthn section 4, "relying party identifier"). */
export interface WebAuthnParty {
  /** Host of the issuer. */
  id: string;
  /** Origin of the issuer: the only one whose responses are taken. */
  origin: string;
}

/** Undefined when the issuer has no name but an address: browsers make no credential for one (WebAuthn section 5.1.3). */
export function webAuthnParty(issuer: string): WebAuthnParty | undefined {
  const { hostname, origin } = new URL(issuer);
  return isIP(hostname.replace(/^\[|\]$/g, '')) === 0 ? { id: hostname, origin } : undefined;
}

/** What a WebAuthn ceremony needs of the house. */
export interface Ceremony {
  party: WebAuthnParty;
  policy: WebAuthnPolicy;
  singleUse: SingleUse;
  limitRows: LimitRows;
  credentials: Credentials;
  /** Every kind of WebAuthn credential: one authenticator may hold a credential of any. */
  kinds: readonly WebAuthnKind[];
  development: boolean;
}

/** Returns undefined where the issuer is an address without a name. */
export function createCeremony({
  issuer,
  webAuthn = {},
  development,
  singleUse,
  limitRows,
  credentials,
}: Pick<Ceremony, 'singleUse' | 'limitRows' | 'credentials' | 'development'> & {
  issuer: string;
  webAuthn?: WebAuthnSettings;
}): Ceremony | undefined {
  const policy = webAuthnPolicy(webAuthn, development);
  const party = webAuthnParty(issuer);
  return party && { party, policy, singleUse, limitRows, credentials, kinds: webAuthnKinds, development };
}

/** The bytes by which an authenticator knows a person: the uid (WebAuthn section 5.4.3). */
export const userHandleOf = (uid: string): string => Buffer.from(uid).toString('base64url');

/** A person's WebAuthn credentials of every kind. */
export async function webAuthnCredentials(
  { credentials, kinds }: Pick<Ceremony, 'credentials' | 'kinds'>,
  uid: string,
): Promise<Credential<WebAuthnBody>[]> {
  const known = new Set(kinds.map(({ id }) => id));
  return (await credentials.of<WebAuthnBody>(uid)).filter(({ kind }) => known.has(kind));
}

/** The live credential with this id, whichever kind it is of. */
export async function credentialWithId(
  { credentials, kinds }: Pick<Ceremony, 'credentials' | 'kinds'>,
  id: string,
): Promise<Credential<WebAuthnBody> | undefined> {
  const found = await Promise.all(kinds.map((kind) => credentials.find<WebAuthnBody>(kind.id, id)));
  return found.flat()[0];
}

const challengeKind = 'cis2-webauthn';
/** Milliseconds: five minutes, as long as the browser waits for the person. */
export const challengeLifetime = 300_000;

/** Makes a challenge for one interaction or one enrolment (WebAuthn section 13.4.3). */
export async function newChallenge(singleUse: SingleUse, owner: string): Promise<string> {
  const challenge = randomToken();
  await singleUse.keep(challengeKind, challenge, owner, challengeLifetime);
  return challenge;
}

/** Spends a challenge, whatever comes of it: true for the first answer to it, in time, of the same owner. */
export async function spendChallenge(
  singleUse: SingleUse,
  challenge: string,
  owner: string,
): Promise<boolean> {
  return (await singleUse.spend<string>(challengeKind, challenge)) === owner;
}
