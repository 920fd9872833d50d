import { html } from '@alongside/kernel/html';
import type { AgentStatus } from '../../protocol.ts';
import type { InteractionPage } from './page.ts';

/** Returns the last part of a role's name without quotes: the job. */
export const jobOf = (roleName: string): string => /"([^"]*)"\s*$/.exec(roleName)?.[1] ?? roleName;

const choice = (role: AgentStatus['roles'][number], index: number) => html`<div class="choice">
<input type="radio" name="roleId" id="role-${index}" value="${role.roleId}" required>
<label for="role-${index}">${jobOf(role.roleName)}<span class="hint"> – ${role.orgName} (${role.orgCode})</span></label>
</div>`;

export const roleChoices = ({ roles }: AgentStatus) => html`${roles.map(choice)}`;

/** Asks a user with several roles for the role of the session. */
export const role: InteractionPage = {
  id: 'role',
  applies: ({ status }) => status.question === 'role',
  title: 'Choose your role',
  main: (
    { status, notice },
    path,
  ) => html`<dl class="summary"><dt>Signed in</dt><dd>${status.person?.displayName}</dd></dl>
${notice === 'cis_unreachable' ? html`<p class="error" role="alert">The sign-in service does not answer. Please try again.</p>` : undefined}
<form method="post" action="${path}/role">
<fieldset><legend>In which role do you work now?</legend>${roleChoices(status)}</fieldset>
<div class="actions"><button>Continue</button></div>
</form>`,
  cancelled: () => 'cancelled',
};
