import { isIP } from 'node:net';
import { randomToken } from '@alongside/kernel/ids';
import type { Person } from '../../../cis/protocol.ts';
import type { SingleUse } from '../../../storage/single-use.ts';
import type { Credential, Credentials } from '../../model/credentials.ts';
import type { LimitRows } from '../../model/limit-rows.ts';
import { type WebAuthnPolicy, type WebAuthnSettings, webAuthnPolicy } from './policy.ts';
import { algorithms, type WebAuthnBody, type WebAuthnKind, webAuthnKinds } from './variants.ts';

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
async function webAuthnCredentials(
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
const challengeLifetime = 300_000;

/** Makes a challenge for one interaction or one enrolment (WebAuthn section 13.4.3). */
async function newChallenge(singleUse: SingleUse, owner: string): Promise<string> {
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

const described = (credential: Credential<WebAuthnBody>) => ({
  type: 'public-key' as const,
  id: credential.lookup ?? '',
  transports: credential.body.transports,
});

/** Options for `navigator.credentials.create` (WebAuthn section 5.4). */
export async function creationOptions(
  ceremony: Ceremony,
  kind: WebAuthnKind,
  owner: string,
  person: Person,
): Promise<object> {
  const { party, policy, singleUse } = ceremony;
  const had = await webAuthnCredentials(ceremony, person.uid);
  return {
    rp: { id: party.id, name: 'Alongside' },
    user: { id: userHandleOf(person.uid), name: person.uid, displayName: person.displayName },
    challenge: await newChallenge(singleUse, owner),
    pubKeyCredParams: algorithms.map((alg) => ({ type: 'public-key', alg })),
    timeout: challengeLifetime,
    excludeCredentials: had.map(described),
    authenticatorSelection: {
      ...(kind.attachment ? { authenticatorAttachment: kind.attachment } : {}),
      residentKey: 'required',
      requireResidentKey: true,
      userVerification: 'required',
    },
    hints: kind.hints,
    // Browsers may ask the person before they say which model it is, so only where it counts.
    attestation: kind.best(policy) === 3 ? 'direct' : 'none',
  };
}

/** Options for `navigator.credentials.get` (WebAuthn section 5.5). Without a person, any that the authenticator has found by itself. */
export async function requestOptions(
  ceremony: Ceremony,
  kind: WebAuthnKind,
  owner: string,
  uid: string | null,
): Promise<object> {
  const { party, singleUse } = ceremony;
  const had = uid === null ? [] : await webAuthnCredentials(ceremony, uid);
  return {
    rpId: party.id,
    challenge: await newChallenge(singleUse, owner),
    timeout: challengeLifetime,
    allowCredentials: had.filter((credential) => credential.kind === kind.id).map(described),
    userVerification: 'required',
    hints: kind.hints,
  };
}
