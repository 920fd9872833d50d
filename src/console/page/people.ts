import { type Html, html } from '@alongside/kernel/html';
import type { SocketCard } from '../../../identity-agent/protocol.ts';
import type { Person } from '../../cis/protocol.ts';
import { callButton, orNull } from './controls.ts';
import type { Section } from './section.ts';

const mostPeople = 200;

/** Returns the last part of a published role name such as `"Clinical":"Medical":"General Medical Practitioner"`. */
export const plainRole = (name: string): string => name.split('":"').at(-1)?.replaceAll('"', '') ?? name;

const rolesOf = ({ roles }: Person): string => {
  const [first, ...more] = roles;
  if (!first) return 'no role';
  return more.length > 0
    ? `${roles.length} roles`
    : `${plainRole(first.roleName)} (${first.roleCode.split(':').at(-1)})`;
};

const profiles: Readonly<Record<string, string>> = {
  expired: 'certificate expired',
  revoked: 'certificate revoked',
  renew: 'certificate ends soon',
  foreign: 'foreign issuer',
};

function cardState(card: SocketCard | undefined): Html {
  if (!card) return html`<span class="quiet">no card</span>`;
  const tags = [
    card.inserted ? html`<span class="tag good">in the reader</span>` : undefined,
    card.locked ? html`<span class="tag bad">PIN blocked</span>` : undefined,
    profiles[card.profile] ? html`<span class="tag warn">${profiles[card.profile]}</span>` : undefined,
  ];
  return html`<code>${card.serial}</code> ${tags}`;
}

function cardButton(card: SocketCard | undefined, who: string): Html | undefined {
  if (!card) return undefined;
  const id = `card-${card.serial}`;
  const about = `the card of ${who}`;
  return card.inserted
    ? callButton({
        id,
        method: 'DELETE',
        path: '/readers/0/card',
        done: 'The reader is empty.',
        label: 'Remove',
        about,
      })
    : callButton({
        id,
        method: 'PUT',
        path: '/readers/0/card',
        body: { card: card.serial },
        done: `The card of ${who} is in the reader.`,
        label: 'Insert',
        about,
      });
}

const authenticatorNames: Readonly<Record<string, string>> = {
  securityKey: 'security key',
  windowsHello: 'Windows Hello',
  passkey: 'passkey',
  tabletApp: 'tablet app',
  authenticatorApp: 'authenticator app',
  password: 'password',
};

const otherAuthenticators = ({ authenticators }: Person): Html | undefined => {
  const names = authenticators.flatMap((name) => authenticatorNames[name] ?? []);
  return names.length > 0 ? html`<br><span class="quiet">${names.join(', ')}</span>` : undefined;
};

const row = (person: Person, cards: readonly SocketCard[]): Html => {
  const own = cards.filter(({ uid }) => uid === person.uid);
  const card = own.find(({ inserted }) => inserted) ?? own.at(-1);
  const who = person.persona ?? person.displayName;
  return html`<tr role="row">
<th role="rowheader" scope="row"><strong>${who}</strong><br><span class="quiet">${person.displayName}</span></th>
<td role="cell"><code>${person.uid}</code>${person.disabled ? html` <span class="tag bad">disabled</span>` : undefined}</td>
<td role="cell">${rolesOf(person)}</td>
<td role="cell">${cardState(card)}${otherAuthenticators(person)}</td>
<td role="cell">${cardButton(card, who)}</td>
</tr>`;
};

export const peopleSection: Section = {
  id: 'people',
  title: 'People and cards',
  live: true,
  async render({ console: { agent, development }, people }) {
    const [known, cards] = await Promise.all([people, development ? orNull(agent.cards()) : null]);
    if (!known) return html`<p class="warning">CIS does not respond, so its people cannot be shown.</p>`;
    if (known.length === 0)
      return html`<p>The directory is empty. Add a person with <code>alongside person add</code>.</p>`;
    const shown = known.slice(0, mostPeople);
    return html`
<table role="table" class="stacks">
<caption class="visually-hidden">People and their cards</caption>
<thead role="rowgroup"><tr role="row"><th role="columnheader" scope="col">Person</th><th role="columnheader" scope="col">uid</th>
<th role="columnheader" scope="col">Roles</th><th role="columnheader" scope="col">Authenticators</th><th role="columnheader" scope="col"><span class="visually-hidden">Reader</span></th></tr></thead>
<tbody role="rowgroup">${shown.map((person) => row(person, cards ?? []))}</tbody>
</table>
${known.length > shown.length ? html`<p class="quiet">The directory has ${known.length - shown.length} more people: <code>GET /api/v1/people</code>.</p>` : undefined}`;
  },
};
