import { seededCards } from '../../identity-agent/card/seed.ts';
import { seedPeople } from '../../src/cis/directory/seed/people.ts';
import { cell, generated } from './page.ts';

const ways: Readonly<Record<string, string>> = {
  smartcard: 'card',
  securityKey: 'security key',
  windowsHello: 'Windows Hello',
  passkey: 'passkey',
  tabletApp: 'tablet app',
  authenticatorApp: 'authenticator app',
  password: 'password (development realm)',
};

const profiles: Readonly<Record<string, string>> = {
  expired: 'certificate expired',
  revoked: 'certificate revoked',
  renew: 'certificate ends in 30 days',
  foreign: 'certificate of an unknown issuer',
};

/** `docs/people.md`: the seeded people. */
export function peoplePage(): string {
  const rows = seedPeople().map((person) => {
    const card = seededCards.find(({ uid }) => uid === person.uid);
    const state = card?.locked ? 'PIN blocked' : profiles[card?.profile ?? ''];
    const roles = person.roles.map(
      ({ roleName, roleCode, orgCode }) =>
        `${roleName.split('":"').at(-1)?.replaceAll('"', '')} (${roleCode.split(':').at(-1)}) at ${orgCode}`,
    );
    const cells = [
      `\`${person.persona}\``,
      `\`${person.uid}\``,
      person.displayName,
      roles.join('; ') || 'none',
      card ? (state ?? 'yes') : 'no',
      person.authenticators.map((name) => ways[name] ?? name).join(', '),
    ];
    return `| ${cells.map(cell).join(' | ')} |`;
  });
  return [
    '# Seeded people',
    '',
    generated,
    '',
    'All people are fictional and the same after every reset. The PIN of every virtual card is `123456`. Three wrong entries block a card; the unblocking code is `87654321`. [authenticators.md](authenticators.md) shows how to use the other authenticators.',
    '',
    '| persona | uid | name | roles | card | signs in with |',
    '|---|---|---|---|---|---|',
    ...rows,
    '',
  ].join('\n');
}
