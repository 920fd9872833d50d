import type { Clock } from '@alongside/kernel/clock';
import type { Route } from '@alongside/kernel/http';
import { withoutMethodErrors } from '@alongside/kernel/route';
import type { SingleUse } from '../../storage/single-use.ts';
import { EnrolmentLinks } from '../enrolment/pending-enrolments.ts';
import { RegistrationTokens } from '../registration/tokens.ts';
import { authenticatorRoutes } from './authenticators.ts';
import { deliveryRoutes } from './deliveries.ts';
import { registrationTokenRoutes } from './registration-tokens.ts';
import { sessionRoutes } from './sessions.ts';
import { validateRoutes } from './validate.ts';

type RouteDependencies = Parameters<typeof sessionRoutes>[0] &
  Parameters<typeof deliveryRoutes>[0] &
  Parameters<typeof validateRoutes>[0] &
  Omit<Parameters<typeof authenticatorRoutes>[0], 'links' | 'origin'>;

type AdministrationDependencies = Omit<RouteDependencies, 'consoleSecret'> & {
  issuer: string;
  singleUse: SingleUse;
  clock: Clock;
  /** The secret of the console. The console API is off without it. */
  consoleSecret?: string;
};

/** The console API: sessions, logout deliveries, authenticators, registration tokens and dry runs. */
export function administrationRoutes({
  consoleSecret,
  ...dependencies
}: AdministrationDependencies): Route[] {
  if (consoleSecret === undefined) return [];
  const { issuer, singleUse, clock } = dependencies;
  const parts = { ...dependencies, consoleSecret };
  // A method that a path lacks is 404 here, as are the paths that only development has.
  return withoutMethodErrors([
    ...sessionRoutes(parts),
    ...deliveryRoutes(parts),
    ...authenticatorRoutes({
      ...parts,
      origin: new URL(issuer).origin,
      links: new EnrolmentLinks(singleUse, clock),
    }),
    ...validateRoutes(parts),
    ...registrationTokenRoutes({ ...parts, tokens: new RegistrationTokens(parts) }),
  ]);
}
