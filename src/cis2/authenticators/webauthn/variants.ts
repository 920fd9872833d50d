import { webAuthnText as text } from './text.ts';

/** An authenticator by WebAuthn: its texts, and the options for the browser. */
export interface WebAuthnVariant {
  /** Id of the authenticator and kind of its credentials. */
  readonly id: string;
  readonly label: string;
  /** Within a sentence: "your security key". */
  readonly thing: string;
  readonly hint: string;
  /** Describes the device that the user needs for the set-up. */
  readonly enrolmentHint: string;
  /** The required location of the device (WebAuthn section 5.4.5). */
  readonly attachment?: 'platform' | 'cross-platform';
  /** The devices that the browser offers first (WebAuthn section 5.8.7). */
  readonly hints: readonly string[];
  /** The highest level that its credentials may reach. */
  best(policy: { passkeyLevel: 2 | 3 }): 2 | 3;
}

/** Every variant, in the order of the pages. */
export const webAuthnVariants = {
  securityKey: {
    id: 'security-key',
    ...text.securityKey,
    attachment: 'cross-platform',
    hints: ['security-key'],
    best: () => 3,
  },
  windowsHello: {
    id: 'windows-hello',
    ...text.windowsHello,
    attachment: 'platform',
    hints: ['client-device'],
    best: () => 3,
  },
  /** A phone or password manager may copy the key: level 2, unless policy and attestation allow level 3. */
  passkey: {
    id: 'passkey',
    ...text.passkey,
    hints: ['hybrid', 'client-device'],
    best: ({ passkeyLevel }) => passkeyLevel,
  },
} satisfies Record<string, WebAuthnVariant>;

export const variants: readonly WebAuthnVariant[] = Object.values(webAuthnVariants);

/** The stored part of a WebAuthn credential. */
export interface WebAuthnBody {
  /** COSE key, base64url. */
  publicKey: string;
  /** The last signature counter. */
  counter: number;
  transports: string[];
  /** Model of the authenticator, as a UUID (AAGUID). */
  aaguid: string;
  /** Fingerprint of the trusted root of its attestation; null without one. */
  root: string | null;
  /** Whether the key may be copied to other devices. */
  backupEligible: boolean;
  /** The highest level of a sign-in with it. */
  ceiling: 2 | 3;
  /** Whether its private key is public. Accepted in development only, where its counter is ignored. */
  shared: boolean;
}

/** Accepted COSE algorithms (RFC 9053 section 2, RFC 8812 section 2): ES256, EdDSA, RS256. */
export const algorithms = [-7, -8, -257] as const;

/** `amr` of every sign-in by WebAuthn. */
export const webAuthnMethods: readonly string[] = ['FIDO2'];
