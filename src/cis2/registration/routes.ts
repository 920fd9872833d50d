import type { Clock } from '@alongside/kernel/clock';
import type { Route } from '@alongside/kernel/http';
import type { SigningKeys } from '@alongside/kernel/keys';
import type { Applications } from '../../oauth/applications.ts';
import type { NetworkLimit } from '../../oauth/network-limit.ts';
import type { AuditLog } from '../../storage/audit.ts';
import type { SingleUse } from '../../storage/single-use.ts';
import { connectionManagerRoutes } from './connection-manager.ts';
import { dynamicRoutes } from './dynamic.ts';
import { TeamSessions } from './team-session.ts';
import { RegistrationTokens } from './tokens.ts';

interface RegistrationDependencies {
  issuer: string;
  applications: Applications;
  singleUse: SingleUse;
  keys: SigningKeys;
  audit: AuditLog;
  clock: Clock;
  development: boolean;
  /** Counts wrong secrets by network. */
  failures: NetworkLimit;
  /** Whether clients may register themselves. */
  dynamicRegistration?: boolean;
}

/** The path below the issuer in ForgeRock's product. */
const path = '/connect/register';

/** Returns the address of dynamic registration, or undefined if it is off. */
export const registrationUrlOf = (
  parts: Pick<RegistrationDependencies, 'issuer' | 'dynamicRegistration'>,
): string | undefined => (parts.dynamicRegistration ? `${parts.issuer}${path}` : undefined);

/** The Connection Manager interface, and dynamic registration if it is on. */
export function registrationRoutes(parts: RegistrationDependencies): Route[] {
  const { origin } = new URL(parts.issuer);
  const tokens = new RegistrationTokens(parts);
  const sessions = new TeamSessions({ ...parts, origin });
  const registrationUrl = registrationUrlOf(parts);
  return [
    ...connectionManagerRoutes({ ...parts, tokens, sessions }),
    ...(registrationUrl === undefined ? [] : dynamicRoutes({ ...parts, tokens, registrationUrl })),
  ];
}
