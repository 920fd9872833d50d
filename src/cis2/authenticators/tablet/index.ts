import { json } from '@alongside/kernel/answer';
import type { Endpoint, Route } from '@alongside/kernel/http';
import type { SingleUse } from '../../../storage/single-use.ts';
import type { AuthenticatorKind, RouteGroup } from '../kind.ts';
import { createCeremony } from '../webauthn/ceremony.ts';
import type { WebAuthnSettings } from '../webauthn/policy.ts';
import { tabletAppPage } from './app-page.ts';
import { appScriptRoute } from './app-script.ts';
import { createTabletAnswer, createTabletOpen, type TabletParts } from './endpoints.ts';
import { createTabletJoin, tabletEnrolment } from './enrolment.ts';
import { HolderChecks } from './holder.ts';
import { longestTabletBody, tabletPaths } from './protocol.ts';
import { type Networks, noNetworks, TabletRequests } from './requests.ts';
import { demoTablet, tabletSeeds } from './seed.ts';
import { tablet, tabletMethods } from './sign-in.ts';
import { waitScriptRoute } from './wait-script.ts';

/** The tablet app: its page, and the endpoints that it calls. They accept no cookie, only the key of the tablet. */
function tabletRoutes(parts: TabletParts & { singleUse: SingleUse }): RouteGroup[] {
  const { issuer, development, singleUse, holders } = parts;
  const post = (path: string, endpoint: Endpoint, bodyLimit = 8_192): Route => ({
    methods: ['POST'],
    path,
    endpoint,
    bodyLimit,
  });
  const get = (path: string, endpoint: Endpoint): Route => ({ methods: ['GET'], path, endpoint });
  return [
    {
      errors: 'page',
      routes: [
        get(tabletPaths.app, async () => tabletAppPage(issuer, holders.party, development)),
        ...(development ? [get(tabletPaths.demoKey, async () => json(200, demoTablet))] : []),
        appScriptRoute,
        waitScriptRoute,
      ],
    },
    {
      errors: 'json',
      routes: [
        post(tabletPaths.open, createTabletOpen(parts)),
        post(tabletPaths.answer, createTabletAnswer(parts)),
        post(tabletPaths.join, createTabletJoin(singleUse, holders, issuer), longestTabletBody),
      ],
    },
  ];
}

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
