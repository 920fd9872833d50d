import type { Draft } from '../../model/credentials.ts';
import { seededKey } from './import.ts';

/** Each key is derived from persona and kind. */
const seeded: readonly (readonly [persona: string, uid: string, kind: string, label: string])[] = [
  ['gp', '656005750108', 'security-key', 'Security key'],
  ['admin', '656005750104', 'windows-hello', 'Windows Hello'],
  ['nurse', '656005750105', 'passkey', 'Passkey'],
  ['gp-aal2', '656005750111', 'passkey', 'Passkey'],
];

/** Credentials of seeded users, whose keys testers can import into a browser. */
export const webAuthnSeeds = (): Draft[] =>
  seeded.map(([persona, uid, kind, label]) => ({ ...seededKey(`${persona} ${kind}`, label), uid, kind }));
