import type { Answer } from '@alongside/kernel/answer';
import { type Html, html } from '@alongside/kernel/html';
import { livePage } from '../../handoff/pages/live-page.ts';
import { notPinSentence } from '../../handoff/pages/pages.ts';
import type { AgentStatus, CardActError } from '../../protocol.ts';
import { attemptsText } from '../../protocol.ts';
import type { Agent } from '../../session/agent.ts';
import { cardActSentence } from '../../session/card-acts.ts';
import type { CardVisit, FormResult } from '../card-visits.ts';

/** Digits as users may type them; the card decides whether they are right. */
export const digits = /^[0-9]{1,12}$/;

/** A field for secret digits. */
export function secretField(name: string, label: string, hint: string, autofocus = false): Html {
  return html`<div class="field">
<label for="${name}">${label}</label>
<p class="hint" id="${name}-hint">${hint}</p>
<input class="short" type="password" name="${name}" id="${name}" inputmode="numeric" autocomplete="off" maxlength="8" required${/pin|again/i.test(name) ? pinPattern : undefined}${autofocus ? html` autofocus` : undefined} aria-describedby="${name}-hint">
</div>`;
}

/** Refuses what cannot be a PIN before the card is asked, so that it uses no attempt. */
export const notPin: FormResult = { well: false, sentence: `${notPinSentence} No attempt was used.` };

/** The attribute by which browsers check the length of a PIN before they send it. */
const pinPattern = html` pattern="[0-9]{6,8}" title="6 to 8 digits"`;

/** The new PIN, twice. */
export const newPinFields = (): Html => html`${secretField('newPin', 'New PIN', '6 to 8 digits')}
${secretField('again', 'New PIN again', 'The same 6 to 8 digits')}`;

export const newPinForms = { newPin: digits, again: digits };

/** A form that applies only to this insertion of the card. */
export const cardForm = (action: string, insertion: string, content: Html, button: string): Html =>
  html`<form method="post" action="${action}" autocomplete="off">
<input type="hidden" name="card" value="${insertion}">
${content}
<div class="actions"><button>${button}</button></div>
</form>`;

/** Shows the card and its holder. */
export const cardSummary = ({ card }: AgentStatus): Html =>
  html`<dl class="summary"><dt>Smartcard</dt><dd>${card?.name}</dd></dl>`;

/** Shown when the two new PINs differ. */
export const differ: FormResult = { well: false, sentence: 'The two new PINs are not the same.' };

/** The result of an operation on the card. */
type Outcome =
  | { ok: true }
  | { ok: false; error: CardActError; sentence?: string; attemptsLeft?: number | null };

/** Returns the message about an operation for the next page. */
export function formResult(result: Outcome, well: string): FormResult {
  if (result.ok) return { well: true, sentence: well };
  const { error, sentence = cardActSentence(error), attemptsLeft = null } = result;
  const left = attemptsLeft === null ? '' : ` ${attemptsText(attemptsLeft)}.`;
  return { well: false, sentence: sentence + left };
}

/** Data of a page. */
export interface CardPageContext {
  status: AgentStatus;
  card: NonNullable<AgentStatus['card']>;
  /** Identifies the current insertion of a card. */
  insertion: string;
  /** Whether the card's holder is signed in with it. */
  signedIn: boolean;
  /** Names of the applications that asked for the PIN. */
  askedBy: readonly string[];
  path: string;
  /** Whether this is a test system, which does not send mail. */
  development: boolean;
}

/** A page about the card in the reader, with its form. */
export interface CardPage {
  /** Also the last part of its path; the overview has the path of the visit itself. */
  readonly id: 'overview' | 'change-pin' | 'unlock-code' | 'unlock' | 'unblock' | 'renew' | 'sign-in';
  readonly title: string;
  main(context: CardPageContext): Html;
  /** Additional content while no card is inserted. */
  withoutCard?(status: AgentStatus): Html | undefined;
  /** Further status values that it shows, so that it is updated when they change. */
  follows?(status: AgentStatus): readonly (string | null)[];
  /** The fields of its form, besides the card's, with their format. */
  readonly fields: Readonly<Record<string, RegExp>>;
  act?(agent: Agent, fields: Readonly<Record<string, string>>): Promise<FormResult>;
  /** The next page after success; the overview by default. */
  readonly next?: CardPage['id'];
}

export const pagePath = (visit: { path: string }, id: CardPage['id']): string =>
  id === 'overview' ? visit.path : `${visit.path}/${id}`;

/** Returns a token that changes with the page, for the script. */
export const cardStep = (page: CardPage, status: AgentStatus, insertion: string): string =>
  [
    page.id,
    insertion,
    status.problem === 'card_blocked',
    status.person?.uid ?? '',
    ...(page.follows?.(status) ?? []),
  ].join('.');

const noCard = html`<p role="status" class="waiting">Put your smartcard into the reader. This page then continues automatically.</p>`;

const saying = ({ well, sentence }: FormResult): Html =>
  well
    ? html`<p class="note" role="status">${sentence}</p>`
    : html`<p class="error" id="problem" role="alert">${sentence}</p>`;

/** Links on every page. */
function ways(page: CardPage, visit: CardVisit, isBlocked: boolean): Html {
  const overview =
    page.id === 'overview' ? undefined : html`<a href="${visit.path}">Back to your smartcard</a>`;
  // While this page has an act of its own, that one comes first.
  const isFirst = page.act === undefined && !isBlocked;
  const back =
    visit.back &&
    html`<a class="button${isFirst ? '' : ' secondary'}" href="${visit.back}">Continue signing in</a>`;
  return html`<p class="actions">${back} ${overview}</p>`;
}

/** A page about the card in the common frame. */
export function cardPage(
  page: CardPage,
  visit: CardVisit,
  agent: Agent,
  { development }: { development: boolean },
): Answer {
  const status = agent.signInStatus();
  const { card } = status;
  const insertion = agent.card?.insertion ?? '';
  const { result: said } = visit;
  visit.result = undefined;
  const context = card && {
    status,
    card,
    insertion,
    development,
    path: visit.path,
    askedBy: agent.askedFor,
    signedIn: agent.session !== undefined && agent.session.uid === agent.card?.uid && !agent.session.lock,
  };
  const state = `${pagePath(visit, page.id)}?state`;
  return livePage({
    title: page.title,
    development,
    state,
    reloads: !context,
    step: cardStep(page, status, insertion),
    main: html`${said && saying(said)}
${context ? page.main(context) : (page.withoutCard?.(status) ?? noCard)}${ways(page, visit, status.problem === 'card_blocked')}`,
  });
}
