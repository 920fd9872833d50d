import { type Answered, call } from '../../frame/api.browser.ts';
import { fill } from '../../frame/morph.browser.ts';
import { byId, fail, made, madeButton, must, report, silenceText } from '../../frame/tools.browser.ts';

// Shows each change of a request at once, signs its assertion here, and sends it after a click. Secrets and the key stay in this tab.
const form = must('choose', HTMLFormElement);
const preview = must('preview', HTMLElement);
const response = must('response', HTMLElement);
const variables = new Map<string, string>();
let key = form.dataset.key ?? '';

interface Order {
  kind: string;
  application: string;
  values: Record<string, string>;
  mistakes: string[];
}
const chosen = (name: string): string => {
  const control = form.elements.namedItem(name);
  return control instanceof HTMLSelectElement ? control.value : '';
};
const all = (selector: string): HTMLInputElement[] => [
  ...preview.querySelectorAll<HTMLInputElement>(selector),
];
/** Values that the reader changed, by name, kept while the request is drawn again. */
let values: Record<string, string> = JSON.parse(form.dataset.values || '{}');
let isCatching = false;
const orderOf = (): Order => ({
  kind: chosen('kind'),
  application: chosen('application'),
  values,
  mistakes: all('input[name=mistake]:checked').map(({ value }) => value),
});

const refuse = (message: string, at?: HTMLElement | null): void => {
  fail(response, message);
  at?.focus();
};
/** Returns the response of a success; shows the problem of a refusal. */
async function accepted<Result>(response: Promise<Answered<Result>>) {
  const result = await response;
  if (result.isOk) return result;
  const { field, problem, error_description: description } = result.answer;
  refuse(problem ? `${field ?? ''} ${problem}.` : String(description));
  return undefined;
}
const previewed = (body: Order, accept?: string) =>
  accepted(call('POST', '/requests/preview', accept ? { body, accept } : { body }));
const restore = (): void => {
  for (const input of all('input[data-variable]'))
    input.value = variables.get(input.dataset.variable ?? '') ?? '';
  const area = byId('key');
  if (area instanceof HTMLTextAreaElement) area.value = key;
  const box = byId('catch');
  if (box instanceof HTMLInputElement) box.checked = isCatching;
  else isCatching = false;
};

let drawn = 0;
const draw = async (): Promise<void> => {
  drawn += 1;
  const mine = drawn;
  const order = orderOf();
  const answer = await previewed(order, 'text/html');
  if (!answer || mine !== drawn) return;
  fill(preview, answer.markup);
  restore();
  const query = new URLSearchParams({ kind: order.kind, application: order.application });
  for (const mistake of order.mistakes) query.append('mistake', mistake);
  history.replaceState(null, '', `/build?${query}`);
};
const unreachable = (): void => refuse(silenceText);
const redraw = (): void => {
  draw().catch(unreachable);
};

// Signing.
const encoded = (bytes: Uint8Array): string => {
  let text = '';
  for (const byte of bytes) text += String.fromCharCode(byte);
  return btoa(text).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
};
const algorithms: Record<
  string,
  { key: RsaHashedImportParams | EcKeyImportParams; sign: AlgorithmIdentifier | RsaPssParams | EcdsaParams }
