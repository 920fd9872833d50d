import type { Route } from '@alongside/kernel/http';
import { connectionManagerRoutes } from './connection-manager.ts';
import { dynamicRoutes } from './dynamic.ts';
import { TeamSessions } from './team-session.ts';
import { type RegistrationServices, RegistrationTokens } from './tokens.ts';

interface RegistrationDependencies extends Omit<RegistrationServices, 'tokens' | 'sessions'> {
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
  const services = { ...parts, tokens, sessions };
  return [
    ...connectionManagerRoutes(services),
    ...(registrationUrl === undefined ? [] : dynamicRoutes({ ...services, registrationUrl })),
  ];
}
