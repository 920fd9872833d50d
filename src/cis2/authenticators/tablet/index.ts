import { json } from '@alongside/kernel/answer';
import type { HttpRequest } from '@alongside/kernel/http';
import { route, withSecrets } from '@alongside/kernel/route';
import { errorPage, serviceError } from '../../responses/error-answers.ts';
import type { AuthenticatorKind } from '../kind.ts';
import { createCeremony } from '../webauthn/ceremony.ts';
import type { WebAuthnSettings } from '../webauthn/policy.ts';
import { tabletAppPage } from './app-page.ts';
import { answerSteps, openSteps } from './endpoints.ts';
import { joinSteps, tabletEnrolment } from './enrolment.ts';
import { HolderChecks } from './holder.ts';
import { maxTabletBodyLength, tabletPaths } from './protocol.ts';
import { type Networks, noNetworks, TabletRequests } from './requests.ts';
import { demoTablet, tabletSeeds } from './seed.ts';
import { tabletAuthenticator, tabletMethods } from './sign-in.ts';

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
    const errors = errorPage(development);
    const app = async () => tabletAppPage(issuer, holders.party, development);
    const post = (list: Pick<typeof openSteps, 'run'>, bodyLimit = 8_192) => ({
      POST: {
        endpoint: (request: HttpRequest) => list.run({ tablet: dependencies, request }),
        errors: serviceError,
        bodyLimit,
      },
    });
    return {
      authenticators: [tabletAuthenticator(dependencies)],
      enrolments: [tabletEnrolment(dependencies)],
      routes: [
        ...route(tabletPaths.app, { GET: { endpoint: app, errors } }),
        ...withSecrets('bodies', [
          ...(development
            ? route(tabletPaths.demoKey, { GET: { endpoint: async () => json(200, demoTablet), errors } })
            : []),
          ...route(tabletPaths.open, post(openSteps)),
          ...route(tabletPaths.answer, post(answerSteps)),
          ...route(tabletPaths.join, post(joinSteps, maxTabletBodyLength)),
        ]),
      ],
    };
  },
  seed: tabletSeeds,
};