> = {
  RS512: { key: { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-512' }, sign: { name: 'RSASSA-PKCS1-v1_5' } },
  RS256: { key: { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' }, sign: { name: 'RSASSA-PKCS1-v1_5' } },
  PS256: { key: { name: 'RSA-PSS', hash: 'SHA-256' }, sign: { name: 'RSA-PSS', saltLength: 32 } },
  ES256: { key: { name: 'ECDSA', namedCurve: 'P-256' }, sign: { name: 'ECDSA', hash: 'SHA-256' } },
};
const signed = async (header: Record<string, string>, claims: object): Promise<string> => {
  const algorithm = algorithms[header.alg ?? ''];
  if (!algorithm)
    throw new Error(`This page signs with ${Object.keys(algorithms).join(', ')}, not with ${header.alg}.`);
  const base64 = key.replaceAll(/-----[A-Z ]+-----/g, '').replaceAll(/\s/g, '');
  const der = Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
  const imported = await crypto.subtle.importKey('pkcs8', der, algorithm.key, false, ['sign']);
  const part = (value: object): string => encoded(new TextEncoder().encode(JSON.stringify(value)));
  const text = `${part(header)}.${part(claims)}`;
  const signature = await crypto.subtle.sign(algorithm.sign, imported, new TextEncoder().encode(text));
  return `${text}.${encoded(new Uint8Array(signature))}`;
};

/** Replaces variables; names the first that is missing. */
const filled = (text: string, missing: Set<string>): string =>
  text.replaceAll(/\$([A-Z][A-Z0-9_]{1,40})/g, (whole, name) => {
    const value = variables.get(name);
    if (value) return value;
    missing.add(name);
    return whole;
  });

// A run in the browser: the callback of this console is registered for it, with consent.
const callback = `${location.origin}/build/callback`;
const channel = new BroadcastChannel('alongside-build');
let expected: { state: string; kind: string } | undefined;
/** Also sent while the tab closes. The server removes it after ten minutes by itself. */
const setCallback = async (isWanted: boolean): Promise<boolean> => {
  const half = chosen('kind').endsWith('-cis2') ? 'cis2' : 'platform';
  const path = '/applications/{id}/run-callback';
  const at = { id: chosen('application') };
  const result = isWanted
    ? await call('PUT', path, { at, body: { half }, keepalive: true })
    : await call('DELETE', path, { at, keepalive: true });
  if (result.isOk) return true;
  const { field, problem, error_description: description } = result.answer;
  refuse(problem ? `The callback cannot be registered: ${field ?? ''} ${problem}.` : String(description));
  return false;
};
const endRun = (note: string): void => {
  if (!expected) return;
  expected = undefined;
  setCallback(false).catch(unreachable);
  report(note);
  response.replaceChildren();
};
addEventListener('pagehide', () => endRun(''));
channel.onmessage = ({ data }) => {
  const answer: Record<string, string> | undefined = data?.response;
  // A response without the state of this run is not its own.
  if (!expected || !answer || answer.state !== expected.state) return;
  channel.postMessage({ taken: answer.state });
  if (answer.error) {
    endRun('');
    return refuse(`${answer.error}: ${answer.error_description ?? ''}`);
  }
  variables.set('CODE', answer.code ?? '');
  const select = form.elements.namedItem('kind');
  if (select instanceof HTMLSelectElement) select.value = expected.kind;
  values = { redirect_uri: callback };
  response.replaceChildren(madeButton('Cancel this run', () => endRun('The run is cancelled.')));
  report('The browser has returned with a code. Look at the next request, then send it.');
  redraw();
};

/** Issues a token for the person of the request that is run again, unless the reader has filled one in. */
const mintToken = async (): Promise<void> => {
  const { mint } = form.dataset;
  if (!mint || variables.get('ACCESS_TOKEN')) return;
  const person = mint === 'application' ? {} : { person: mint };
  const made = await call('POST', '/tokens', { body: { application: chosen('application'), ...person } });
  if (made.isOk) variables.set('ACCESS_TOKEN', made.answer.access_token);
};

const send = async (): Promise<void> => {
  // A response of an earlier request would look like that of this one.
  response.replaceChildren();
  if (isCatching && !(await setCallback(true))) return;
  // Made again, so that times and ids are those of now.
  const fresh = await previewed(orderOf());
  if (!fresh) return;
  const { request, assertion, isNavigation } = fresh.answer;
  if (assertion) {
    if (key.trim() === '') return refuse('Paste the private key that signs the assertion.', byId('key'));
    try {
      variables.set('CLIENT_ASSERTION', await signed(assertion.header, assertion.claims));
    } catch (error) {
      const reason =
        error instanceof Error && error.name === 'Error'
          ? error.message
          : 'The key cannot be read. Paste an unencrypted PKCS #8 key of this algorithm as PEM.';
      return refuse(reason, byId('key'));
    }
  }
  await mintToken();
  const missing = new Set<string>();
  const pairs = (list: { name: string; value: string }[]) =>
    list.map(({ name, value }) => ({ name, value: filled(value, missing) }));
  const fields = pairs(request.form);
  const sent = {
    method: request.method,
    url: filled(request.url, missing),
    headers: pairs(request.headers),
    body: new URLSearchParams(fields.map(({ name, value }) => [name, value])).toString(),
  };
  const [first] = missing;
  if (first) return refuse(`Fill in $${first}.`, byId(`v-${first}`));
  if (isNavigation) {
    const state = new URL(sent.url).searchParams.get('state') ?? '';
    const next = chosen('kind').endsWith('-cis2') ? 'code-cis2' : 'code';
    expected = isCatching ? { state, kind: next } : undefined;
    open(sent.url, '_blank', 'noopener');
    if (expected)
      response.replaceChildren(
        made('p', 'This tab waits for the code.'),
        madeButton('Cancel this run', () => endRun('The run is cancelled.')),
      );
    return;
  }
  if (fields.length > 0)
    sent.headers.push({ name: 'Content-Type', value: 'application/x-www-form-urlencoded' });
  const answer = await accepted(call('POST', '/requests/run', { body: sent, accept: 'text/html' }));
  if (!answer) return;
  fill(response, answer.markup);
  byId('h-response')?.focus();
  keepTokens(byId('response-body')?.textContent ?? '');
  if (!expected || !chosen('kind').startsWith('code')) return;
  expected = undefined;
  variables.delete('CODE');
  await setCallback(false);
};
/** Tokens of a response are ready for the next request. */
const keepTokens = (body: string): void => {
  try {
    const tokens = JSON.parse(body);
    for (const name of ['access_token', 'refresh_token', 'id_token'])
      if (typeof tokens[name] === 'string') variables.set(name.toUpperCase(), tokens[name]);
    restore();
  } catch {
    // Not every response is JSON.
  }
};

form.addEventListener('submit', (event) => {
  event.preventDefault();
  values = {};
  redraw();
});
form.addEventListener('change', () => {
  values = {};
  key = form.dataset.demo?.split(' ').includes(chosen('application')) ? (form.dataset.demoKey ?? '') : '';
  redraw();
});
preview.addEventListener('input', ({ target }) => {
  if (target instanceof HTMLTextAreaElement && target.id === 'key') key = target.value;
  if (target instanceof HTMLInputElement && target.dataset.variable)
    variables.set(target.dataset.variable, target.value);
});
preview.addEventListener('change', ({ target }) => {
  if (!(target instanceof HTMLInputElement) || target.dataset.variable) return;
  if (target.id === 'catch') {
    // The message shows the address before it is sent.
    isCatching = target.checked;
    const { redirect_uri: _, ...others } = values;
    values = isCatching ? { ...others, redirect_uri: callback } : others;
  } else if (target.name !== 'mistake') values = { ...values, [target.name]: target.value };
  redraw();
});
document.addEventListener('click', ({ target }) => {
  if (!(target instanceof Element)) return;
  if (target.closest('#send')) send().catch(unreachable);
  if (target.closest('#explain-response')) {
    sessionStorage.setItem('explain', byId('response-body')?.textContent ?? '');
    location.assign('/explain');
  }
});
restore();
