import { byId, made, madeButton } from '../frame/tools.browser.ts';

// Values that a response shows once: an unblocking code, or the link of an enrolment.
document.addEventListener('alongside:done', (event) => {
  const { unblockingCode, url, expiresAt } = (event as CustomEvent<Record<string, unknown>>).detail;
  const target = event.target instanceof Element ? event.target : null;
  const value = unblockingCode ?? url;
  if (!target || !value) return;
  const text = unblockingCode
    ? 'The unblocking code. The holder types it at the reader and chooses a new PIN: '
    : `The link. It works once, until ${String(expiresAt ?? '').slice(11, 16)}: `;
  const note = made('p', text, 'note');
  const copy = madeButton('Copy', () => undefined);
  copy.dataset.copy = String(value);
  note.append(made('code', String(value)), ' ', copy);
  // Beside a form that is drawn again it would be lost.
  const place = byId('shown-once') ?? target.parentElement;
  place?.querySelector(':scope > .note')?.remove();
  place?.append(note);
  note.tabIndex = -1;
  note.focus();
});
