import { type Html, html } from '@alongside/kernel/html';
import { callButton, foreign, orNull, tag } from '../../page/controls.ts';
import type { PageView } from '../../page/page.ts';
import { agentStates, readerPicture } from '../desk/reader.ts';
import { plainRole } from '../people/role-names.ts';

const row = (term: string, value: Html | string | undefined): Html | undefined =>
  value === undefined ? undefined : html`<dt>${term}</dt><dd>${value}</dd>`;

/** The card, person and role at the desk, and the buttons of the reader. */
export async function desk({ console: { agent } }: Pick<PageView, 'console'>): Promise<Html> {
  const status = await orNull(agent.status());
  if (!status)
    return html`<p class="warning">No Identity Agent responds on this machine, so there is no card reader.</p>`;
  const { card, person, role, state, reason, generation } = status;
  return html`<div class="at-desk">${readerPicture(status)}<p>${tag(...agentStates[state])}</p></div>
${reason ? html`<p class="error">${foreign(reason)}</p>` : undefined}
<dl class="summary">${row('Card', card ? html`${foreign(card.name)} (${card.serial})` : 'none')}
${row('Person', person ? html`<a href="/people/${person.uid}">${foreign(person.displayName)}</a>` : undefined)}
${row('Role', role ? `${plainRole(role.roleName)} at ${role.orgCode}` : undefined)}
${row('Agent', `${generation} generation`)}</dl>
<div class="actions">
${card ? callButton({ id: 'take-card', method: 'DELETE', path: '/readers/0/card', done: 'The reader is empty.', label: 'Remove the card' }) : undefined}
${person ? callButton({ id: 'sign-out', method: 'DELETE', path: '/agent/session', done: 'Signed out.', label: 'Sign out' }) : undefined}
<a href="/desk">Open the desk</a></div>`;
}
