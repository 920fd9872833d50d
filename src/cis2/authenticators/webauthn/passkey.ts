import { words } from '../../text/words.ts';
import type { WebAuthnKind } from './kind.ts';

/** What a phone or a password manager holds, and may copy: the second level, unless policy and attestation say more. */
export const passkey: WebAuthnKind = {
  id: 'passkey',
  ...words.ways.passkey,
  hints: ['hybrid', 'client-device'],
  best: ({ passkeyLevel }) => passkeyLevel,
};
