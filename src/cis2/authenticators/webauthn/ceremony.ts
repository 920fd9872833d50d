import { isIP } from 'node:net';
import { randomToken } from '@alongside/kernel/ids';
import type { Person } from '../../../cis/protocol.ts';
import type { SingleUse } from '../../../storage/single-use.ts';
import type { Credential, Credentials } from '../../model/credentials.ts';
import type { AuthenticatorDependencies } from '../kind.ts';
import { type WebAuthnPolicy, type WebAuthnSettings, webAuthnPolicy } from './policy.ts';
import { algorithms, variants, type WebAuthnBody, type WebAuthnVariant } from './variants.ts';

/** The relying party that authenticators know (WebAuthn section 4, "relying party identifier"). */
export interface WebAuthnParty {
  /** Host of the issuer. */
  id: string;
  /** Origin of the issuer. Responses from other origins are refused. */
  origin: string;
}

/** Returns undefined if the issuer is an IP address: browsers make no credential for one (WebAuthn section 5.1.3). */
export function webAuthnParty(issuer: string): WebAuthnParty | undefined {
  const { hostname, origin } = new URL(issuer);
  return isIP(hostname.replace(/^\[|\]$/g, '')) === 0 ? { id: hostname, origin } : undefined;
}

/** The services of WebAuthn, its relying party and its policy. */
export interface Ceremony extends AuthenticatorDependencies {
  party: WebAuthnParty;
  policy: WebAuthnPolicy;
}

/** Returns undefined if the issuer is an IP address. */
export function createCeremony(
  given: AuthenticatorDependencies & { webAuthn?: WebAuthnSettings },
): Ceremony | undefined {
  const policy = webAuthnPolicy(given.webAuthn ?? {}, given.development);
  const party = webAuthnParty(given.issuer);
  return party && { ...given, party, policy };
}

/** Returns the bytes by which an authenticator knows a user: the uid (WebAuthn section 5.4.3). */
export const userHandleOf = (uid: string): string => Buffer.from(uid).toString('base64url');

/** Returns the user's WebAuthn credentials of every variant. */
async function webAuthnCredentials(
  credentials: Credentials,
  uid: string,
): Promise<Credential<WebAuthnBody>[]> {
  const all = await credentials.of<WebAuthnBody>(uid);
  return all.filter(({ kind }) => variants.some(({ id }) => id === kind));
}

/** Returns the live credential with this id, of any variant. */
export async function credentialWithId(
  { credentials }: Ceremony,
  id: string,
): Promise<Credential<WebAuthnBody> | undefined> {
  const found = await Promise.all(variants.map((variant) => credentials.find<WebAuthnBody>(variant.id, id)));
  return found.flat()[0];
}

const challengeKind = 'cis2-webauthn';
/** Milliseconds. The browser waits for the user as long. */
const challengeLifetime = 300_000;

/** Creates a challenge for one interaction or one enrolment (WebAuthn section 13.4.3). */
async function newChallenge(singleUse: SingleUse, owner: string): Promise<string> {
  const challenge = randomToken();
  await singleUse.keep(challengeKind, challenge, owner, challengeLifetime);
  return challenge;
}

/** Spends a challenge. Returns true for the first response in time, within the interaction or enrolment that owns it. */
export async function spendChallenge(
  singleUse: SingleUse,
  challenge: string,
  owner: string,
): Promise<boolean> {
  return (await singleUse.spend<string>(challengeKind, challenge)) === owner;
}

const descriptorOf = ({ lookup, body: { transports } }: Credential<WebAuthnBody>) => ({
  type: 'public-key' as const,
  id: lookup ?? '',
  transports,
});

/** Returns options for `navigator.credentials.create` (WebAuthn section 5.4). */
export async function creationOptions(
  { party, policy, singleUse, credentials }: Ceremony,
  variant: WebAuthnVariant,
  owner: string,
  { uid, displayName }: Person,
): Promise<object> {
  const registered = await webAuthnCredentials(credentials, uid);
  return {
    rp: { id: party.id, name: 'Alongside' },
    user: { id: userHandleOf(uid), name: uid, displayName },
    challenge: await newChallenge(singleUse, owner),
    pubKeyCredParams: algorithms.map((alg) => ({ type: 'public-key', alg })),
    timeout: challengeLifetime,
    excludeCredentials: registered.map(descriptorOf),
    authenticatorSelection: {
      ...(variant.attachment ? { authenticatorAttachment: variant.attachment } : {}),
      residentKey: 'required',
      requireResidentKey: true,
      userVerification: 'required',
    },
    hints: variant.hints,
    // Browsers may ask users before they reveal the model, so request it only if the level depends on it.
    attestation: variant.best(policy) === 3 ? 'direct' : 'none',
  };
}

/** Returns options for `navigator.credentials.get` (WebAuthn section 5.5). If `uid` is null, the authenticator finds the credential. */
export async function requestOptions(
  { party, singleUse, credentials }: Ceremony,
  variant: WebAuthnVariant,
  owner: string,
  uid: string | null,
): Promise<object> {
  const own = uid === null ? [] : await credentials.of<WebAuthnBody>(uid, variant.id);
  return {
    rpId: party.id,
    challenge: await newChallenge(singleUse, owner),
    timeout: challengeLifetime,
    allowCredentials: own.map(descriptorOf),
    userVerification: 'required',
    hints: variant.hints,
  };
}
