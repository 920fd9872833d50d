import { byId, made } from './tools.browser.ts';

/** A problem of a form, with the id of the control that it is about. */
export interface FormProblem {
  at: string;
  text: string;
  /** Where the summary leads instead of the control. */
  href?: string | undefined;
}

type Body = Record<string, unknown>;

/** Returns the lines of a text that are not empty. */
export const linesIn = (text: string): string[] =>
  text
    .split('\n')
    .map((line) => line.trim())
    .filter(Boolean);

/** Sets a member of a body by its path: `cis2.pkce`. */
export const place = (body: Body, path: string, value: unknown): void => {
  const names = path.split('.');
  const last = names.pop() ?? '';
  let object = body;
  for (const name of names) {
    object[name] ??= {};
    object = object[name] as Body;
  }
  object[last] = value;
};

/** Returns a path and those of the members around it: `a.b.c`, `a.b`, `a`. */
export const pathsAround = (path: string): string[] => {
  const names = path.split('.');
  return names.map((_, index) => names.slice(0, names.length - index).join('.'));
};

/** Shows each problem at its control and all in the summary, which takes the focus. Removes those shown before. */
export const showProblems = (form: HTMLElement, problems: readonly FormProblem[]): void => {
  for (const element of form.querySelectorAll<HTMLElement>('.error-message')) element.hidden = true;
  for (const element of form.querySelectorAll('[aria-invalid]')) element.removeAttribute('aria-invalid');
  const summary = form.querySelector<HTMLElement>('.error-summary') ?? byId('problems');
  if (!summary) return;
  summary.hidden = problems.length === 0;
  summary.replaceChildren();
  if (summary.hidden) return;
  const links = problems.map(({ at, text, href }) => {
    const control = byId(at);
    control?.setAttribute('aria-invalid', 'true');
    control?.closest('details')?.setAttribute('open', '');
    const message = byId(`${at}-error`) ?? byId(`${control?.getAttribute('name')}-error`);
    if (message) {
      message.textContent = text;
      message.hidden = false;
    }
    if (!href && !control) return made('span', text);
    const link = made('a', text);
    link.setAttribute('href', href ?? `#${at}`);
    if (!href)
      link.addEventListener('click', (event) => {
        event.preventDefault();
        control?.focus();
      });
    return link;
  });
  if (links.length > 1) summary.append(made('strong', `${links.length} things to put right: `));
  summary.append(...links.flatMap((link, index) => (index > 0 ? [' · ', link] : [link])));
  summary.focus();
};

export const isPrivateKey = (text: string): boolean =>
  /PRIVATE KEY/.test(text) || /"(d|k|p|q|dp|dq|qi)"\s*:/.test(text);
export const privateKeyText =
  'This is a private key. It was not sent. Give its public half, and make a new pair if others could have seen it.';
