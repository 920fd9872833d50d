import { type Html, html } from '@alongside/kernel/html';
import type { FoundRefusal } from '../../storage/refusals.ts';
import type { Section } from './section.ts';

function explanation(id: string, found: FoundRefusal | undefined): Html {
  if (!found)
    return html`<p class="warning">No refusal with the id <code>${id}</code> is stored. Refusals are stored for a week.</p>`;
  const { error, status, code, description, detail, fix, actor, source, method, path, at } = found;
  return html`<p><strong>${detail || description}</strong></p>
<dl class="summary"><dt>Response</dt><dd>${status} <code>${code}</code> ${description}</dd>
<dt>Fix</dt><dd>${fix}</dd><dt>Who must act</dt><dd>${actor}</dd><dt>Source</dt><dd>${source}</dd></dl>
<p class="quiet"><code>${error}</code> at <code>${method} ${path}</code>, <time datetime="${at}">${at.slice(0, 19).replace('T', ' ')} UTC</time></p>`;
}

/** A form for an id, and the refusal with the id in the query. Works without the script. */
export const refusalSection: Section = {
  id: 'refusal',
  title: 'Why was a request refused?',
  async render({ console: { refusals }, request }) {
    const id = new URLSearchParams(request.query).get('message')?.trim().slice(0, 200) ?? '';
    return html`
<form method="get" action="/everything#h-refusal">
<label for="message">Message id of the error, or the X-Request-ID or X-Correlation-ID of the request</label>
<input type="text" id="message" name="message" value="${id}" autocomplete="off" spellcheck="false" maxlength="200">
<button type="submit" class="small">Explain</button>
</form>
<div role="status">${id ? explanation(id, await refusals.find(id)) : undefined}</div>`;
  },
};
