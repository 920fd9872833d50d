import { base64url, bytesOf } from '../../pages/bytes.browser.ts';
import type { algorithms } from '../webauthn/variants.ts';

// A platform credential next to the key verifies the holder of the tablet.

/** Milliseconds for the user to give the PIN, finger or face. */
const verificationTimeout = 60_000;

const accepted: typeof algorithms = [-7, -8, -257];

/** A credential with its response, as the server reads it. */
export interface Holder {
  id: string;
  type: string;
  response: object;
}

/** Makes a credential; undefined where the device cannot verify its user. @throws if the user does not give the proof */
export async function newHolder(party: string, code: string): Promise<Holder | undefined> {
  const canVerify =
    party !== '' &&
    window.PublicKeyCredential &&
    (await PublicKeyCredential.isUserVerifyingPlatformAuthenticatorAvailable());
  if (!canVerify) return undefined;
  const publicKey: PublicKeyCredentialCreationOptions = {
    rp: { id: party, name: 'Alongside' },
    user: { id: crypto.getRandomValues(new Uint8Array(16)), name: 'tablet', displayName: 'Alongside' },
    challenge: bytesOf(code),
    pubKeyCredParams: accepted.map((alg) => ({ type: 'public-key', alg })),
    authenticatorSelection: {
      authenticatorAttachment: 'platform',
      residentKey: 'discouraged',
      userVerification: 'required',
    },
    attestation: 'direct',
    timeout: verificationTimeout,
  };
  const { id, type, response } = (await navigator.credentials.create({ publicKey })) as PublicKeyCredential;
  const made = response as AuthenticatorAttestationResponse;
  return {
    id,
    type,
    response: {
      clientDataJSON: base64url(made.clientDataJSON),
      attestationObject: base64url(made.attestationObject),
      transports: made.getTransports(),
    },
  };
}

/** Proves the holder by a credential. @throws if the user does not give the proof */
export async function provenHolder(party: string, id: string, nonce: string): Promise<Holder> {
  const publicKey: PublicKeyCredentialRequestOptions = {
    rpId: party,
    challenge: bytesOf(nonce),
    allowCredentials: [{ type: 'public-key', id: bytesOf(id) }],
    userVerification: 'required',
    timeout: verificationTimeout,
  };
  const { type, response } = (await navigator.credentials.get({ publicKey })) as PublicKeyCredential;
  const { clientDataJSON, authenticatorData, signature } = response as AuthenticatorAssertionResponse;
  return {
    id,
    type,
    response: {
      clientDataJSON: base64url(clientDataJSON),
      authenticatorData: base64url(authenticatorData),
      signature: base64url(signature),
    },
  };
}
