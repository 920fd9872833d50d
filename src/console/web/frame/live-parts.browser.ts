import { fill } from './morph.browser.ts';
import { byId, madeButton, report } from './tools.browser.ts';

// Live parts. A part is fetched at most twice a second, never while the page is hidden or paused, and waits while the reader is
// typing or selecting in it.

const live = byId('live');
const stale = new Map<string, number>();
const fetching = new Set<string>();
let isPaused = false;

const partOf = (name: string): HTMLElement | null =>
  document.querySelector<HTMLElement>(`[data-part="${CSS.escape(name)}"]`);

const isBusy = (part: HTMLElement): boolean => {
  const active = document.activeElement;
  const isField =
    active instanceof HTMLTextAreaElement ||
    active instanceof HTMLSelectElement ||
    (active instanceof HTMLInputElement && !['button', 'submit'].includes(active.type));
  // A form that was sent is not being typed in, although it has the focus.
  if (isField && part.contains(active) && active.form?.dataset.sent === undefined) return true;
  for (const input of part.querySelectorAll<HTMLInputElement | HTMLTextAreaElement>('input, textarea'))
    if (input.value !== input.defaultValue && input.type !== 'hidden') return true;
  // A refusal stays until it was read and the form is sent again.
  if (part.querySelector('.error-summary:not([hidden])')) return true;
  const selection = getSelection();
  return Boolean(
    selection && !selection.isCollapsed && selection.anchorNode && part.contains(selection.anchorNode),
  );
};

/** Shows how many changes wait for the reader. */
const showWaiting = (part: HTMLElement, count: number): void => {
  let note = part.querySelector(':scope > .waiting-changes');
  if (!note) {
    note = madeButton('', () => {
      getSelection()?.removeAllRanges();
      fetchPart(part.dataset.part ?? '', true);
    });
    note.classList.add('waiting-changes');
    part.prepend(note);
  }
  note.textContent = `${count} new`;
};

const replaced = (part: HTMLElement, markup: string): void => {
  if (part.dataset.shown === markup) return;
  part.dataset.shown = markup;
  fill(part, markup, `[data-part="${CSS.escape(part.dataset.part ?? '')}"]`);
  part.dispatchEvent(new CustomEvent('alongside:part', { bubbles: true }));
};

/** Asks the user to sign in again. Keeps text that was typed on the page. */
export const askForSignIn = (): void => {
  const fields = document.querySelectorAll<HTMLInputElement | HTMLTextAreaElement>(
    'main input:not([type=hidden]), main textarea',
  );
  if ([...fields].some(({ value, defaultValue }) => value !== defaultValue))
    report('Your session has ended. Sign in in another tab, then continue here.', true);
  else location.reload();
};

const fetchPart = async (name: string, isForced = false): Promise<void> => {
  const part = partOf(name);
  if (!part || fetching.has(name)) return;
  if (!isForced && isBusy(part)) {
    showWaiting(part, stale.get(name) ?? 1);
    return;
  }
  fetching.add(name);
  stale.delete(name);
  try {
    const path = location.pathname === '/' ? '' : location.pathname;
    const response = await fetch(`/fragments/${name}${path}${location.search}`, {
      headers: { accept: 'text/html' },
    });
    if (response.status === 401) return askForSignIn();
    if (!response.ok) return;
    const markup = await response.text();
    // The reader may have begun to type since.
    if (!isForced && isBusy(part)) stale.set(name, (stale.get(name) ?? 0) + 1);
    else replaced(part, markup);
  } catch {
    stale.set(name, (stale.get(name) ?? 0) + 1);
  } finally {
    setTimeout(() => {
      fetching.delete(name);
      if (stale.has(name)) refresh();
    }, 500);
  }
};

const refresh = (): void => {
  if (document.hidden || isPaused) return;
  for (const name of stale.keys()) fetchPart(name);
};

const changed = (names: readonly string[]): void => {
  for (const part of document.querySelectorAll<HTMLElement>('[data-part]')) {
    const { part: name = '', on = '' } = part.dataset;
    if (on.split(' ').some((each) => names.includes(each))) stale.set(name, (stale.get(name) ?? 0) + 1);
  }
  refresh();
};
export const everything = (): void => {
  for (const { dataset } of document.querySelectorAll<HTMLElement>('[data-part]'))
    stale.set(dataset.part ?? '', 1);
  refresh();
};
document.addEventListener('alongside:refresh', (event) => changed((event as CustomEvent<string[]>).detail));
document.addEventListener('input', ({ target }) => {
  if (target instanceof Element) target.closest('form')?.removeAttribute('data-sent');
});
document.addEventListener('visibilitychange', refresh);
document.addEventListener('focusout', () => setTimeout(refresh, 100));

const showLive = (text: string, state: string): void => {
  if (!live) return;
  live.textContent = text;
  live.dataset.state = state;
  live.setAttribute('aria-pressed', String(!isPaused));
};
let isLost = false;
/** A screen reader hears once that the connection is lost, not at each attempt, and once that it is back. */
const showConnection = (lost: boolean): void => {
  if (lost === isLost) return;
  isLost = lost;
  report(lost ? 'The console does not respond. This page shows an earlier state.' : 'Connected again.', lost);
};
let wait = 1_000;
let seen = document.body.dataset.changes;
const connect = (): void => {
  const stream = new EventSource('/api/v1/changes');
  let silence: ReturnType<typeof setTimeout>;
  const lose = (): void => {
    clearTimeout(silence);
    stream.close();
    showConnection(true);
    wait = Math.min(wait * 2, 16_000);
    showLive(`Disconnected, trying again in ${wait / 1_000} s`, 'lost');
    setTimeout(connect, wait);
  };
  /** A proxy may hold back an open stream, so it is live only while something arrives. */
  const hear = (): void => {
    clearTimeout(silence);
    silence = setTimeout(lose, 10_000);
  };
  hear();
  stream.addEventListener('heartbeat', hear);
  // Something changed before the page listened.
  stream.addEventListener('count', ({ data }) => {
    hear();
    wait = 1_000;
    showConnection(false);
    showLive(isPaused ? 'Paused' : 'Live', isPaused ? 'paused' : 'live');
    if (data !== seen) everything();
    seen = data;
  });
  stream.onmessage = ({ data }) => {
    hear();
    changed(JSON.parse(data));
  };
  stream.onerror = lose;
};
/** Follows the changes of the installation. */
if (live) {
  connect();
  live.addEventListener('click', () => {
    isPaused = !isPaused;
    showLive(isPaused ? 'Paused' : 'Live', isPaused ? 'paused' : 'live');
    refresh();
  });
}
