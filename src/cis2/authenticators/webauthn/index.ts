import type { AuthenticatorKind } from '../kind.ts';
import { createCeremony } from './ceremony.ts';
import { webAuthnEnrolment } from './enrolment.ts';
import type { WebAuthnSettings } from './policy.ts';
import { webAuthnScriptRoute } from './script.ts';
import { webAuthnSeeds } from './seed.ts';
import { webAuthn } from './sign-in.ts';
import { webAuthnKinds, webAuthnMethods } from './variants.ts';

/** Security keys, Windows Hello and passkeys; none where the issuer is an IP address. */
export const webAuthnKind: AuthenticatorKind<{ webAuthn?: WebAuthnSettings }> = {
  reaches: [{ level: 3, methods: webAuthnMethods }],
  create(dependencies) {
    const ceremony = createCeremony(dependencies);
    const parts = ceremony && { ...dependencies, ceremony };
    return {
      authenticators: parts ? webAuthnKinds.map((kind) => webAuthn(kind, parts)) : [],
      enrolments: parts ? webAuthnKinds.map((kind) => webAuthnEnrolment(kind, parts)) : [],
      routes: [{ errors: 'page', routes: [webAuthnScriptRoute] }],
    };
  },
  seed: webAuthnSeeds,
};
