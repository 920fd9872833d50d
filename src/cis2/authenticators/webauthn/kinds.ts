import { words } from '../../text/words.ts';
import type { WebAuthnKind } from './kind.ts';

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
