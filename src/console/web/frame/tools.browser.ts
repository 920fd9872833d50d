export const byId = (id: string): HTMLElement | null => document.getElementById(id);

/** Returns an element that the page always has. */
export function must<T extends HTMLElement>(id: string, type: new () => T): T {
  const found = byId(id);
  if (found instanceof type) return found;
  throw new Error(`The page has no ${id}.`);
}

export const made = (tag: string, text: string, name = ''): HTMLElement => {
  const element = document.createElement(tag);
  element.textContent = text;
  element.className = name;
  return element;
};

export const madeButton = (text: string, act: () => void): HTMLElement => {
  const button = made('button', text, 'small secondary');
  button.setAttribute('type', 'button');
  button.addEventListener('click', act);
  return button;
};

/** Text from outside: cut, and isolated so that its writing direction changes nothing around it. */
export const isolated = (text: string): HTMLElement =>
  made('bdi', text.length > 200 ? `${text.slice(0, 200)}…` : text);

/** Whether a text may be in an address: an id or words, never a token or a secret. `explanations/paste.ts` has the same rule. */
export const mayBeInAddress = (text: string): boolean =>
  text.length <= 200 &&
  !/^eyJ|[\r\n]|-----BEGIN |\bbearer |(?:secret|password|token|assertion|code)["']?\s?[=:]/i.test(text);

/** `1 record`, `7,000 records`. */
export const counted = (count: number, unit: string): string =>
  `${count.toLocaleString('en-GB')} ${unit}${count === 1 ? '' : 's'}`;

export const sentence = (text: string): string =>
  `${text.charAt(0).toUpperCase()}${text.slice(1)}${/[.!?]$/.test(text) ? '' : '.'}`;

export const report = (text: string, isBad = false): void => {
  const result = byId('result');
  if (!result) return;
  result.textContent = text;
  result.classList.toggle('bad', isBad);
};

export const silenceText = 'The console does not respond. Check that it is running.';
export const reportSilence = (): void => report(silenceText, true);

/** Shows a problem in place of what an element contains, and reads it out. */
export const fail = (place: Element, text: string): void => {
  const note = made('p', text, 'error');
  note.setAttribute('role', 'alert');
  place.replaceChildren(note);
};

/** Returns whether a key is for the page: not typed into a control that `typing` selects, and not switched off by the user. */
export const isForPage = (event: KeyboardEvent, typing: string): boolean => {
  const { target, ctrlKey, metaKey, altKey } = event;
  const isElsewhere =
    document.querySelector('dialog[open]') || (target instanceof HTMLElement && target.matches(typing));
  return !isElsewhere && !ctrlKey && !metaKey && !altKey && localStorage.getItem('keys') !== 'off';
};

/** Saves a text as a file of the user. */
export const download = (name: string, text: string): void => {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([text], { type: 'text/plain' }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
};
