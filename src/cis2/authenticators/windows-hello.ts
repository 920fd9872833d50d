import type { WebAuthnKind } from './webauthn/kind.ts';

/** What the computer itself holds, opened by a face, a finger or a PIN. */
export const windowsHello: WebAuthnKind = {
  id: 'windows-hello',
  label: 'Windows Hello',
  thing: 'Windows Hello',
  hint: 'Sign in with your face, your finger or the PIN of this computer.',
  enrolmentHint: 'A computer that you use yourself, with a camera, a fingerprint reader or a PIN.',
  attachment: 'platform',
  hints: ['client-device'],
  best: () => 3,
};
