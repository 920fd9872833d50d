import type { SingleUse } from '../../../storage/single-use.ts';
import type { Credential, Credentials } from '../../model/credentials.ts';
import type { LimitRows } from '../../model/limit-rows.ts';
import type { WebAuthnBody, WebAuthnKind } from './kind.ts';
import { webAuthnKinds } from './kinds.ts';
import { type WebAuthnPolicy, type WebAuthnSettings, webAuthnPolicy } from './policy.ts';
import { type WebAuthnParty, webAuthnParty } from './relying-party.ts';

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
