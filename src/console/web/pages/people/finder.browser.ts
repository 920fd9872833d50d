import { isolated, made, madeButton, reportSilence } from '../../frame/tools.browser.ts';

/** A job role or an organisation. */
export interface Named {
  code: string;
  name: string;
  activities?: readonly { name: string; code: string }[];
}

/** Returns the last part of a name such as `"Clinical":"Clinical Provision":"Nurse Access Role"`. */
export const plain = (name: string): string => name.split('":"').at(-1)?.replaceAll('"', '') ?? name;

interface Finder {
  search(text: string): Promise<readonly Named[] | undefined>;
  choose(found: Named | undefined): void;
  /** Said when nothing is found. */
  none: string;
  missed?(): void;
}

/** Makes a text field find by name: the list below it can be reached and left by the arrow keys. */
export function findByName(
  input: HTMLInputElement,
  list: HTMLElement,
  { search, choose, none, missed }: Finder,
): void {
  const close = (): void => {
    list.replaceChildren();
    input.setAttribute('aria-expanded', 'false');
  };
  const take = (found: Named): void => {
    choose(found);
    input.value = plain(found.name);
    close();
    input.focus();
  };
  const itemOf = (found: Named): HTMLElement => {
    const item = document.createElement('li');
    const button = madeButton('', () => take(found));
    button.append(isolated(plain(found.name)), made('span', ` ${found.code.split(':').at(-1)}`, 'quiet'));
    item.append(button);
    return item;
  };
  let waiting: ReturnType<typeof setTimeout> | undefined;
  const find = async (): Promise<void> => {
    const text = input.value.trim();
    const found = (await search(text))?.slice(0, 8);
    if (!found || input.value.trim() !== text) return;
    input.setAttribute('aria-expanded', String(found.length > 0));
    list.replaceChildren(...(found.length > 0 ? found.map(itemOf) : [made('li', none, 'quiet')]));
    if (found.length === 0) missed?.();
  };
  input.addEventListener('input', () => {
    choose(undefined);
    clearTimeout(waiting);
    waiting = setTimeout(() => find().catch(reportSilence), 200);
  });
  input.addEventListener('keydown', (event) => {
    const first = list.querySelector('button');
    if (event.key === 'Escape') close();
    if (event.key === 'ArrowDown' && first) {
      event.preventDefault();
      first.focus();
    }
    if (event.key === 'Enter') {
      event.preventDefault();
      first?.click();
    }
  });
  list.addEventListener('keydown', (event) => {
    const item = event.target instanceof Element ? event.target.closest('li') : null;
    let next: Element | null | undefined;
    if (event.key === 'ArrowDown') next = item?.nextElementSibling;
    if (event.key === 'ArrowUp') next = item?.previousElementSibling;
    if (event.key === 'Escape') {
      close();
      input.focus();
    }
    if (next === undefined) return;
    event.preventDefault();
    if (next) next.querySelector('button')?.focus();
    else if (event.key === 'ArrowUp') input.focus();
  });
}
