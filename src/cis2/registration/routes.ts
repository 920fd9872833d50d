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

interface Parts {
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

/** Below the issuer, as ForgeRock's product names it. */
const path = '/connect/register';

/** Where clients register themselves; undefined where they may not. */
export const registrationUrlOf = (
  parts: Pick<Parts, 'issuer' | 'dynamicRegistration'>,
): string | undefined => (parts.dynamicRegistration ? `${parts.issuer}${path}` : undefined);

/** What stands below these is answered as JSON. */
export const registrationPrefixes = (issuer: string): string[] => [
  '/api/',
  `${new URL(issuer).pathname}${path}`,
];

/** Connection Manager, and dynamic registration where it is on. */
export function registrationRoutes(parts: Parts): Route[] {
  const { origin, pathname } = new URL(parts.issuer);
  const tokens = new RegistrationTokens(parts);
  const sessions = new TeamSessions({ ...parts, origin });
  const registrationUrl = registrationUrlOf(parts);
  return [
    ...connectionManagerRoutes({ ...parts, tokens, sessions }),
    ...(registrationUrl === undefined
      ? []
      : dynamicRoutes({ ...parts, tokens, registrationUrl, registrationPath: `${pathname}${path}` })),
  ];
}
