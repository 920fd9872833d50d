import { call } from '../../frame/api.browser.ts';
import { fill } from '../../frame/morph.browser.ts';
import { byId, fail, must, silenceText } from '../../frame/tools.browser.ts';

// Sends a pasted text in the body of a call, never in an address. A HAR is read here, and only requests to this installation are sent on.
const form = must('explain', HTMLFormElement);
const area = must('text', HTMLTextAreaElement);
const file = byId('file');
const shown = must('explanation', HTMLElement);
const longest = 262_144;
const maxFileSize = 20 * 1_024 * 1_024;
const origins = (form.dataset.origins ?? '').split(' ');
/** The explained text, if it is not in the text area: a HAR is too long to show. */
let text: string | undefined;

const refuse = (message: string): void => fail(shown, message);

/** Returns a HAR with the requests to this installation alone, without headers, bodies and cookies; undefined for another text. */
const cutHar = (whole: string): string | undefined => {
  if (!whole.startsWith('{') || !whole.includes('"entries"')) return undefined;
  try {
    const entries = JSON.parse(whole)?.log?.entries;
    if (!Array.isArray(entries)) return undefined;
    const kept = entries
      .filter(({ request }) => origins.includes(URL.parse(request?.url)?.origin ?? ''))
      .slice(-500)
      .map(({ request, response }) => {
        const url = new URL(request.url);
        const error = url.searchParams.get('error');
        const headers = (response?.headers ?? []).filter(
          ({ name }: { name: string }) => name.toLowerCase() === 'x-message-id',
        );
        return {
          request: {
            method: request.method,
            url: url.origin + url.pathname + (error ? `?error=${encodeURIComponent(error)}` : ''),
          },
          response: { status: response?.status, headers },
        };
      });
    return JSON.stringify({ log: { entries: kept } });
  } catch {
    return undefined;
  }
};

const explain = async (as?: string): Promise<void> => {
  const whole = (text ?? area.value).trim();
  if (whole === '') return area.focus();
  const sent = cutHar(whole) ?? whole;
  if (sent.length > longest)
    return refuse(`The text has ${sent.length} characters. At most ${longest} are explained.`);
  shown.setAttribute('aria-busy', 'true');
  try {
    const { isOk, answer, markup } = await call('POST', '/explain', {
      body: as ? { text: sent, as } : { text: sent },
      accept: 'text/html',
    });
    if (!isOk) return refuse(String(answer.problem ?? answer.error_description ?? answer.error));
    fill(shown, markup);
    byId('h-taken')?.focus();
  } catch {
    refuse(silenceText);
  } finally {
    shown.removeAttribute('aria-busy');
  }
};

form.addEventListener('submit', (event) => {
  event.preventDefault();
  explain();
});
area.addEventListener('input', () => {
  text = undefined;
});
area.addEventListener('keydown', (event) => {
  if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) explain();
});
const read = async (given: File | undefined): Promise<void> => {
  if (!given) return;
  if (given.size > maxFileSize) return refuse('The file is larger than 20 MB. Record fewer requests.');
  text = await given.text();
  area.value = text.length <= longest ? text : '';
  area.placeholder = given.name;
  await explain();
};
if (file instanceof HTMLInputElement) file.addEventListener('change', () => read(file.files?.[0]));
area.addEventListener('drop', (event) => {
  const [dropped] = event.dataTransfer?.files ?? [];
  if (!dropped) return;
  event.preventDefault();
  read(dropped);
});
area.addEventListener('paste', (event) => {
  const pasted = event.clipboardData?.getData('text') ?? '';
  if (area.value !== '' || pasted.length <= longest) return;
  event.preventDefault();
  text = pasted;
  explain();
});
document.addEventListener('click', ({ target }) => {
  const button = target instanceof Element ? target.closest<HTMLElement>('button[data-as]') : null;
  if (button) explain(button.dataset.as);
});
// From the search or the first page, without an address.
const handed = sessionStorage.getItem('explain');
sessionStorage.removeItem('explain');
if (handed) {
  area.value = handed;
  explain();
}
