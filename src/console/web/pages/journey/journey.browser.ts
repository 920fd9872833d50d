import { fill } from '../../frame/morph.browser.ts';
import { byId, isForPage, report } from '../../frame/tools.browser.ts';

// Opens the steps of a journey without loading the page again, and moves by keys.
const part = (name: string) => document.querySelector<HTMLElement>(`[data-part="${name}"]`);
const rows = (): HTMLAnchorElement[] => [...document.querySelectorAll<HTMLAnchorElement>('.ledger a.row')];
const stepIn = (address: string): number => Number(new URL(address).searchParams.get('step') ?? 0);
/** Returns the parameters that change the rows. The others change the details only. */
const rowsIn = (address: string): string => {
  const { searchParams } = new URL(address);
  return ['show', 'hops', 'page'].map((name) => searchParams.get(name) ?? '').join(' ');
};

const mark = (step: number): void => {
  for (const row of rows()) {
    const isOpen = Number(row.dataset.step) === step;
    row.classList.toggle('open', isOpen);
    if (isOpen) row.setAttribute('aria-current', 'true');
    else row.removeAttribute('aria-current');
  }
  for (const link of document.querySelectorAll('.to-inspector')) link.remove();
};

const replace = async (name: string, address: URL, signal: AbortSignal): Promise<void> => {
  const response = await fetch(`/fragments/${name}${address.pathname}${address.search}`, { signal });
  if (!response.ok) throw new Error(String(response.status));
  const old = part(name);
  if (!old) return;
  delete old.dataset.shown;
  fill(old, await response.text(), `[data-part="${name}"]`);
  old.dispatchEvent(new CustomEvent('alongside:part', { bubbles: true }));
};

let running: AbortController | undefined;
let shownRows = rowsIn(location.href);
/** Shows the view of an address. A newer one cancels it. */
const show = async (href: string, focus: string | undefined): Promise<void> => {
  running?.abort();
  running = new AbortController();
  const { signal } = running;
  const address = new URL(href);
  const parts = rowsIn(href) === shownRows ? ['inspector'] : ['summary', 'ledger', 'inspector'];
  try {
    await Promise.all(parts.map((name) => replace(name, address, signal)));
  } catch {
    if (!signal.aborted) location.assign(href);
    return;
  }
  shownRows = rowsIn(href);
  const step = stepIn(href);
  mark(step);
  const inspector = byId('inspector');
  const status = byId('shown-step');
  if (status)
    status.textContent = step ? (byId('inspector-title')?.textContent ?? '') : 'The details are closed';
  const target = focus ? document.querySelector<HTMLElement>(focus) : null;
  target?.focus({ preventScroll: true });
  // Below the ledger, the details would open out of sight.
  const ledger = part('ledger');
  if (
    inspector &&
    !target &&
    ledger &&
    inspector.getBoundingClientRect().top >= ledger.getBoundingClientRect().bottom
  ) {
    inspector.scrollIntoView();
    inspector.focus({ preventScroll: true });
  }
};

const open = (href: string, focus?: string): void => {
  history.pushState(null, '', href);
  show(href, focus).catch(() => location.assign(href));
};

/** Returns how to find a link again after its part was replaced. */
const again = (link: HTMLAnchorElement): string | undefined => {
  if (link.closest('.ledger')) return undefined;
  if (link.dataset.key === 'Escape') return '.ledger a.row[aria-current], .ledger a.row';
  if (link.dataset.key) return `.inspector [data-key="${link.dataset.key}"]`;
  if (link.closest('.tabs')) return '.inspector .tabs a[aria-current]';
  const segments = link.closest('.segments');
  if (segments) return `.segments[aria-label="${segments.getAttribute('aria-label')}"] a[aria-current]`;
  return '#inspector';
};

document.addEventListener('click', (event) => {
  const link = event.target instanceof Element ? event.target.closest('a') : null;
  if (!link || event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
  if (event.defaultPrevented || link.target || link.pathname !== location.pathname || link.search === '')
    return;
  if (link.origin !== location.origin || link.hasAttribute('download')) return;
  event.preventDefault();
  open(link.href, again(link));
});

// The link is that of the view at the time of the click.
document.addEventListener(
  'click',
  ({ target }) => {
    if (target instanceof HTMLElement && target.id === 'copy-link') target.dataset.copy = location.href;
    const menu = byId('export');
    if (menu && target instanceof Node && !menu.contains(target)) menu.removeAttribute('open');
  },
  true,
);

addEventListener('popstate', () => {
  show(location.href, undefined).catch(() => location.reload());
});

/** A journey in progress may get a person, an outcome and a duration. */
document.addEventListener('alongside:part', ({ target }) => {
  if (!(target instanceof HTMLElement) || target.dataset.part !== 'summary') return;
  const fresh = byId('fresh-heading');
  if (!(fresh instanceof HTMLTemplateElement)) return;
  const [heading, lead] = fresh.content.querySelectorAll('span:not(span span)');
  document.querySelector('h1')?.replaceChildren(...(heading?.cloneNode(true).childNodes ?? []));
  document.querySelector('p.lead')?.replaceChildren(...(lead?.cloneNode(true).childNodes ?? []));
});

/** Moves to another step, and opens it if the details are open. */
const move = (by: number): void => {
  const all = rows();
  const here = all.indexOf(document.activeElement as HTMLAnchorElement);
  const current = here === -1 ? all.findIndex((row) => row.hasAttribute('aria-current')) : here;
  const next = all[Math.min(Math.max(current === -1 ? 0 : current + by, 0), all.length - 1)];
  next?.focus();
  if (next && byId('inspector') && stepIn(location.href || '') !== Number(next.dataset.step)) {
    history.replaceState(null, '', next.href);
    show(next.href, `.ledger a.row[data-step="${next.dataset.step}"]`).catch(() => undefined);
  }
};

const turn = (by: number): void => {
  const tabs = [...document.querySelectorAll<HTMLAnchorElement>('.inspector .tabs a')];
  const at = tabs.findIndex((tab) => tab.hasAttribute('aria-current'));
  const next = tabs[at + by];
  if (at !== -1 && next) open(next.href, '.inspector .tabs a[aria-current]');
};

const id = location.pathname.split('/').at(-1) ?? '';
const compare = (): void => {
  const marked = sessionStorage.getItem('compare');
  location.assign(`/journeys/compare?a=${id}${marked && marked !== id ? `&b=${marked}` : ''}`);
};

document.addEventListener('keydown', (event) => {
  const { key } = event;
  if (event.defaultPrevented || !isForPage(event, 'input, textarea, select')) return;
  if (key === 'j') move(1);
  else if (key === 'k') move(-1);
  else if (key === '[') turn(-1);
  else if (key === ']') turn(1);
  else if (key === 'x') {
    sessionStorage.setItem('compare', id);
    report('Marked. Open another journey and press c to compare.');
  } else if (key === 'c') compare();
  else if (key === 'Escape')
    document.querySelector<HTMLAnchorElement>('.inspector [data-key=Escape]')?.click();
  else return;
  event.preventDefault();
});
