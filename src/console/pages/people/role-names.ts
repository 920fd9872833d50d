import type { Person } from '../../../cis/protocol.ts';

/** Returns the last part of a published role name such as `"Clinical":"Medical":"General Medical Practitioner"`. */
export const plainRole = (name: string): string => name.split('":"').at(-1)?.replaceAll('"', '') ?? name;

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
  const named = roles.slice(0, 2).map(({ roleName, orgName }) => `${plainRole(roleName)} at ${orgName}`);
  return roles.length > 2 ? `${named.join('; ')}; and ${roles.length - 2} more` : named.join('; ');
}
