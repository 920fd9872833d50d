import { byId, fail, made, silenceText } from '../../frame/tools.browser.ts';

// Builds the request from the form, shows it as curl, sends it and shows the answer.

type Control = HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement;
interface Sent {
  url: string;
  body: string | undefined;
}

const mark = (control: Control, problem: string): void => {
  const message = byId(`${control.id}-error`);
  if (problem) control.setAttribute('aria-invalid', 'true');
  else control.removeAttribute('aria-invalid');
  if (message) {
    message.textContent = problem;
    message.hidden = problem === '';
  }
};

/** Returns the value of a member as its type; a text that is not of its type is sent as it is, for the API to refuse. */
const sentValue = ({ value, dataset }: Control): unknown => {
  const { kind } = dataset;
  if (kind === 'integer' || kind === 'number') return Number.isNaN(Number(value)) ? value : Number(value);
  if (kind === 'boolean') return value === 'true';
  if (kind === 'object' || kind === 'array') return JSON.parse(value);
  return value;
};

/** Builds the request from the controls. */
function requestOf(controls: readonly Control[], callPath: string): Sent {
  let path = callPath;
  const query = new URLSearchParams();
  const members: Record<string, unknown> = {};
  let whole: string | undefined;
  for (const control of controls) {
    const { place, name = '' } = control.dataset;
    const { value } = control;
    if (place === 'path')
      path = path.replace(`:${name}`, value === '' ? `{${name}}` : encodeURIComponent(value));
    else if (place === 'whole') whole = value;
    else if (value !== '') {
      if (place === 'query') query.set(name, value);
      else {
        try {
          members[name] = sentValue(control);
          mark(control, '');
        } catch {
          mark(control, 'This is not JSON.');
          members[name] = value;
        }
      }
    }
  }
  const hasBody = controls.some(({ dataset }) => dataset.place === 'body' || dataset.place === 'whole');
  const text = String(query);
  return {
    url: text === '' ? path : `${path}?${text}`,
    body: hasBody ? (whole ?? JSON.stringify(members)) : undefined,
  };
}

/** Quotes for a POSIX shell. */
const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

/** Shows the request as a command of curl. */
function showCurl(
  { url, body }: Sent,
  { callMethod: method = 'GET', origin = '', signIn }: DOMStringMap,
  block: Element | null | undefined,
): void {
  const lines = [
    `curl${method === 'GET' ? '' : ` -X ${method}`} ${quoted(origin + url)}`,
    ...(signIn === 'true' ? ['-H "Authorization: Bearer $ALONGSIDE_TOKEN"'] : []),
    ...(body === undefined ? [] : [`-H 'Content-Type: application/json'`, `-d ${quoted(body)}`]),
  ];
  const text = lines.join(' \\\n  ');
  const pre = block?.querySelector('pre');
  if (pre) pre.textContent = text;
  block?.querySelector<HTMLElement>('[data-copy]')?.setAttribute('data-copy', text);
}
/** Sends the request and returns what to show of its answer; marks the control that it refuses. */
async function answerOf(
  method: string,
  { url, body }: Sent,
  controls: readonly Control[],
): Promise<Element[]> {
  const began = performance.now();
  const response = await fetch(url, {
    method,
    headers: body === undefined && method === 'GET' ? {} : { 'content-type': 'application/json' },
    body,
  });
  const text = await response.text();
  const took = Math.round(performance.now() - began);
  let shown = text;
  try {
    const parsed = JSON.parse(text);
    shown = JSON.stringify(parsed, null, 2);
    const field = String(parsed.field ?? '').split('.')[0] ?? '';
    const wrong =
      controls.find(({ dataset }) => dataset.name === field) ??
      controls.find(({ dataset }) => dataset.place === 'whole');
    if (!response.ok && wrong && parsed.problem)
      mark(wrong, `${parsed.field ?? ''} ${parsed.problem}`.trim());
  } catch {
    // Shown as received.
  }
  const pre = made('pre', shown.length > 200_000 ? `${shown.slice(0, 200_000)}…` : shown, 'block');
  pre.tabIndex = 0;
  const detail = response.headers.get('x-error-detail');
  const title = made(
    'p',
    `${response.status} ${response.statusText}, ${took} ms, ${text.length} characters${detail ? `: ${detail}` : ''}`,
    response.ok ? 'note' : 'error',
  );
  return [made('h3', 'Answer'), title, ...(text === '' ? [] : [pre])];
}

function start(form: HTMLFormElement, answer: HTMLElement): void {
  const block = form.parentElement?.querySelector('.block');
  const { callMethod: method = 'GET', callPath = '' } = form.dataset;
  const controls = [...form.querySelectorAll<Control>('[data-place]')];
  const show = (): void => showCurl(requestOf(controls, callPath), form.dataset, block);
  form.addEventListener('input', show);
  show();

  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    for (const control of controls) mark(control, '');
    const missing = controls.find(({ dataset, value }) => dataset.place === 'path' && value === '');
    if (missing) {
      mark(missing, 'Write a value: it is part of the path.');
      missing.focus();
      return;
    }
    const request = requestOf(controls, callPath);
    if (method === 'DELETE' && !confirm(`Send ${method} ${request.url}?`)) return;
    try {
      answer.replaceChildren(...(await answerOf(method, request, controls)));
    } catch {
      fail(answer, silenceText);
    }
    answer.hidden = false;
    answer.scrollIntoView({ block: 'nearest' });
  });
}

const form = byId('call');
const answer = byId('answer');
if (form instanceof HTMLFormElement && answer) start(form, answer);
