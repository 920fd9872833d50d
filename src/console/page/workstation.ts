import { type Html, html } from '@alongside/kernel/html';
import type { AgentState, AgentStatus } from '../../../identity-agent/protocol.ts';
import { plainRole } from '../pages/people/role-names.ts';
import { callButton, orNull } from './controls.ts';
import type { Section } from './section.ts';

const states: Readonly<Record<AgentState, { text: string; tag: string }>> = {
  noCard: { text: 'no card', tag: 'plain' },
  pinRequested: { text: 'asks for the PIN', tag: 'warn' },
  roleRequested: { text: 'asks for a role', tag: 'warn' },
  signedIn: { text: 'signed in', tag: 'good' },
  locked: { text: 'locked', tag: 'warn' },
  blocked: { text: 'card blocked', tag: 'bad' },
  cardRejected: { text: 'card rejected', tag: 'bad' },
};

const attempts = (left: number | null): string =>
  left === null ? '' : left === 1 ? '1 attempt left.' : `${left} attempts left.`;

const pinForm = ({
  attemptsLeft,
}: Pick<
  AgentStatus,
  'attemptsLeft'
>): Html => html`<form class="needs-script" data-method="POST" data-path="/agent/pin" data-done="The PIN is correct.">
<div class="field">
<label for="pin">PIN</label>
<p class="hint" id="pin-hint">${attempts(attemptsLeft)} The PIN of all seeded cards is 123456.</p>
<input class="short" type="password" id="pin" name="pin" inputmode="numeric" autocomplete="off" required pattern="[0-9]{1,12}" aria-describedby="pin-hint">
</div>
<button type="submit">Enter the PIN</button>
</form>`;

const roleForm = ({
  roles,
}: Pick<
  AgentStatus,
  'roles'
>): Html => html`<form class="needs-script" data-method="POST" data-path="/agent/role" data-done="The role is selected.">
<fieldset>
<legend>Role for this session</legend>
${roles.map(
  (role, index) => html`<div class="choice">
<input type="radio" id="role-${role.roleId}" name="roleId" value="${role.roleId}" required${index === 0 ? html` checked` : undefined}>
<label for="role-${role.roleId}">${plainRole(role.roleName)}<span class="hint"> ${role.orgName} (${role.orgCode})</span></label>
</div>`,
)}
</fieldset>
<button type="submit">Select this role</button>
</form>`;

const questions = { pin: pinForm, role: roleForm } as const;

const row = (term: string, value: string | undefined): Html | undefined =>
  value === undefined ? undefined : html`<dt>${term}</dt><dd>${value}</dd>`;

function agentState({
  state,
  card,
  person,
  role,
  question,
  reason,
  generation,
  ...status
}: AgentStatus): Html {
  const shown = states[state];
  return html`
<p><span class="tag ${shown.tag}">${shown.text}</span></p>
${reason ? html`<p class="error">${reason}</p>` : undefined}
<dl class="summary">
${row('In the reader', card ? `${card.name} (${card.serial})` : 'nothing')}
${row('Person', person ? `${person.displayName} (${person.uid})` : undefined)}
${row('Role', role ? `${plainRole(role.roleName)} at ${role.orgCode}` : undefined)}
${row('Generation', generation)}
</dl>
${question ? html`<div data-question="${question}">${questions[question](status)}</div>` : undefined}
<div class="actions">
${card ? callButton({ id: 'take-card', method: 'DELETE', path: '/readers/0/card', done: 'The reader is empty.', label: 'Remove the card' }) : undefined}
${person ? callButton({ id: 'sign-out', method: 'DELETE', path: '/agent/session', done: 'Signed out.', label: 'Sign out' }) : undefined}
</div>`;
}

/** The Identity Agent of this machine: its state, its open question, and the buttons of the reader. */
export const workstationSection: Section = {
  id: 'workstation',
  title: 'Workstation',
  panel: true,
  live: true,
  async render({ console: { agent } }) {
    const status = await orNull(agent.status());
    return status
      ? agentState(status)
      : html`<p class="warning">No Identity Agent responds on this machine, so there is no card reader.</p>`;
  },
};
