import { words } from '../../text/words.ts';

/** One way to sign in by WebAuthn: what it is called, and what the browser is asked for. */
export interface WebAuthnKind {
  /** Id of the authenticator and kind of its credentials. */
  readonly id: string;
  readonly label: string;
  /** Within a sentence: "your security key". */
  readonly thing: string;
  readonly hint: string;
  /** What to have at hand to set one up. */
  readonly enrolmentHint: string;
  /** Where the authenticator must be (WebAuthn section 5.4.5); either place when absent. */
  readonly attachment?: 'platform' | 'cross-platform';
  /** What the browser should offer first (WebAuthn section 5.8.7). */
  readonly hints: readonly string[];
  /** The best level that its credentials may reach. */
  best(policy: { passkeyLevel: 2 | 3 }): 2 | 3;
}

/** What is kept of a WebAuthn credential. */
export interface WebAuthnBody {
  /** COSE key, base64url. */
  publicKey: string;
  /** The last signature counter. */
  counter: number;
  transports: string[];
  /** Model of the authenticator, as an UUID. */
  aaguid: string;
  /** Fingerprint of the trusted root to which its attestation led; null when it led to none. */
  root: string | null;
  /** It may be copied to other devices. */
  backupEligible: boolean;
  /** No sign-in with it counts as more. */
  ceiling: 2 | 3;
  /** Its key is known to many: taken in development alone, where its counter says nothing. */
  shared: boolean;
}

/** `amr` of every sign-in by WebAuthn. */
export const webAuthnMethods: readonly string[] = ['FIDO2'];

/** A key that users carry, in a port or held to the reader. */
export const securityKey: WebAuthnKind = {
  id: 'security-key',
  ...words.ways.securityKey,
  attachment: 'cross-platform',
  hints: ['security-key'],
  best: () => 3,
};

/** A key of the computer itself, unlocked by a face, a finger or a PIN. */
const windowsHello: WebAuthnKind = {
  id: 'windows-hello',
  ...words.ways.windowsHello,
  attachment: 'platform',
  hints: ['client-device'],
  best: () => 3,
};

/** A key of a phone or a password manager, which may copy it: level 2, unless policy and attestation allow level 3. */
export const passkey: WebAuthnKind = {
  id: 'passkey',
  ...words.ways.passkey,
  hints: ['hybrid', 'client-device'],
  best: ({ passkeyLevel }) => passkeyLevel,
};

/** Every kind of WebAuthn credential, in the order of the pages. */
export const webAuthnKinds: readonly WebAuthnKind[] = [securityKey, windowsHello, passkey];

/** COSE algorithms that we take (RFC 9053 section 2, RFC 8812 section 2): ES256, EdDSA, RS256. */
export const algorithms: readonly number[] = [-7, -8, -257];
