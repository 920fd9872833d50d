import { type Html, html } from '@alongside/kernel/html';
import { duration } from '../../../../journeys/text.ts';
import type { Preview, PreviewField } from '../../../explanations/build/preview.ts';
import type { RunAnswer } from '../../../explanations/build/run.ts';
import { copiedBlock, foreign, tag } from '../../frame/controls.ts';

const variables = /\$([A-Z][A-Z0-9_]{1,40})/g;

/** Values of this request that only the reader knows. */
function variablesOf({ request: { url, headers, form } }: Preview): string[] {
  const texts = [url, ...headers.map(({ value }) => value), ...form.map(({ value }) => value)];
  const names = texts.flatMap((text) => [...text.matchAll(variables)].map(([, name = '']) => name));
  return [...new Set(names)].filter((name) => name !== 'CLIENT_ASSERTION');
}

const labels: Readonly<Record<string, string>> = {
  CLIENT_SECRET: 'Client secret',
  CODE: 'Code of the callback',
  ACCESS_TOKEN: 'Access token',
  REFRESH_TOKEN: 'Refresh token',
  ID_TOKEN: 'ID token',
  REDIRECT_URI: 'Callback address',
  KID: 'Id of the key',
};

const fieldRow = ({ name, place, value, rule, source, isMistake }: PreviewField): Html => {
  const id = `f-${place.replaceAll(' ', '-')}-${name}`;
  return html`<tr role="row"${isMistake ? html` class="bad"` : undefined}>
<th role="rowheader" scope="row"><label for="${id}"><code>${name}</code></label><span class="quiet">${place}</span>${isMistake ? html` ${tag('mistake', 'bad')}` : undefined}</th>
<td role="cell"><input type="text" id="${id}" name="${name}" data-value="${value}" value="${value}" maxlength="32768" autocomplete="off" spellcheck="false"${isMistake ? html` readonly` : undefined}></td>
<td role="cell">${rule}<br><span class="quiet">${source}</span></td></tr>`;
};

const signingPart = html`<div class="field"><label for="key">Private key, PEM (PKCS #8)</label>
<p class="hint" id="key-hint">It signs the assertion in this tab and never leaves it.</p>
<textarea id="key" rows="3" spellcheck="false" autocomplete="off" aria-describedby="key-hint" placeholder="-----BEGIN PRIVATE KEY-----"></textarea></div>`;

const catchPart = html`<p><label class="check"><input type="checkbox" id="catch"> Catch the code in this tab</label>
<span class="quiet">Registers <code>/build/callback</code> of this console as a callback of the application until the code is exchanged. Otherwise the code goes to the application.</span></p>`;

const variableField = (
  name: string,
): Html => html`<div class="field"><label for="v-${name}">${labels[name] ?? name}</label>
<p class="hint" id="v-${name}-hint"><code>$${name}</code>, filled in when the request is sent</p>
<input type="text" id="v-${name}" data-variable="${name}" aria-describedby="v-${name}-hint" autocomplete="off" spellcheck="false"></div>`;

/** The fields with their rules, the message and the programs of a request. */
export function previewView(preview: Preview): Html {
  const { fields, mistakes, assertion, message, snippets, isNavigation } = preview;
  const asked = variablesOf(preview);
  return html`<section aria-labelledby="h-mistakes"><h2 id="h-mistakes">Make a mistake</h2>
<fieldset class="mistakes"><legend class="visually-hidden">Mistakes</legend>${mistakes.map(
    ({ id, label, isChosen }) =>
      html`<label><input type="checkbox" name="mistake" value="${id}" id="m-${id}"${isChosen ? html` checked` : undefined}> ${label}</label> `,
  )}</fieldset></section>
<div class="build">
<section aria-labelledby="h-fields"><h2 id="h-fields">Fields</h2>
<table role="table" class="stacks"><caption class="visually-hidden">Fields of the request</caption>
<thead role="rowgroup"><tr role="row"><th role="columnheader" scope="col">Field</th><th role="columnheader" scope="col">Value</th><th role="columnheader" scope="col">Rule</th></tr></thead>
<tbody role="rowgroup">${fields.map(fieldRow)}</tbody></table></section>
<section aria-labelledby="h-message"><h2 id="h-message">The message</h2>
${copiedBlock(message, 'the message')}
<div class="needs-script">${assertion ? signingPart : undefined}${asked.map(variableField)}
<div class="actions"><button type="button" id="send">${isNavigation ? 'Open in a new tab' : 'Send'}</button>
</div>${isNavigation ? catchPart : undefined}</div>
<h2>As a program</h2>${snippets.map(
    ({ language, code }, index) =>
      html`<details id="snippet-${index}"><summary>${language}</summary>${copiedBlock(code, `as ${language}`)}</details>`,
  )}</section></div>`;
}

const indented = (body: string): string => {
  try {
    return JSON.stringify(JSON.parse(body), null, 2);
  } catch {
    return body;
  }
};

/** The response of a request that was sent. */
export const responseView = ({
  status,
  durationMs,
  messageId,
  headers,
  body,
  isCut,
}: RunAnswer): Html => html`
<h2 id="h-response" tabindex="-1">${tag(String(status), status < 400 ? 'good' : 'bad')} after ${duration(durationMs)}</h2>
<div class="actions">${body === '' ? undefined : html`<button type="button" class="small secondary" id="explain-response">Explain this response</button>`}
${messageId === null ? undefined : html`<a href="/search?${new URLSearchParams({ q: messageId }).toString()}">Open its message</a>`}</div>
<details><summary>Headers</summary><dl class="summary">${headers.map(({ name, value }) => html`<dt>${name}</dt><dd>${foreign(value)}</dd>`)}</dl></details>
<pre class="block" id="response-body" tabindex="0">${indented(body)}</pre>${isCut ? html`<p class="quiet">Cut at 64 KiB.</p>` : undefined}`;
