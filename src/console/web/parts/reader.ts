import { type Html, html } from '@alongside/kernel/html';
import { codeBeside } from '@alongside/kernel/layout';
import type { AgentState, AgentStatus } from '../../../../identity-agent/protocol.ts';
import { roleText } from '../../../cis/protocol.ts';
import { orNull } from '../../model/neighbour.ts';
import { callButton, foreign, summaryRow, tag } from '../frame/controls.ts';
import type { PageView } from '../frame/page.ts';

/** How each state of the agent is shown: as text, with a tone, and as the light of the reader. */
export const agentStates: Readonly<
  Record<AgentState, readonly [text: string, tone: 'good' | 'bad' | 'warn' | 'plain']>
> = {
  noCard: ['nobody signed in', 'plain'],
  pinRequested: ['asks for the PIN', 'warn'],
  roleRequested: ['asks for a role', 'warn'],
  signedIn: ['signed in', 'good'],
  locked: ['locked', 'warn'],
  blocked: ['card blocked', 'bad'],
  cardRejected: ['card rejected', 'bad'],
};

const card: Html = html`<g class="card"><rect x="42" y="6" width="96" height="92" rx="7"/>
<rect class="chip" x="54" y="24" width="22" height="18" rx="3"/><path class="chip" d="M54 33h22M65 24v18"/>
<path class="print" d="M86 27h40M86 38h28M54 58h60"/></g>`;

/** The reader with or without a card, and its light. */
export function readerPicture({ card: inserted, person, state }: AgentStatus): Html {
  const [text, tone] = agentStates[state];
  const emptyLabel = person ? `Empty reader, ${person.displayName} is ${text}` : 'Empty reader';
  const label = inserted ? `Reader with the card of ${inserted.name}, ${text}` : emptyLabel;
  return html`<svg class="reader" viewBox="${inserted ? '0 0 180 176' : '0 64 180 112'}" role="img" aria-label="${label}">
${inserted ? card : undefined}
<rect class="body" x="10" y="72" width="160" height="94" rx="12"/><rect class="slot" x="32" y="82" width="116" height="8" rx="4"/>
<circle class="light ${tone}" cx="152" cy="148" r="6"/>${inserted ? undefined : html`<text x="90" y="126" text-anchor="middle">no card</text>`}
</svg>`;
}

/** The card, person and role at the desk, and the buttons of the reader. */
export async function deskSummary({ console: { agent } }: Pick<PageView, 'console'>): Promise<Html> {
  const status = await orNull(agent.status());
  if (!status)
    return html`<p class="warning">No Identity Agent responds on this machine, so there is no card reader.</p>`;
  const { card, person, role, state, reason, generation } = status;
  return html`<div class="at-desk">${readerPicture(status)}<p>${tag(...agentStates[state])}</p></div>
${reason ? html`<p class="error">${foreign(reason)}</p>` : undefined}
<dl class="summary">${summaryRow('Card', card ? html`${foreign(card.name)} (${card.serial})` : 'none')}
${summaryRow('Person', person ? html`<a href="/people/${person.uid}">${foreign(person.displayName)}</a>` : undefined)}
${summaryRow('Role', role && codeBeside(roleText(role)))}
${summaryRow('Generation', generation === 'hscn' ? 'HSCN' : generation)}</dl>
<div class="actions">
${card ? callButton({ id: 'take-card', method: 'DELETE', path: '/readers/0/card', done: 'The reader is empty.', label: 'Remove the card' }) : undefined}
${person ? callButton({ id: 'sign-out', method: 'DELETE', path: '/agent/session', done: 'Signed out.', label: 'Sign out' }) : undefined}
<a href="/desk">Open the desk</a></div>`;
}
