import { type Html, html } from '@alongside/kernel/html';
import type { Person } from '../../cis/protocol.ts';
import { consolePaths, type SessionAnswer, type SessionsAnswer } from '../../cis2/protocol.ts';
import { errors } from '../errors.ts';
import type { Neighbour } from '../neighbour.ts';
import { callButton, orNull } from './controls.ts';
import type { Section } from './section.ts';

async function sessionsOf(cis2: Neighbour): Promise<SessionAnswer[]> {
  const { status, body } = await cis2.call({ method: 'GET', path: consolePaths.sessions });
  if (status !== 200) throw errors.cis2Unreachable(`it answered ${status}`);
  return (body as SessionsAnswer).sessions;
}

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
    done: `The session of ${who} has ended.`,
    label: 'End',
    about: `the session of ${who}`,
  })}</td>
</tr>`;
};

export const sessionsSection: Section = {
  id: 'sessions',
  title: 'Sessions',
  live: true,
  async render({ console: { cis2 }, people }) {
    const sessions = await orNull(sessionsOf(cis2));
    if (!sessions)
      return html`<p class="warning">CIS2 does not respond, so its sessions cannot be shown.</p>`;
    if (sessions.length === 0) return html`<p>CIS2 has no sessions.</p>`;
    const known = (await people) ?? [];
    return html`
<table role="table" class="stacks">
<caption class="visually-hidden">Sessions at CIS2</caption>
<thead role="rowgroup"><tr role="row"><th role="columnheader" scope="col">Person</th><th role="columnheader" scope="col">Authenticator</th>
<th role="columnheader" scope="col">Clients</th><th role="columnheader" scope="col">Since</th><th role="columnheader" scope="col"><span class="visually-hidden">End</span></th></tr></thead>
<tbody role="rowgroup">${sessions.map((session) => row(session, known))}</tbody>
</table>`;
  },
};
