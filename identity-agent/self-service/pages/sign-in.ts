import { type Html, html } from '@alongside/kernel/html';
import { roleChoices, roleRow } from '../../handoff/pages/pages.ts';
import { attemptsText, cardRefusal, pinRefusal } from '../../protocol.ts';
import type { Agent } from '../../session/agent.ts';
import { isPin } from '../../session/card-acts.ts';
import type { PinResult } from '../../session/prompt-answers.ts';
import type { FormResult } from '../card-visits.ts';
import {
  type CardPage,
  type CardPageContext,
  cardForm,
  cardSummary,
  formResult,
  notPin,
  secretField,
} from './page.ts';

const unanswered = 'The sign-in service does not answer. Please try again.';

/** Enters the PIN, also without an open prompt; a prompt that was opened for it is closed if the PIN was wrong. */
export async function givePin(agent: Agent, pin: string): Promise<PinResult> {
  const wasOpen = agent.pinQuestion;
  if (!wasOpen) agent.askForPin();
  const result = await agent.answerPin(pin, { from: 'browser', keys: [] });
  if (!result.ok && !wasOpen) agent.withdraw();
  return result;
}

function pinResultMessage(agent: Agent, result: PinResult): FormResult {
  const { reason, refusal, question } = agent.signInStatus();
  if (!result.ok) {
    const { error } = result;
    if (error === 'no_open_question')
      return { well: false, sentence: reason ?? 'The PIN is not asked for now.' };
    const left = 'attemptsLeft' in result ? result.attemptsLeft : undefined;
    return { ...formResult({ ...result, error }, ''), refusal: pinRefusal(error, left) };
  }
  if (reason !== null)
    return { well: false, sentence: reason, refusal: cardRefusal(refusal ?? 'card_rejected', reason) };
  return { well: true, sentence: question === 'role' ? 'Your PIN is right.' : 'You can close this page.' };
}

async function chooseRole(agent: Agent, roleId: string): Promise<FormResult> {
  const result = await agent.answerRole(roleId);
  if (result.ok) return { well: true, sentence: 'You can close this page.' };
  return {
    well: false,
    sentence: result.error === 'cis_unreachable' ? unanswered : 'This role cannot be chosen now.',
  };
}

const hidden = (name: string): Html => html`<input type="hidden" name="${name}" value="">`;

const signedInAs = ({ person, role }: CardPageContext['status']): Html =>
  html`<dl class="summary"><dt>Signed in</dt><dd>${person?.displayName}</dd>
${roleRow({ role })}</dl>`;

const askers = ({ askedBy }: CardPageContext): Html | undefined =>
  askedBy.length === 0
    ? undefined
    : html`<p class="lead">You are signing in to <strong>${askedBy.join(', ')}</strong>, on this computer.</p>`;

/** Warns that another user's session ends with the sign-in. */
const former = ({ status, signedIn }: CardPageContext): Html | undefined =>
  status.person && !signedIn && status.lock === null
    ? html`<p>${status.person.displayName} is signed in at this computer, and is signed out when you sign in.</p>`
    : undefined;

function pinForm(context: CardPageContext): Html {
  const left = context.status.attemptsLeft;
  const few = left !== null && left < 3 ? `; ${attemptsText(left)}` : '';
  return html`${askers(context)}${cardSummary(context.status)}${former(context)}
${cardForm(
  `${context.path}/sign-in`,
  context.insertion,
  html`${hidden('roleId')}${secretField('pin', 'PIN of your smartcard', `6 to 8 digits${few}`, true)}`,
  'Sign in',
)}`;
}

const roleForm = ({ status, path, insertion }: CardPageContext): Html => html`${signedInAs(status)}
${cardForm(
  `${path}/sign-in`,
  insertion,
  html`${hidden('pin')}<fieldset><legend>Which role are you working in?</legend>${roleChoices(status)}</fieldset>`,
  'Continue',
)}`;

/** The sign-in for desktop applications and for modes that need the PIN without a browser sign-in. */
export const signIn: CardPage = {
  id: 'sign-in',
  title: 'Sign in with your smartcard',
  fields: { pin: /^[0-9]{0,12}$/, roleId: /^[0-9]{0,20}$/ },
  follows: ({ state, question }) => [state, question],
  main: (context) => {
    const { status, signedIn, path } = context;
    if (status.problem === 'card_blocked')
      return html`<p class="error" role="alert">${status.reason}</p><p><a href="${path}/unlock-code">Unblock it</a></p>`;
    if (status.problem) return html`<p class="error" role="alert">${status.reason}</p>`;
    if (status.question === 'role') return roleForm(context);
    return signedIn && status.question === null ? signedInAs(status) : pinForm(context);
  },
  withoutCard: (status) => (status.person && !status.lock ? signedInAs(status) : undefined),
  async act(agent, { pin = '', roleId = '' }) {
    if (roleId !== '') return chooseRole(agent, roleId);
    return isPin(pin) ? pinResultMessage(agent, await givePin(agent, pin)) : notPin;
  },
  next: 'sign-in',
};
