import type { Person } from '../../../cis/protocol.ts';
import type { Credential } from '../../model/credentials.ts';
import {
  type Ceremony,
  challengeLifetime,
  newChallenge,
  userHandleOf,
  webAuthnCredentials,
} from './ceremony.ts';
import type { WebAuthnBody, WebAuthnKind } from './kind.ts';
import { algorithms } from './library.ts';

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
