import { words } from '../../text/words.ts';
import type { WebAuthnKind } from './kind.ts';

/** What the computer itself holds, opened by a face, a finger or a PIN. */
export const windowsHello: WebAuthnKind = {
  id: 'windows-hello',
  ...words.ways.windowsHello,
  attachment: 'platform',
  hints: ['client-device'],
  best: () => 3,
};
