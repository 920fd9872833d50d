import { type Html, html } from '@alongside/kernel/html';
import type { AgentState, AgentStatus } from '../../../identity-agent/protocol.ts';
import { callButton } from './controls.ts';
import { plainRole } from './people.ts';

const states: Readonly<Record<AgentState, { words: string; tag: string }>> = {
  noCard: { words: 'no card', tag: 'plain' },
  pinRequested: { words: 'asks for the PIN', tag: 'warn' },
  roleRequested: { words: 'asks for a role', tag: 'warn' },
  signedIn: { words: 'signed in', tag: 'good' },
  locked: { words: 'locked', tag: 'warn' },
  blocked: { words: 'card blocked', tag: 'bad' },
  cardRejected: { words: 'card rejected', tag: 'bad' },
};

const attempts = (left: number | null): string =>
  left === null ? '' : left === 1 ? '1 attempt left.' : `${left} attempts left.`;

const pinForm = ({
  attemptsLeft,
}: AgentStatus): Html => html`<form class="needs-script" data-method="POST" data-path="/agent/pin" data-done="The PIN was right.">
<div class="field">
<label for="pin">PIN</label>
<p class="hint" id="pin-hint">${attempts(attemptsLeft)} Every seeded card opens with 123456.</p>
<input class="short" type="password" id="pin" name="pin" inputmode="numeric" autocomplete="off" required pattern="[0-9]{1,12}" aria-describedby="pin-hint">
</div>
<button type="submit">Give the PIN</button>
</form>`;

const roleForm = ({
  roles,
}: AgentStatus): Html => html`<form class="needs-script" data-method="POST" data-path="/agent/role" data-done="The role was taken.">
<fieldset>
<legend>Role for this session</legend>
${roles.map(
  (role, index) => html`<div class="choice">
<input type="radio" id="role-${role.roleId}" name="roleId" value="${role.roleId}" required${index === 0 ? html` checked` : undefined}>
<label for="role-${role.roleId}">${plainRole(role.roleName)}<span class="hint"> ${role.orgName} (${role.orgCode})</span></label>
</div>`,
)}
</fieldset>
<button type="submit">Take this role</button>
</form>`;

const questions = { pin: pinForm, role: roleForm } as const;

const row = (term: string, value: string | undefined): Html | undefined =>
  value === undefined ? undefined : html`<dt>${term}</dt><dd>${value}</dd>`;

/** The Identity Agent of this machine: its state, its open question, and what one can do at the desk. Null when none answers. */
export function deskSection(status: AgentStatus | null): Html {
  if (!status)
    return html`<p class="warning">No Identity Agent of this machine answers, so there is no reader to put a card in.</p>`;
  const { state, card, person, role, question, reason, generation } = status;
  const shown = states[state];
  return html`
<p><span class="tag ${shown.tag}">${shown.words}</span></p>
${reason ? html`<p class="error">${reason}</p>` : undefined}
<dl class="summary">
${row('In the reader', card ? `${card.name} (${card.serial})` : 'nothing')}
${row('Person', person ? `${person.displayName} (${person.uid})` : undefined)}
${row('Role', role ? `${plainRole(role.roleName)} at ${role.orgCode}` : undefined)}
${row('Generation', generation)}
</dl>
${question ? questions[question](status) : undefined}
<div class="actions">
${card ? callButton({ id: 'take-card', method: 'DELETE', path: '/readers/0/card', done: 'The reader is empty.', label: 'Remove the card' }) : undefined}
${person ? callButton({ id: 'sign-out', method: 'DELETE', path: '/agent/session', done: 'Signed out.', label: 'Sign out' }) : undefined}
</div>`;
}
