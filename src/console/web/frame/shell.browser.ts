// The program of every page: live parts, calls of the API, filters, search, keys and menu.
import './live-parts.browser.ts';
import './calls.browser.ts';
import './finder.browser.ts';
import { byId, isForPage, mayBeInAddress } from './tools.browser.ts';

document.documentElement.classList.add('script');

// A filter applies when a choice is made; without the script its button does.
document.addEventListener('change', (event) => {
  const { target } = event;
  if (target instanceof HTMLSelectElement && target.form?.dataset.filter !== undefined)
    target.form.requestSubmit();
});

// A token or a long text goes to Explain through this tab, because an address stays in the history.
const search = byId('search');
const handed = (given: string, event: Event): void => {
  const text = given.trim();
  if (mayBeInAddress(text)) return;
  event.preventDefault();
  sessionStorage.setItem('explain', text);
  location.assign('/explain');
};
if (search instanceof HTMLInputElement) {
  search.addEventListener('paste', (event) => handed(event.clipboardData?.getData('text') ?? '', event));
  search.form?.addEventListener('submit', (event) => handed(search.value, event));
}

const menu = byId('menu');
menu?.addEventListener('click', () => {
  const isOpen = document.body.classList.toggle('menu-open');
  menu.setAttribute('aria-expanded', String(isOpen));
});

const switched = byId('keys-on');
if (switched instanceof HTMLInputElement) {
  switched.checked = localStorage.getItem('keys') !== 'off';
  switched.addEventListener('change', () => {
    if (switched.checked) localStorage.removeItem('keys');
    else localStorage.setItem('keys', 'off');
  });
}
const dialog = byId('keys');
const showKeys = (): void => {
  if (dialog instanceof HTMLDialogElement) dialog.showModal();
};
byId('show-keys')?.addEventListener('click', showKeys);
document.addEventListener('keydown', (event) => {
  if (!isForPage(event, 'input, textarea, select, [contenteditable]')) return;
  if (event.key === '/') byId('search')?.focus();
  else if (event.key === '?') showKeys();
  else return;
  event.preventDefault();
});
