import type { WebAuthnKind } from './webauthn/kind.ts';

/** A key that is carried along, in a port or held to the reader. */
export const securityKey: WebAuthnKind = {
  id: 'security-key',
  label: 'Security key',
  thing: 'your security key',
  hint: 'Put your security key into the computer or hold it near. You will be asked for its PIN or your finger.',
  enrolmentHint: 'A key that you put into a USB port or hold near, with a PIN or a fingerprint reader.',
  attachment: 'cross-platform',
  hints: ['security-key'],
  best: () => 3,
};
