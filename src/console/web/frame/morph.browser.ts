import { Idiomorph } from 'idiomorph';
import { byId } from './tools.browser.ts';

/** Returns what a user recognizes a control by. */
const labelOf = (element: Element): string =>
  ['href', 'name', 'value'].map((name) => element.getAttribute(name)).join(' ') + element.textContent;

/** Focuses the same control of the same row, which may stand elsewhere now, or what its act has put in its place. */
function focusAgain(place: Element, lost: Element, label: string, around: readonly string[]): void {
  const within = around.map(byId).find(Boolean) ?? place;
  const again = [...within.querySelectorAll<HTMLElement>(lost.localName)];
  const same = within.id === lost.id && lost.id ? within : again.find((each) => labelOf(each) === label);
  const next = same ?? place.querySelector<HTMLElement>('input[type=password]') ?? within;
  if (!(next instanceof HTMLElement)) return;
  next.focus({ preventScroll: true });
  if (document.activeElement === next) return;
  next.tabIndex = -1;
  next.focus({ preventScroll: true });
}

/**
 * Turns the content of an element into that of a page, or a part of one, which our server has made. What stays keeps its focus and
 * selection, and details stay open.
 * @param selector the part of the page
 */
export function fill(place: Element, markup: string, selector = 'body'): void {
  const fresh = new DOMParser().parseFromString(markup, 'text/html');
  const inner = fresh.querySelector(selector) ?? fresh.body;
  const focused = place.contains(document.activeElement) ? document.activeElement : null;
  const label = focused ? labelOf(focused) : '';
  const around: string[] = [];
  for (let at = focused; at && at !== place; at = at.parentElement) if (at.id) around.push(at.id);
  Idiomorph.morph(place, inner.childNodes, {
    morphStyle: 'innerHTML',
    callbacks: {
      beforeAttributeUpdated: (name, element, change) =>
        !(name === 'open' && change === 'remove' && element instanceof HTMLDetailsElement && element.id),
    },
  });
  if (focused && focused !== place && (document.activeElement !== focused || labelOf(focused) !== label))
    focusAgain(place, focused, label, around);
}
