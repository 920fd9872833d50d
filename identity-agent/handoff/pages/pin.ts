import { type Html, html } from '@alongside/kernel/html';
import type { Notice } from '../interactions.ts';
import type { InteractionPage, PageContext } from './page.ts';

/** Formats the remaining attempts. */
const attemptsInWords = (left: number): string => `${left} attempt${left === 1 ? '' : 's'} left`;

/** Set after a wrong PIN. */
const invalid = html` aria-invalid="true"`;
const fewAttempts = 3;

const notices: Readonly<Record<NonNullable<Notice>, (left: string) => string>> = {
  wrong_pin: (left) => `That PIN is wrong: ${left}.`,
  card_changed: () => 'Another card is in the reader now. Enter the PIN of this card.',
  cis_unreachable: () => 'The sign-in service does not answer. Please try again.',
  not_renewed: () => 'The smartcard could not be renewed.',
};

function problem({ status, notice }: PageContext): Html | undefined {
  const left = status.attemptsLeft;
  const words = left === null ? 'try again' : attemptsInWords(left);
  const sentence = notice
    ? notices[notice](words)
    : left !== null && left < fewAttempts
      ? `${words}.`
      : undefined;
  return sentence === undefined
    ? undefined
    : html`<p class="error" id="pin-problem" role="alert">${sentence}</p>`;
}

/** Shown when a card is inserted: asks for the PIN. */
export const pin: InteractionPage = {
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
<input class="short" type="password" name="pin" id="pin" inputmode="numeric" autocomplete="off" maxlength="8" required autofocus${context.notice === 'wrong_pin' ? invalid : undefined} aria-describedby="${described}">
</div>
<div class="actions"><button>Sign in</button></div>
</form>`;
  },
  cancelled: ({ notice }) => (notice === 'cis_unreachable' ? 'cis_unreachable' : 'cancelled'),
};
