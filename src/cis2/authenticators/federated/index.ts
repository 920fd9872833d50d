import { RemoteKeys } from '../../../oauth/remote-keys.ts';
import type { AuthenticatorKind } from '../kind.ts';
import { federatedEnrolment } from './enrolment.ts';
import { callbackRoute, type Federation } from './federation.ts';
import type { FederatedProvider } from './provider.ts';
import { federatedAuthenticator, federatedStrength } from './sign-in.ts';
import { providerPolicy, Upstream } from './upstream.ts';

/** OpenID providers of other organisations: one authenticator for each configured provider. */
export const federatedKind: AuthenticatorKind<{ providers?: readonly FederatedProvider[] }> = {
  reaches: [federatedStrength],
  create(given) {
    const { clock, development, issuer, providers = [], singleUse } = given;
    const providerKeys = new RemoteKeys(clock, providerPolicy);
    const { origin } = new URL(issuer);
    const federations = providers.map((provider): Federation => {
      const upstream = new Upstream(provider, clock, development, origin);
      return { ...given, upstream, providerKeys };
    });
    return {
      authenticators: federations.map(federatedAuthenticator),
      enrolments: federations.map(federatedEnrolment),
      routes: callbackRoute(singleUse, development),
    };
  },
};
