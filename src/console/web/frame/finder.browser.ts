import { call } from './api.browser.ts';
import { byId, counted, isolated, made, mayBeInAddress, silenceText } from './tools.browser.ts';

// Ctrl-K: a combobox that finds pages of the navigation and, from the API, everything that people have.

interface Result {
  kind: string;
  label: string;
  about: string;
  href: string;
}

const dialog = byId('finder');
const input = byId('finder-text');
const list = byId('finder-list');
const state = byId('finder-state');
/** Milliseconds without a key after which the API is asked. */
const pause = 150;
const maxPages = 5;

/** Pages of the navigation whose name contains the words; all of them without words. */
function pagesLike(words: string): Result[] {
  const links = document.querySelectorAll<HTMLAnchorElement>('#navigation a[href]');
  return [...links]
    .map((link) => ({
      kind: 'page',
      label: link.firstChild?.textContent?.trim() ?? '',
      about: '',
      href: link.getAttribute('href') ?? '/',
    }))
    .filter(({ label }) => label.toLowerCase().includes(words.toLowerCase()))
    .slice(0, words === '' ? undefined : maxPages);
}

function show(dialog: HTMLDialogElement, input: HTMLInputElement, list: HTMLElement): void {
  let chosen = -1;
  let timer: ReturnType<typeof setTimeout> | undefined;
  /** Answers may arrive in another order than their questions. */
  let asked = 0;
  const options = () => [...list.querySelectorAll<HTMLElement>('[role=option]')];

  const choose = (index: number): void => {
    const all = options();
    chosen = all.length === 0 ? -1 : (index + all.length) % all.length;
    all.forEach((option, at) => {
      option.setAttribute('aria-selected', String(at === chosen));
    });
    const option = all[chosen];
    if (option) input.setAttribute('aria-activedescendant', option.id);
    else input.removeAttribute('aria-activedescendant');
    option?.scrollIntoView({ block: 'nearest' });
  };

  const draw = (results: readonly Result[], note: string): void => {
    list.replaceChildren(
      ...results.map(({ kind, label, about, href }, index) => {
        const option = made('li', '');
        option.id = `finder-${index}`;
        option.setAttribute('role', 'option');
        option.dataset.href = href;
        option.append(made('span', kind, 'tag plain'), ' ', isolated(label), ' ');
        if (about) option.append(made('span', about, 'quiet'));
        return option;
      }),
    );
    input.setAttribute('aria-expanded', String(results.length > 0));
    if (state) state.textContent = note;
    choose(0);
  };

  const find = async (): Promise<void> => {
    const words = input.value.trim();
    const number = ++asked;
    const pages = pagesLike(words);
    if (words.length < 2 || !mayBeInAddress(words)) return draw(pages, '');
    try {
      const { isOk, answer } = await call('GET', '/search', { query: { q: words } });
      if (number !== asked) return;
      const results = isOk ? [...pages, ...answer.results] : pages;
      draw(results, results.length === 0 ? 'Nothing has these words.' : counted(results.length, 'result'));
    } catch {
      if (number === asked) draw(pages, silenceText);
    }
  };

  const open = (option: HTMLElement | undefined): void => {
    if (option?.dataset.href) location.assign(option.dataset.href);
    else if (input.value.trim() !== '' && mayBeInAddress(input.value.trim()))
      location.assign(`/search?${new URLSearchParams({ q: input.value.trim() })}`);
  };

  input.addEventListener('input', () => {
    clearTimeout(timer);
    timer = setTimeout(() => void find(), pause);
  });
  input.addEventListener('keydown', (event) => {
    if (event.key === 'ArrowDown') choose(chosen + 1);
    else if (event.key === 'ArrowUp') choose(chosen - 1);
    else if (event.key === 'Enter') open(options()[chosen]);
    else return;
    event.preventDefault();
  });
  list.addEventListener('click', ({ target }) => {
    if (target instanceof Element) open(target.closest<HTMLElement>('[role=option]') ?? undefined);
  });
  document.addEventListener('keydown', (event) => {
    if (
      event.key.toLowerCase() !== 'k' ||
      !(event.ctrlKey || event.metaKey) ||
      event.altKey ||
      event.shiftKey
    )
      return;
    event.preventDefault();
    if (dialog.open) return dialog.close();
    if (document.querySelector('dialog[open]')) return;
    input.value = '';
    draw(pagesLike(''), '');
    // The browser returns the focus to where it was when the dialog closes.
    dialog.showModal();
    input.focus();
  });
}

if (dialog instanceof HTMLDialogElement && input instanceof HTMLInputElement && list)
  show(dialog, input, list);
