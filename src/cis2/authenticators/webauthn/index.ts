import type { Draft } from '../../model/credentials.ts';
import type { AuthenticatorKind } from '../kind.ts';
import { createCeremony } from './ceremony.ts';
import { webAuthnEnrolment } from './enrolment.ts';
import { seededKey } from './import.ts';
import type { WebAuthnSettings } from './policy.ts';
import { webAuthnAuthenticator } from './sign-in.ts';
import { variants, webAuthnMethods } from './variants.ts';

/** Each key is derived from persona and kind. */
const seeded: readonly (readonly [persona: string, uid: string, kind: string, label: string])[] = [
  ['gp', '656005750108', 'security-key', 'Security key'],
  ['admin', '656005750104', 'windows-hello', 'Windows Hello'],
  ['nurse', '656005750105', 'passkey', 'Passkey'],
  ['gp-aal2', '656005750111', 'passkey', 'Passkey'],
];

/** Credentials of seeded users; testers can import the keys into a browser. */
const webAuthnSeeds = (): Draft[] =>
  seeded.map(([persona, uid, kind, label]) => ({ ...seededKey(`${persona} ${kind}`, label), uid, kind }));

/** Security keys, Windows Hello and passkeys. They need an issuer with a host name. */
export const webAuthnKind: AuthenticatorKind<{ webAuthn?: WebAuthnSettings }> = {
  reaches: [{ level: 3, methods: webAuthnMethods }],
  create(given) {
    const ceremony = createCeremony(given);
    return {
      authenticators: ceremony ? variants.map((variant) => webAuthnAuthenticator(variant, ceremony)) : [],
      enrolments: ceremony ? variants.map((variant) => webAuthnEnrolment(variant, ceremony)) : [],
      routes: [],
    };
  },
  seed: webAuthnSeeds,
};
