import { type Html, html } from '@alongside/kernel/html';
import type { AgentStatus, CardActError } from '../../protocol.ts';
import { cardActSentence } from '../../session/card-acts.ts';
import type { FormResult } from '../card-visits.ts';

/** Digits as users may type them; the card decides whether they are right. */
export const digits = /^[0-9]{1,12}$/;

/** A field for secret digits. */
export function secretField(name: string, label: string, hint: string, autofocus = false): Html {
  return html`<div class="field">
<label for="${name}">${label}</label>
<p class="hint" id="${name}-hint">${hint}</p>
<input class="short" type="password" name="${name}" id="${name}" inputmode="numeric" autocomplete="off" maxlength="8" required${autofocus ? html` autofocus` : undefined} aria-describedby="${name}-hint">
</div>`;
}

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

const attempts = (left: number | null): string =>
  left === null ? '' : ` ${left} attempt${left === 1 ? '' : 's'} left.`;

/** The result of an operation on the card. */
type Outcome =
  | { ok: true }
  | { ok: false; error: CardActError; sentence?: string; attemptsLeft?: number | null };

/** Returns the message about an operation for the next page. */
export function formResult(result: Outcome, well: string): FormResult {
  if (result.ok) return { well: true, sentence: well };
  const { error, sentence = cardActSentence(error), attemptsLeft = null } = result;
  return { well: false, sentence: sentence + attempts(attemptsLeft) };
}
