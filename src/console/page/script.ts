/** Runs in the browser. Its source text is sent, so it must not use anything else in this file. */
function consolePage(): void {
  const root = document.documentElement;
  root.classList.add('script');
  const result = document.getElementById('result');

  const report = (text: string, bad = false): void => {
    if (!result) return;
    result.classList.toggle('bad', bad);
    result.textContent = text;
  };

  const questionOf = (part: HTMLElement): string | undefined =>
    part.querySelector<HTMLElement>('[data-question]')?.dataset.question;

  /** Replaces each live part that has changed, except one in which the user is typing. */
  const show = async (): Promise<void> => {
    const response = await fetch(location.href, { headers: { accept: 'text/html' } });
    if (response.status === 401) return location.reload();
    if (!response.ok) return;
    const fresh = new DOMParser().parseFromString(await response.text(), 'text/html');
    for (const part of document.querySelectorAll<HTMLElement>('[data-live]')) {
      const now = fresh.getElementById(part.id);
      if (!now || now.outerHTML === part.dataset.shown) continue;
      const focused = part.contains(document.activeElement) ? document.activeElement : null;
      const typing =
        focused instanceof HTMLInputElement && focused.type === 'password' && focused.value !== '';
      if (typing && questionOf(now) === questionOf(part)) continue;
      const open = [...part.querySelectorAll('details[open]')].map(({ id }) => id);
      const copy = document.importNode(now, true);
      copy.dataset.shown = now.outerHTML;
      for (const id of open) copy.querySelector(`[id="${id}"]`)?.setAttribute('open', '');
      part.replaceWith(copy);
      if (focused?.id) document.getElementById(focused.id)?.focus();
    }
  };

  let running: Promise<void> = Promise.resolve();
  let next: Promise<void> | undefined;
  /** Fetches one page at a time, so that an older one never replaces a newer one. Resolves when a newer page is shown. */
  const refresh = (): Promise<void> => {
    next ??= running.then(() => {
      next = undefined;
      const shown = show();
      running = shown.catch(() => undefined);
      return shown;
    });
    return next;
  };

  const call = async (element: HTMLElement, body: object | undefined): Promise<void> => {
    const { method, path, done } = element.dataset;
    report('');
    const response = await fetch(`/api/v1${path}`, {
      method,
      headers: { 'content-type': 'application/json' },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    const answer = response.status === 204 ? {} : await response.json();
    const left = answer.attemptsLeft;
    const attempts = left === undefined ? '' : left === 1 ? ' 1 attempt left.' : ` ${left} attempts left.`;
    if (element instanceof HTMLFormElement) element.reset();
    await refresh();
    // Last, when the page is up to date.
    if (response.ok) report(answer.reason ?? done ?? 'Done.', Boolean(answer.reason));
    else report(`${answer.error_description ?? answer.error}${attempts}`, true);
  };

  const carryOut = (element: HTMLElement, body: object | undefined): void => {
    call(element, body).catch(() => report('The console does not respond. Check that it is running.', true));
  };

  document.addEventListener('click', (event) => {
    const button =
      event.target instanceof Element
        ? event.target.closest<HTMLElement>('button[data-copy], button[data-method]')
        : null;
    if (!button) return;
    const { copy, body, confirm: question } = button.dataset;
    if (copy !== undefined) {
      navigator.clipboard.writeText(copy).then(
        () => report('Copied.'),
        () => report('The browser does not allow copying.', true),
      );
      return;
    }
    if (question && !confirm(question)) return;
    carryOut(button, body ? JSON.parse(body) : undefined);
  });

  document.addEventListener('submit', (event) => {
    const form = event.target;
    if (!(form instanceof HTMLFormElement) || !form.dataset.method) return;
    event.preventDefault();
    carryOut(form, Object.fromEntries(new FormData(form)));
  });

  let waiting: ReturnType<typeof setTimeout> | undefined;
  const since = document.querySelector<HTMLElement>('[data-since]')?.dataset.since ?? '0';
  const stream = new EventSource(`/api/v1/events?since=${since}`);
  stream.onerror = () => {
    if (stream.readyState === EventSource.CLOSED) refresh().catch(() => undefined);
  };
  stream.onmessage = () => {
    clearTimeout(waiting);
    waiting = setTimeout(() => refresh().catch(() => undefined), 200);
  };
}

export const script = `(${consolePage.toString()})();\n`;
