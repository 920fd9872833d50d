import { html } from '@alongside/kernel/html';
import type { InteractionPage } from './page.ts';
import { jobOf } from './role.ts';

/** Asks a signed-in user for confirmation before a browser is signed in. */
export const confirm: InteractionPage = {
  id: 'confirm',
  applies: ({ asksConfirmation }) => asksConfirmation,
  title: 'Continue with your smartcard?',
  main: (
    { status },
    path,
  ) => html`<dl class="summary"><dt>Signed in at this desk</dt><dd>${status.person?.displayName}</dd>
${status.role ? html`<dt>Role</dt><dd>${jobOf(status.role.roleName)} (${status.role.orgCode})</dd>` : undefined}</dl>
<form method="post" action="${path}/confirm" class="actions"><button name="how" value="yes" autofocus>Continue as ${status.person?.displayName}</button></form>`,
  cancelled: () => 'cancelled',
};
