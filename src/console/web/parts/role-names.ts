import { jobNameOf, type Person } from '../../../cis/protocol.ts';

const authenticatorNames: Readonly<Record<string, string>> = {
  smartcard: 'smartcard',
  securityKey: 'security key',
  windowsHello: 'Windows Hello',
  passkey: 'passkey',
  tabletApp: 'tablet app',
  authenticatorApp: 'authenticator app',
  password: 'password',
  'security-key': 'security key',
  'windows-hello': 'Windows Hello',
  totp: 'authenticator app',
  tablet: 'tablet app',
};

export const authenticatorName = (id: string): string => authenticatorNames[id] ?? id;

/** Returns the roles of a person as text, the first two with their organisations. */
export function rolesText({ roles }: Pick<Person, 'roles'>): string {
  if (roles.length === 0) return 'no role';
  const named = roles.slice(0, 2).map(({ roleName, orgName }) => `${jobNameOf(roleName)} at ${orgName}`);
  return roles.length > 2 ? `${named.join('; ')}; and ${roles.length - 2} more` : named.join('; ');
}
