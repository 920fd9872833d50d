import type { WebAuthnKind } from './webauthn/kind.ts';

/** What a phone or a password manager holds, and may copy: the second level, unless policy and attestation say more. */
export const passkey: WebAuthnKind = {
  id: 'passkey',
  label: 'Passkey',
  thing: 'your passkey',
  hint: 'Use a passkey of your phone or of this computer.',
  enrolmentHint: 'A phone, a tablet or a password manager that keeps passkeys.',
  hints: ['hybrid', 'client-device'],
  best: ({ passkeyLevel }) => passkeyLevel,
};
