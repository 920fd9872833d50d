import { send, warningsOf } from './api.browser.ts';
import { linesIn, pathsAround, place, showProblems } from './forms.browser.ts';
import { askForSignIn, everything } from './live-parts.browser.ts';
import { counted, report, reportSilence } from './tools.browser.ts';

// Forms and buttons that call the API.

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
  const warnings = warningsOf(answer).map(({ message }) => message);
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
