import { type Html, html } from '@alongside/kernel/html';
import type { Person } from '../../cis/protocol.ts';
import type { SessionAnswer } from '../../cis2/protocol.ts';
import { callButton } from './controls.ts';

const time = (iso: string): Html => html`<time datetime="${iso}">${iso.slice(11, 16)} UTC</time>`;

const row = (session: SessionAnswer, people: readonly Person[]): Html => {
  const person = people.find(({ uid }) => uid === session.uid);
  const who = person?.persona ?? person?.displayName ?? session.uid;
  return html`<tr role="row">
<th role="rowheader" scope="row"><strong>${who}</strong></th>
<td role="cell">${session.authenticator}, AAL${session.level}</td>
<td role="cell">${session.clients.join(', ') || 'none yet'}</td>
<td role="cell">${time(session.createdAt)}, used ${time(session.activeAt)}</td>
<td role="cell">${callButton({
    id: `session-${session.sid}`,
    method: 'DELETE',
    path: `/sessions/${session.sid}`,
    done: `${who} is signed out everywhere.`,
    label: 'End',
    about: `the session of ${who}`,
  })}</td>
</tr>`;
};

/** Who is signed in at CIS2. Null stands for a neighbour that does not answer. */
export function sessionsSection(
  sessions: readonly SessionAnswer[] | null,
  people: readonly Person[] | null,
): Html {
  if (!sessions) return html`<p class="warning">CIS2 does not answer, so its sessions cannot be shown.</p>`;
  if (sessions.length === 0) return html`<p>Nobody is signed in at CIS2.</p>`;
  return html`
<table role="table" class="stacks">
<caption class="visually-hidden">Sessions at CIS2</caption>
<thead role="rowgroup"><tr role="row"><th role="columnheader" scope="col">Person</th><th role="columnheader" scope="col">Way</th>
<th role="columnheader" scope="col">Clients</th><th role="columnheader" scope="col">Since</th><th role="columnheader" scope="col"><span class="visually-hidden">End</span></th></tr></thead>
<tbody role="rowgroup">${sessions.map((session) => row(session, people ?? []))}</tbody>
</table>`;
}
