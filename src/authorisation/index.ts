import { CookieNames } from '@alongside/kernel/cookies';
import { withSecrets } from '@alongside/kernel/route';
import { Developers } from '../oauth/developers.ts';
import { ProofNonces } from '../oauth/dpop.ts';
import { AnonymousRows, NetworkLimit, networkLimits } from '../oauth/network-limit.ts';
import { RateLimiter } from '../oauth/rate-limits.ts';
import { RemoteKeys } from '../oauth/remote-keys.ts';
import { oauthSecrets } from '../oauth/secret-parameters.ts';
import type { Service } from '../service.ts';
import { createBase } from './base.ts';
import { createClients } from './clients.ts';
import { createConsoleRoutes } from './console/routes.ts';
import type { AuthorisationDependencies } from './dependencies.ts';
import { diagnosis, malformed } from './diagnosis.ts';
import { EndedSessions } from './ended-sessions.ts';
import { Logouts } from './logouts.ts';
import { createNhsRoutes } from './nhs/flows.ts';
import type { PlatformParts } from './parts.ts';
import { createStandardRoutes } from './standard/service.ts';
import { createValidate } from './validate/validate.ts';

export type { AuthorisationDependencies, BasePath } from './dependencies.ts';

/** Creates the parts that all base paths share. */
function createParts(dependencies: AuthorisationDependencies): PlatformParts {
  const limits = dependencies.networkLimits ?? networkLimits.parse({});
  const { clock, database, urls, development, singleUse, vault } = dependencies;
  const developers = new Developers(database);
  return {
    ...dependencies,
    diagnosis,
    developers,
    clients: createClients(database, { ...dependencies, developers }),
    limiter: new RateLimiter(database, clock),
    unproven: new NetworkLimit(dependencies, 'authorisation', limits.requests),
    failures: new NetworkLimit(dependencies, 'client-authentication', limits.failures),
    anonymousRows: new AnonymousRows(dependencies, 'authorisation', limits),
    clientKeys: new RemoteKeys(clock, { privateAddresses: development }),
    // Testers add and remove keys of mock realms, which are settings.
    upstreamKeys: new RemoteKeys(
      clock,
      { privateAddresses: true },
      development ? () => database.stampOf(['setting']) : undefined,
    ),
    proofNonces: new ProofNonces(vault, clock, 'authorisation'),
    endedSessions: new EndedSessions(singleUse),
    logouts: new Logouts({ ...dependencies, developers }),
    cookies: new CookieNames(urls.api, 'authorisation'),
  };
}

/** Creates the API authorisation service at its base paths, each with its profile and providers. */
export function createAuthorisation(dependencies: AuthorisationDependencies): Service {
  const parts = createParts(dependencies);
  const bases = dependencies.bases.map((settings) => createBase(settings, dependencies));
  return {
    onMalformed: malformed,
    regularWork: parts.logouts.regularWork(),
    routes: [
      ...createConsoleRoutes(bases, parts, createValidate),
      ...bases.flatMap((base) =>
        withSecrets(
          oauthSecrets,
          (base.profile === 'nhs' ? createNhsRoutes : createStandardRoutes)(base, bases, parts),
        ),
      ),
    ],
  };
}
