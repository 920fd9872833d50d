import { type Html, html } from '@alongside/kernel/html';
import { codeBeside } from '@alongside/kernel/layout';
import { jobNameOf, organisationOf, roleText } from '../../../src/cis/protocol.ts';
import type { AgentStatus } from '../../protocol.ts';
import { attemptsText } from '../../protocol.ts';
import type { Notice } from '../interactions.ts';
import { type InteractionPage, longDate, type PageContext } from './page.ts';

/** Shown when no PIN attempts are left. */
const blocked: InteractionPage = {
  id: 'blocked',
  applies: ({ status }) => status.state === 'blocked',
  title: 'Your smartcard is blocked',
  main: ({ status }, path) => html`<p class="error" role="alert">${status.reason}</p>
<p><a class="button" href="${path}/card">Unblock this smartcard</a></p>
<p>Or use another card of yours, or another way to sign in.</p>`,
  cancelled: () => 'card_blocked',
};

/** Shown when the card or its holder was refused, with the reason. */
const rejected: InteractionPage = {
  id: 'rejected',
  applies: ({ status }) => status.state === 'cardRejected',
  title: 'This smartcard cannot be used',
  main: ({ status }) => html`<p class="error" role="alert">${status.reason}</p>
<p>To try again, take the card out and put it in again.</p>`,
  cancelled: ({ status }) => (status.problem === 'no_role' ? 'no_role' : 'card_rejected'),
};

const choice = (role: AgentStatus['roles'][number], index: number) => html`<div class="choice">
<input type="radio" name="roleId" id="role-${index}" value="${role.roleId}" required>
<label for="role-${index}">${jobNameOf(role.roleName)}<span class="hint"> – ${organisationOf(role)}</span></label>
</div>`;

/** The role of the session, as a row of a summary. */
export const roleRow = ({ role }: Pick<AgentStatus, 'role'>): Html | undefined =>
  role ? html`<dt>Role</dt><dd>${codeBeside(roleText(role))}</dd>` : undefined;

export const roleChoices = ({ roles }: AgentStatus) => html`${roles.map(choice)}`;

/** Asks a user with several roles for the role of the session. */
const role: InteractionPage = {
  id: 'role',
  applies: ({ status }) => status.question === 'role',
  title: 'Choose your role',
  main: (
    { status, notice },
    path,
  ) => html`<dl class="summary"><dt>Signed in</dt><dd>${status.person?.displayName}</dd></dl>
${notice === 'cis_unreachable' ? html`<p class="error" role="alert">The sign-in service does not answer. Please try again.</p>` : undefined}
<form method="post" action="${path}/role">
<fieldset><legend>Which role are you working in?</legend>${roleChoices(status)}</fieldset>
<div class="actions"><button>Continue</button></div>
</form>`,
  cancelled: () => 'cancelled',
};

/** Offers to renew a certificate that expires soon. */
const renewal: InteractionPage = {
  id: 'renewal',
  applies: ({ offersRenewal }) => offersRenewal,
  title: 'Renew your smartcard',
  main: ({ status, notice }, path) => html`${
    notice === 'not_renewed'
      ? html`<p class="error" role="alert">The smartcard could not be renewed now. You can continue, and try again later.</p>`
      : undefined
  }
<dl class="summary"><dt>Smartcard</dt><dd>${status.card?.name}</dd></dl>
<p>The certificate of your smartcard ends on ${longDate(status.card?.certificateEnds ?? '')}. After that you cannot sign in with it. Renewing takes a moment, and your PIN stays the same.</p>
<form method="post" action="${path}/renewal" class="actions">
<button name="how" value="now">Renew now</button>
<button class="secondary" name="how" value="later">Not now</button>
</form>`,
  signedIn: true,
  cancelled: () => 'cancelled',
};

/** Asks a signed-in user for confirmation before a browser is signed in. */
const confirm: InteractionPage = {
  id: 'confirm',
  applies: ({ asksConfirmation }) => asksConfirmation,
  title: 'Continue with your smartcard?',
  main: (
    { status },
    path,
  ) => html`<dl class="summary"><dt>Signed in at this workstation</dt><dd>${status.person?.displayName}</dd>
${roleRow(status)}</dl>
<form method="post" action="${path}/confirm" class="actions"><button name="how" value="yes" autofocus>Continue as ${status.person?.displayName}</button></form>`,
  cancelled: () => 'cancelled',
};

/** Set after a wrong PIN. */
const invalid = html` aria-invalid="true"`;
const fewAttempts = 3;

export const notPinSentence = 'A PIN has 6 to 8 digits.';

const notices: Readonly<Record<NonNullable<Notice>, (left: string) => string>> = {
  wrong_pin: (left) => `That PIN is wrong: ${left}.`,
  not_pin: () => `${notPinSentence} No attempt was used.`,
  card_changed: () => 'Another card is in the reader now. Enter the PIN of this card.',
  cis_unreachable: () => 'The sign-in service does not answer. Please try again.',
  not_renewed: () => 'The smartcard could not be renewed.',
};

function problem({ status, notice }: PageContext): Html | undefined {
  const left = status.attemptsLeft;
  const words = left === null ? 'try again' : attemptsText(left);
  const isFew = left !== null && left < fewAttempts;
  if (!notice && !isFew) return undefined;
  const sentence = notice ? notices[notice](words) : `${words}.`;
  return html`<p class="error" id="pin-problem" role="alert">${sentence}</p>`;
}

/** Shown when a card is inserted: asks for the PIN. */
const pin: InteractionPage = {
  id: 'pin',
  applies: ({ status }) => status.question === 'pin',
  title: 'Enter your PIN',
  main: (context, path) => {
    const error = problem(context);
    const described = error ? 'pin-problem pin-hint' : 'pin-hint';
    return html`<dl class="summary"><dt>Smartcard</dt><dd>${context.status.card?.name}</dd></dl>
${error}
<form method="post" action="${path}/pin" autocomplete="off">
<input type="hidden" name="card" value="${context.insertion}">
<div class="field">
<label for="pin">PIN of your smartcard</label>
<p class="hint" id="pin-hint">6 to 8 digits</p>
<input class="short" type="password" name="pin" id="pin" inputmode="numeric" autocomplete="off" maxlength="8" pattern="[0-9]{6,8}" title="6 to 8 digits" required autofocus${context.notice === 'wrong_pin' || context.notice === 'not_pin' ? invalid : undefined} aria-describedby="${described}">
</div>
<div class="actions"><button>Sign in</button></div>
</form>`;
  },
  cancelled: ({ notice }) => (notice === 'cis_unreachable' ? 'cis_unreachable' : 'cancelled'),
};

/** Shown when no card is in the reader. */
const insertCard: InteractionPage = {
  id: 'insertCard',
  applies: ({ status }) => status.card === null,
  title: 'Insert your smartcard',
  main: () =>
    html`<p role="status" class="waiting">Put your smartcard into the reader. This page then continues automatically.</p>`,
  cancelled: () => 'no_card',
  reloads: true,
};

/** The pages of an interaction. The first match is shown. */
const pages: readonly InteractionPage[] = [blocked, rejected, role, renewal, confirm, pin, insertCard];

/** Returns the page for the current state. While the agent reads a card or changes state, this is the waiting page. */
export const pageFor = (context: PageContext): InteractionPage =>
  pages.find((page) => page.applies(context)) ?? insertCard;
