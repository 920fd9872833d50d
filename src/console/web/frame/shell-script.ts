import type { BrowserScript } from './page.ts';
import type { PageTools } from './page-tools-script.ts';

/** The program of every page: live parts, calls of the API, forms, keys, menu and copying. */
function shell(tools: PageTools): void {
  const {
    byId,
    counted,
    madeButton,
    linesIn,
    report,
    reportSilence,
    send,
    place,
    pathsAround,
    showProblems,
  } = tools;
  document.documentElement.classList.add('script');
  const live = byId('live');

  // Live parts. A part is fetched at most twice a second, never while the page is hidden or paused, and waits while the reader is
  // typing or selecting in it.
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

  const labelOf = (element: Element): string =>
    ['href', 'name', 'value'].map((name) => element.getAttribute(name)).join(' ') + element.textContent;
  const replaced = (part: HTMLElement, markup: string): void => {
    const fresh = new DOMParser().parseFromString(markup, 'text/html').body;
    const inner = fresh.querySelector(`[data-part="${CSS.escape(part.dataset.part ?? '')}"]`) ?? fresh;
    if (part.dataset.shown === inner.innerHTML || part.innerHTML === inner.innerHTML) return;
    const focused = part.contains(document.activeElement) ? document.activeElement : null;
    const around: string[] = [];
    for (let at = focused; at && at !== part; at = at.parentElement) if (at.id) around.push(at.id);
    const open = [...part.querySelectorAll('details[open][id]')].map(({ id }) => id);
    part.dataset.shown = inner.innerHTML;
    part.replaceChildren(...[...inner.childNodes].map((node) => document.importNode(node, true)));
    for (const id of open) byId(id)?.setAttribute('open', '');
    if (focused && focused !== part) {
      // The same control of the same row, which may stand elsewhere now.
      const within = around.map(byId).find(Boolean) ?? part;
      const again = [...within.querySelectorAll<HTMLElement>(focused.localName)];
      const same =
        within.id === focused.id ? within : again.find((each) => labelOf(each) === labelOf(focused));
      // The act may have replaced its control: by a field, such as that of the PIN, or by its result.
      const next = same ?? part.querySelector<HTMLElement>('input[type=password]') ?? within;
      next.focus({ preventScroll: true });
      if (document.activeElement !== next) {
        next.tabIndex = -1;
        next.focus({ preventScroll: true });
      }
    }
    part.dispatchEvent(new CustomEvent('alongside:part', { bubbles: true }));
  };

  /** Asks the user to sign in again. Keeps text that was typed on the page. */
  const askForSignIn = (): void => {
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
      if (response.ok) replaced(part, await response.text());
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
  const everything = (): void => {
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
    report(
      lost ? 'The console does not respond. This page shows an earlier state.' : 'Connected again.',
      lost,
    );
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
  if (live) {
    connect();
    live.addEventListener('click', () => {
      isPaused = !isPaused;
      showLive(isPaused ? 'Paused' : 'Live', isPaused ? 'paused' : 'live');
      refresh();
    });
  }

  // Calls of the API.
  type Body = Record<string, unknown>;
  const bodyOf = (form: HTMLFormElement): Body => {
    const body: Body = {};
    for (const control of form.elements) {
      if (
        !(
          control instanceof HTMLInputElement ||
          control instanceof HTMLSelectElement ||
          control instanceof HTMLTextAreaElement
        )
      )
        continue;
      const { name, value, dataset } = control;
      if (!name || control.disabled) continue;
      if (control instanceof HTMLInputElement && ['radio', 'checkbox'].includes(control.type)) {
        const { checked } = control;
        if (dataset.type === 'boolean') place(body, name, checked);
        else if (dataset.list !== undefined)
          body[name] = [...((body[name] as string[] | undefined) ?? []), ...(checked ? [value] : [])];
        else if (checked) place(body, name, value);
        continue;
      }
      if (value === '' && dataset.empty === undefined) continue;
      if (dataset.type === 'number') place(body, name, Number(value));
      else if (dataset.type === 'lines') place(body, name, linesIn(value));
      else if (dataset.type === 'json') {
        try {
          place(body, name, JSON.parse(value));
        } catch {
          throw Object.assign(new Error('is not JSON'), { field: name });
        }
      } else place(body, name, value);
    }
    return body;
  };

  /** Returns the control of a member, or of the nearest member around it; for a refusal of the whole value, the one that holds it. */
  const controlOf = (form: HTMLFormElement, field: string): HTMLElement | null => {
    const found = pathsAround(field)
      .map((name) => form.querySelector<HTMLElement>(`[name="${CSS.escape(name)}"]`))
      .find(Boolean);
    return found ?? form.querySelector<HTMLElement>('[data-whole]');
  };

  /** Returns a problem as a sentence about the label of its control. */
  const sentenceOf = (form: HTMLFormElement, field: string, problem: string): string => {
    const control = controlOf(form, field);
    const label = control?.id ? form.querySelector(`label[for="${CSS.escape(control.id)}"]`) : null;
    const line = /\.(\d+)$/.exec(field)?.[1];
    const at =
      line !== undefined && control instanceof HTMLTextAreaElement ? `, line ${Number(line) + 1},` : '';
    const end = /[.!?]$/.test(problem) ? '' : '.';
    return label && control?.dataset.whole === undefined
      ? `${label.textContent}${at} ${problem}${end}`
      : `${field} ${problem}${end}`.trim();
  };

  const showError = (form: HTMLFormElement, field: string, text: string, href?: string): void =>
    showProblems(form, [{ at: controlOf(form, field)?.id ?? '', text, href }]);

  const call = async (element: HTMLElement, body: object | undefined): Promise<void> => {
    const { method = 'POST', path = '', done, next } = element.dataset;
    const form = element instanceof HTMLFormElement ? element : undefined;
    report('');
    if (form) showProblems(form, []);
    const { status, isOk, answer } = await send(method, path, body);
    if (status === 401) return askForSignIn();
    if (!isOk) {
      const left = answer.attemptsLeft;
      const attempts = left === undefined ? '' : ` ${counted(Number(left), 'attempt')} left.`;
      const reason =
        answer.field && form
          ? sentenceOf(form, String(answer.field), String(answer.problem))
          : [answer.field, answer.problem ?? answer.error_description ?? answer.error].join(' ').trim();
      const text = `${reason}${attempts}`;
      // A change of roles or keys may need the passkey again.
      const confirmation = answer.confirm ? `${answer.confirm}?next=${location.pathname}` : undefined;
      if (form && !form.dataset.isShort) showError(form, String(answer.field ?? ''), text, confirmation);
      else {
        form?.reset();
        form?.setAttribute('data-sent', '');
        report(text, true);
      }
      everything();
      return;
    }
    if (form) {
      form.reset();
      form.dataset.sent = '';
    }
    element.dispatchEvent(new CustomEvent('alongside:done', { bubbles: true, detail: answer }));
    if (next)
      return location.assign(
        next.replace(/\{(\w+)\}/g, (_, name) => encodeURIComponent(String(answer[name] ?? ''))),
      );
    everything();
    const warnings = tools.warningsOf(answer).map(({ message }) => message);
    report([answer.reason ?? done ?? 'Done.', ...warnings].join(' '), Boolean(answer.reason));
  };

  const carryOut = (element: HTMLElement, body: () => object | undefined): void => {
    if (element.getAttribute('aria-busy') === 'true') return;
    element.setAttribute('aria-busy', 'true');
    Promise.resolve()
      .then(() => call(element, body()))
      .catch((error) => {
        if (error.field && element instanceof HTMLFormElement)
          showError(element, error.field, sentenceOf(element, error.field, error.message));
        else reportSilence();
      })
      .finally(() => element.removeAttribute('aria-busy'));
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
    carryOut(button, () => (body ? JSON.parse(body) : undefined));
  });

  document.addEventListener('submit', (event) => {
    const form = event.target;
    if (!(form instanceof HTMLFormElement) || !form.dataset.method) return;
    event.preventDefault();
    if (form.dataset.confirm && !confirm(form.dataset.confirm)) return;
    carryOut(form, () => bodyOf(form));
  });

  // A filter applies when a choice is made; without the script its button does.
  document.addEventListener('change', (event) => {
    const { target } = event;
    if (target instanceof HTMLSelectElement && target.form?.dataset.filter !== undefined)
      target.form.requestSubmit();
  });

  // A token or a long text goes to Explain through this tab, because an address stays in the history.
  const search = byId('search');
  const handed = (given: string, event: Event): void => {
    const text = given.trim();
    if (text.length <= 200 && !/^eyJ|[\r\n]|-----BEGIN |secret|password|token|assertion|code=/i.test(text))
      return;
    event.preventDefault();
    sessionStorage.setItem('explain', text);
    location.assign('/explain');
  };
  if (search instanceof HTMLInputElement) {
    search.addEventListener('paste', (event) => handed(event.clipboardData?.getData('text') ?? '', event));
    search.form?.addEventListener('submit', (event) => handed(search.value, event));
  }

  const menu = byId('menu');
  menu?.addEventListener('click', () => {
    const isOpen = document.body.classList.toggle('menu-open');
    menu.setAttribute('aria-expanded', String(isOpen));
  });

  const switched = byId('keys-on');
  if (switched instanceof HTMLInputElement) {
    switched.checked = localStorage.getItem('keys') !== 'off';
    switched.addEventListener('change', () => {
      if (switched.checked) localStorage.removeItem('keys');
      else localStorage.setItem('keys', 'off');
    });
  }
  const dialog = byId('keys');
  const showKeys = (): void => {
    if (dialog instanceof HTMLDialogElement) dialog.showModal();
  };
  byId('show-keys')?.addEventListener('click', showKeys);
  document.addEventListener('keydown', (event) => {
    if (!tools.isForPage(event, 'input, textarea, select, [contenteditable]')) return;
    if (event.key === '/') byId('search')?.focus();
    else if (event.key === '?') showKeys();
    else return;
    event.preventDefault();
  });
}

/** The program of every page. */
export const shellScript: BrowserScript = { name: 'console', run: shell };
