/** A problem of a form, with the id of the control that it is about. */
export interface FormProblem {
  at: string;
  text: string;
  /** Where the summary leads instead of the control. */
  href?: string | undefined;
}

type Body = Record<string, unknown>;

/** Functions that the programs of the pages share. Its source text is sent with theirs, so it must not use anything outside itself. */
export function pageTools() {
  const byId = (id: string): HTMLElement | null => document.getElementById(id);
  const made = (tag: string, text: string, name = ''): HTMLElement => {
    const element = document.createElement(tag);
    element.textContent = text;
    element.className = name;
    return element;
  };
  const madeButton = (text: string, act: () => void): HTMLElement => {
    const button = made('button', text, 'small secondary');
    button.setAttribute('type', 'button');
    button.addEventListener('click', act);
    return button;
  };
  /** Text from outside: cut, and isolated so that its writing direction changes nothing around it. */
  const isolated = (text: string): HTMLElement =>
    made('bdi', text.length > 200 ? `${text.slice(0, 200)}…` : text);
  /** Shows a page or a part of one, which our server has made, in place of what an element contains. */
  const fill = (place: Element, markup: string, selector = 'body'): void => {
    const fresh = new DOMParser().parseFromString(markup, 'text/html');
    const { childNodes } = fresh.querySelector(selector) ?? fresh.body;
    place.replaceChildren(...[...childNodes].map((node) => document.importNode(node, true)));
  };
  const linesIn = (text: string): string[] =>
    text
      .split('\n')
      .map((line) => line.trim())
      .filter(Boolean);
  /** `1 record`, `7,000 records`. */
  const counted = (count: number, unit: string): string =>
    `${count.toLocaleString('en-GB')} ${unit}${count === 1 ? '' : 's'}`;
  const sentence = (text: string): string =>
    `${text.charAt(0).toUpperCase()}${text.slice(1)}${/[.!?]$/.test(text) ? '' : '.'}`;
  const report = (text: string, isBad = false): void => {
    const result = byId('result');
    if (!result) return;
    result.textContent = text;
    result.classList.toggle('bad', isBad);
  };
  const silenceText = 'The console does not respond. Check that it is running.';
  const reportSilence = (): void => report(silenceText, true);
  /** Shows a problem in place of what an element contains, and reads it out. */
  const fail = (place: Element, text: string): void => {
    const note = made('p', text, 'error');
    note.setAttribute('role', 'alert');
    place.replaceChildren(note);
  };

  /**
   * Calls the API.
   * @param match the ETag that the changed value must have
   * @param accept `text/html` for a result as markup, of calls that have one
   */
  const send = async <Answer extends object = Body>(
    method: string,
    path: string,
    body?: object | string,
    { match = '', accept = 'application/json' } = {},
  ) => {
    const response = await fetch(`/api/v1${path}`, {
      method,
      headers: { 'content-type': 'application/json', accept, ...(match ? { 'if-match': match } : {}) },
      ...(body ? { body: typeof body === 'string' ? body : JSON.stringify(body) } : {}),
    });
    const { status, ok: isOk, headers } = response;
    const text = await response.text();
    const isMarkup = headers.get('content-type')?.startsWith('text/html');
    const answer: Answer = JSON.parse(isMarkup || text === '' ? '{}' : text);
    return { status, isOk, tag: headers.get('etag') ?? '', answer, markup: isMarkup ? text : '' };
  };
  const problemText = (answer: Body): string =>
    sentence(String(answer.problem ?? answer.error_description ?? answer.error));
  const warningsOf = (answer: Body) =>
    ((answer.warnings ?? []) as (string | { code: string; message: string })[]).map((warning) =>
      typeof warning === 'string' ? { code: '', message: warning } : warning,
    );

  /** Sets a member of a body by its path: `cis2.pkce`. */
  const place = (body: Body, path: string, value: unknown): void => {
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
  const pathsAround = (path: string): string[] => {
    const names = path.split('.');
    return names.map((_, index) => names.slice(0, names.length - index).join('.'));
  };

  /** Shows each problem at its control and all in the summary, which takes the focus. Removes those shown before. */
  const showProblems = (form: HTMLElement, problems: readonly FormProblem[]): void => {
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

  /** Returns whether a key is for the page: not typed into a control that `typing` selects, and not switched off by the user. */
  const isForPage = (event: KeyboardEvent, typing: string): boolean => {
    const { target, ctrlKey, metaKey, altKey } = event;
    const isElsewhere =
      document.querySelector('dialog[open]') || (target instanceof HTMLElement && target.matches(typing));
    return !isElsewhere && !ctrlKey && !metaKey && !altKey && localStorage.getItem('keys') !== 'off';
  };

  /** Saves a text as a file of the user. */
  const download = (name: string, text: string): void => {
    const link = document.createElement('a');
    link.href = URL.createObjectURL(new Blob([text], { type: 'text/plain' }));
    link.download = name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
  };

  const isPrivateKey = (text: string): boolean =>
    /PRIVATE KEY/.test(text) || /"(d|k|p|q|dp|dq|qi)"\s*:/.test(text);
  const privateKeyText =
    'This is a private key. It was not sent. Give its public half, and make a new pair if others could have seen it.';

  return {
    byId,
    made,
    madeButton,
    isolated,
    fill,
    linesIn,
    counted,
    sentence,
    report,
    silenceText,
    reportSilence,
    fail,
    send,
    problemText,
    warningsOf,
    place,
    pathsAround,
    showProblems,
    isForPage,
    download,
    isPrivateKey,
    privateKeyText,
  };
}

export type PageTools = ReturnType<typeof pageTools>;
