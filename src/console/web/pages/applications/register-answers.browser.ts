import { byId, made, madeButton } from '../../frame/tools.browser.ts';

/** Reads the answers of the form, with its lists of addresses, which grow and shrink. */
export function answersOf(form: HTMLFormElement, changed: () => void) {
  const given = (name: string): string => String(new FormData(form).get(name) ?? '').trim();
  const chosen = (name: string): string[] => new FormData(form).getAll(name).map(String);
  const slug = (): string =>
    given('name')
      .toLowerCase()
      .replace(/[^a-z0-9]+/g, '-')
      .replace(/^-|-$/g, '') || 'application';

  let lineCount = 0;
  const addLine = (list: string): HTMLInputElement => {
    const lines = byId(`${list}-lines`);
    const number = (lines?.querySelectorAll('input').length ?? 0) + 1;
    lineCount += 1;
    const id = `${list}-${lineCount}`;
    const line = document.createElement('div');
    line.className = 'line';
    const input = document.createElement('input');
    Object.assign(input, { type: 'url', id, name: list, maxLength: 2_048, autocomplete: 'off' });
    input.className = 'mono';
    input.spellcheck = false;
    const label = `${list === 'callback' ? 'Callback URL' : 'Address after sign-out'} ${number}`;
    input.setAttribute('aria-label', label);
    input.setAttribute('aria-describedby', `${id}-error`);
    line.append(input);
    if (number > 1) {
      const remove = madeButton('Remove', () => {
        line.nextElementSibling?.remove();
        line.remove();
        byId(`${list}-add`)?.focus();
        changed();
      });
      remove.append(made('span', ` ${label}`, 'visually-hidden'));
      line.append(remove);
    }
    const error = made('p', '', 'error-message');
    error.id = `${id}-error`;
    error.hidden = true;
    lines?.append(line, error);
    return input;
  };
  for (const { dataset } of form.querySelectorAll<HTMLElement>('[data-list]')) addLine(dataset.list ?? '');
  form.addEventListener('click', ({ target }) => {
    const list =
      target instanceof Element ? target.closest<HTMLElement>('[data-add]')?.dataset.add : undefined;
    if (list) addLine(list).focus();
  });
  const linesOf = (list: string): HTMLInputElement[] =>
    [...(byId(`${list}-lines`)?.querySelectorAll('input') ?? [])].filter(({ value }) => value.trim() !== '');
  const addresses = (list: string): string[] => linesOf(list).map(({ value }) => value.trim());
  return { given, chosen, slug, linesOf, addresses };
}

export type Answers = ReturnType<typeof answersOf>;
