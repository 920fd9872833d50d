import type { AuthenticatorKind } from '../kind.ts';
import { createCeremony } from '../webauthn/ceremony.ts';
import type { WebAuthnSettings } from '../webauthn/policy.ts';
import { tabletEnrolment } from './enrolment.ts';
import { HolderChecks } from './holder.ts';
import { type Networks, noNetworks } from './proximity.ts';
import { TabletRequests } from './requests.ts';
import { tabletRoutes } from './routes.ts';
import { tabletSeeds } from './seed.ts';
import { tablet, tabletMethods } from './sign-in.ts';

interface TabletSettings {
  tabletNetworks?: Networks;
  /** The tablet verifies its holder by WebAuthn. */
  webAuthn?: WebAuthnSettings;
}

/** The tablet app. */
export const tabletAppKind: AuthenticatorKind<TabletSettings> = {
  reaches: [{ level: 3, methods: tabletMethods }],
  create(dependencies) {
    const { database, singleUse, clock, development, tabletNetworks: networks = noNetworks } = dependencies;
    const requests = new TabletRequests(database, singleUse, clock);
    const holders = new HolderChecks(createCeremony(dependencies), development);
    const parts = { ...dependencies, requests, holders, networks };
    return {
      authenticators: [tablet(parts)],
      enrolments: [tabletEnrolment(parts)],
      routes: tabletRoutes(parts),
    };
  },
  seed: tabletSeeds,
};
