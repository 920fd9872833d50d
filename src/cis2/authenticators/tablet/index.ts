import { json } from '@alongside/kernel/answer';
import type { AuthenticatorKind } from '../kind.ts';
import { createCeremony } from '../webauthn/ceremony.ts';
import type { WebAuthnSettings } from '../webauthn/policy.ts';
import { tabletAppPage } from './app-page.ts';
import { appScriptRoute } from './app-script.ts';
import { createTabletAnswer, createTabletOpen } from './endpoints.ts';
import { createTabletJoin, tabletEnrolment } from './enrolment.ts';
import { HolderChecks } from './holder.ts';
import { longestTabletBody, tabletPaths } from './protocol.ts';
import { type Networks, noNetworks, TabletRequests } from './requests.ts';
import { demoTablet, tabletSeeds } from './seed.ts';
import { tabletAuthenticator, tabletMethods } from './sign-in.ts';
import { waitScriptRoute } from './wait-script.ts';

interface TabletSettings {
  tabletNetworks?: Networks;
  /** For the WebAuthn credentials that verify the holders of tablets. */
  webAuthn?: WebAuthnSettings;
}

/** The tablet app. Its endpoints accept no cookie, only the key of the tablet. */
export const tabletAppKind: AuthenticatorKind<TabletSettings> = {
  reaches: [{ level: 3, methods: tabletMethods }],
  create(given) {
    const { database, singleUse, clock, development, issuer, tabletNetworks: networks = noNetworks } = given;
    const requests = new TabletRequests(database, singleUse, clock);
    const holders = new HolderChecks(createCeremony(given), development);
    const dependencies = { ...given, requests, holders, networks };
    return {
      authenticators: [tabletAuthenticator(dependencies)],
      enrolments: [tabletEnrolment(dependencies)],
      routes: [
        {
          errors: 'page',
          routes: [
            {
              methods: ['GET'],
              path: tabletPaths.app,
              endpoint: async () => tabletAppPage(issuer, holders.party, development),
            },
            ...(development
              ? [
                  {
                    methods: ['GET' as const],
                    path: tabletPaths.demoKey,
                    endpoint: async () => json(200, demoTablet),
                  },
                ]
              : []),
            appScriptRoute,
            waitScriptRoute,
          ],
        },
        {
          errors: 'json',
          routes: [
            {
              methods: ['POST'],
              path: tabletPaths.open,
              endpoint: createTabletOpen(dependencies),
              bodyLimit: 8_192,
            },
            {
              methods: ['POST'],
              path: tabletPaths.answer,
              endpoint: createTabletAnswer(dependencies),
              bodyLimit: 8_192,
            },
            {
              methods: ['POST'],
              path: tabletPaths.join,
              endpoint: createTabletJoin(dependencies),
              bodyLimit: longestTabletBody,
            },
          ],
        },
      ],
    };
  },
  seed: tabletSeeds,
};
