import type { AuthenticatorKind } from '../kind.ts';
import { createCeremony } from './ceremony.ts';
import { webAuthnEnrolment } from './enrolment.ts';
import type { WebAuthnSettings } from './policy.ts';
import { webAuthnScriptRoutes } from './script.ts';
import { webAuthnSeeds } from './seed.ts';
import { webAuthnAuthenticator } from './sign-in.ts';
import { variants, webAuthnMethods } from './variants.ts';

/** Security keys, Windows Hello and passkeys. They need an issuer with a host name. */
export const webAuthnKind: AuthenticatorKind<{ webAuthn?: WebAuthnSettings }> = {
  reaches: [{ level: 3, methods: webAuthnMethods }],
  create(given) {
    const ceremony = createCeremony(given);
    const dependencies = ceremony && { ...given, ceremony };
    return {
      authenticators: dependencies
        ? variants.map((variant) => webAuthnAuthenticator(variant, dependencies))
        : [],
      enrolments: dependencies ? variants.map((variant) => webAuthnEnrolment(variant, dependencies)) : [],
      routes: webAuthnScriptRoutes,
    };
  },
  seed: webAuthnSeeds,
};
