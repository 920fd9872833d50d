/** A problem of a form, with the id of the control that it is about. */
export interface FormProblem {
  at: string;
  text: string;
}

/** What the programs of several pages share. Its source text is sent with theirs, so it must not use anything outside itself. */
export function formTools() {
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
  const sentence = (text: string): string =>
    `${text.charAt(0).toUpperCase()}${text.slice(1)}${/[.!?]$/.test(text) ? '' : '.'}`;
  const report = (text: string, isBad = false): void => {
    const result = byId('result');
    if (!result) return;
    result.textContent = text;
    result.classList.toggle('bad', isBad);
  };
  const reportSilence = (): void => report('The console does not respond. Check that it is running.', true);

  /** Calls the API. @param match the ETag that the changed value must have */
  const send = async (method: string, path: string, body?: object, match = '') => {
    const response = await fetch(`/api/v1${path}`, {
      method,
      headers: { 'content-type': 'application/json', ...(match ? { 'if-match': match } : {}) },
      ...(body ? { body: JSON.stringify(body) } : {}),
    });
    const answer: Record<string, unknown> = await response.json();
    return { status: response.status, isOk: response.ok, tag: response.headers.get('etag') ?? '', answer };
  };
  const problemText = (answer: Record<string, unknown>): string =>
    sentence(String(answer.problem ?? answer.error_description ?? answer.error));
  const warningsOf = (answer: Record<string, unknown>) =>
    ((answer.warnings ?? []) as (string | { code: string; message: string })[]).map((warning) =>
      typeof warning === 'string' ? { code: '', message: warning } : warning,
    );

  /** Shows each problem at its control and all in the summary, which takes the focus. Removes those shown before. */
  const showProblems = (form: HTMLElement, problems: readonly { at: string; text: string }[]): void => {
    for (const element of form.querySelectorAll<HTMLElement>('.error-message')) element.hidden = true;
    for (const element of form.querySelectorAll('[aria-invalid]')) element.removeAttribute('aria-invalid');
    const summary = form.querySelector<HTMLElement>('.error-summary') ?? byId('problems');
    if (!summary) return;
    summary.hidden = problems.length === 0;
    summary.replaceChildren();
    if (summary.hidden) return;
    const links = problems.map(({ at, text }) => {
      const control = byId(at);
      control?.setAttribute('aria-invalid', 'true');
      control?.closest('details')?.setAttribute('open', '');
      const message = byId(`${at}-error`);
      if (message) {
        message.textContent = text;
        message.hidden = false;
      }
      const link = made('a', text);
      link.setAttribute('href', `#${at}`);
      link.addEventListener('click', (event) => {
        event.preventDefault();
        control?.focus();
      });
      return link;
    });
    const count = `${problems.length} thing${problems.length === 1 ? '' : 's'} to put right: `;
    summary.append(
      made('strong', count),
      ...links.flatMap((link, index) => (index > 0 ? [' · ', link] : [link])),
    );
    summary.focus();
  };

  const isPrivateKey = (text: string): boolean =>
    /PRIVATE KEY/.test(text) || /"(d|k|p|q|dp|dq|qi)"\s*:/.test(text);
  const privateKeyText =
    'This is a private key. It was not sent. Give its public half, and make a new pair if others could have seen it.';

  return {
    ...{ byId, made, madeButton, isolated, sentence, report, reportSilence, send, problemText, warningsOf },
    ...{ showProblems, isPrivateKey, privateKeyText },
  };
}

export type FormTools = ReturnType<typeof formTools>;
