import { RemoteKeys } from '../../../oauth/remote-keys.ts';
import type { AuthenticatorKind } from '../kind.ts';
import { federatedEnrolment } from './enrolment.ts';
import { callbackRoute, Federation } from './federation.ts';
import type { FederatedProvider } from './provider.ts';
import { federated, federatedStrength } from './sign-in.ts';
import { providerPolicy, Upstream } from './upstream.ts';

/** OpenID providers of others: one authenticator for each configured provider. */
export const federatedKind: AuthenticatorKind<{ providers?: readonly FederatedProvider[] }> = {
  reaches: [federatedStrength],
  create(dependencies) {
    const { clock, development, issuer, providers = [], singleUse } = dependencies;
    const keys = new RemoteKeys(clock, providerPolicy);
    const { origin } = new URL(issuer);
    const federations = providers.map(
      (provider) =>
        new Federation(new Upstream(provider, clock, development, origin), { ...dependencies, keys }),
    );
    return {
      authenticators: federations.map((federation) => federated({ ...dependencies, federation })),
      enrolments: federations.map((federation) => federatedEnrolment({ ...dependencies, federation })),
      routes: [{ errors: 'page', routes: [callbackRoute(singleUse)] }],
    };
  },
};
