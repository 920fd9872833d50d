import type { Route } from '@alongside/kernel/http';
import type { Enrolment } from '../enrolment/enrolment.ts';
import { type AuthenticationStrength, classesOf, generalClasses } from '../model/session.ts';
import type { Authenticator } from '../sign-in/authenticator.ts';
import { federatedKind } from './federated/index.ts';
import type { FederatedProvider } from './federated/provider.ts';
import type { AuthenticatorDependencies, AuthenticatorKind } from './kind.ts';
import { passwordOnlyKind } from './password/index.ts';
import { personaKind } from './persona/index.ts';
import { smartcardKind } from './smartcard/index.ts';
import { tabletAppKind } from './tablet/index.ts';
import type { Networks } from './tablet/requests.ts';
import { authenticatorAppKind } from './totp/index.ts';
import { webAuthnKind } from './webauthn/index.ts';
import type { WebAuthnSettings } from './webauthn/policy.ts';

interface AuthenticatorSettings {
  webAuthn?: WebAuthnSettings;
  tabletNetworks?: Networks;
  providers?: readonly FederatedProvider[];
}

/** Every kind of authenticator, in the order of the pages. */
export const authenticatorKinds: readonly AuthenticatorKind<AuthenticatorSettings>[] = [
  smartcardKind,
  webAuthnKind,
  tabletAppKind,
  authenticatorAppKind,
  federatedKind,
  personaKind,
  passwordOnlyKind,
];

/** Methods with sessions that the workstation does not end. */
export const unwatchedMethods: readonly string[] = authenticatorKinds.flatMap(
  ({ unwatchedMethods = [] }) => unwatchedMethods,
);

const reaches: readonly AuthenticationStrength[] = authenticatorKinds.flatMap((kind) => kind.reaches);

/** The authentication context classes, in the order of the discovery document. */
export const acrValues: readonly string[] = [
  ...generalClasses,
  ...authenticatorKinds.flatMap(({ family, reaches }) => [
    ...(family === undefined ? [] : [family]),
    ...reaches.flatMap(classesOf),
  ]),
];

/** Creates the authenticators, enrolments and routes of one realm. */
export function createAuthenticators(
  given: AuthenticatorDependencies & AuthenticatorSettings,
  passwordOnly: boolean,
): { authenticators: Authenticator[]; enrolments: Enrolment[]; routes: Route[] } {
  const created = authenticatorKinds
    .filter(({ only }) => only === undefined || given.development)
    .map((kind) => ({ only: kind.only, ...kind.create({ ...given, reaches }) }));
  return {
    authenticators: created
      .filter(({ only }) => (only === 'password-realm') === passwordOnly)
      .flatMap(({ authenticators }) => authenticators),
    enrolments: created.flatMap(({ enrolments = [] }) => enrolments),
    routes: created.flatMap(({ routes = [] }) => routes),
  };
}
