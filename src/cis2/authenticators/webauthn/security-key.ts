import { words } from '../../text/words.ts';
import type { WebAuthnKind } from './kind.ts';

/** A key that is carried along, in a port or held to the reader. */
export const securityKey: WebAuthnKind = {
  id: 'security-key',
  ...words.ways.securityKey,
  attachment: 'cross-platform',
  hints: ['security-key'],
  best: () => 3,
};
