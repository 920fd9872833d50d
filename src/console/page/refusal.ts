import { type Html, html } from '@alongside/kernel/html';
import type { FoundRefusal, Refusals } from '../../storage/refusals.ts';

/** The refusal that the page was asked about; null where it was not asked. */
export type Explained = { id: string; found: FoundRefusal | undefined } | null;

/** Looks up the id that the page was asked about. */
export async function explained(refusals: Refusals, query: string): Promise<Explained> {
  const id = new URLSearchParams(query).get('message')?.trim().slice(0, 200);
  return id ? { id, found: await refusals.find(id) } : null;
}

function result({ id, found }: NonNullable<Explained>): Html {
  if (!found)
    return html`<p class="warning">No refusal with the id <code>${id}</code> is stored. Refusals are stored for a week.</p>`;
  const { error, status, code, description, detail, fix, actor, source, method, path, at } = found;
  return html`<p><strong>${detail || description}</strong></p>
<dl class="summary"><dt>Answer</dt><dd>${status} <code>${code}</code> ${description}</dd>
<dt>Fix</dt><dd>${fix}</dd><dt>Who acts</dt><dd>${actor}</dd><dt>Source</dt><dd>${source}</dd></dl>
<p class="quiet"><code>${error}</code> at <code>${method} ${path}</code>, <time datetime="${at}">${at.slice(0, 19).replace('T', ' ')} UTC</time></p>`;
}

/** A form for the id of an error, and the reason behind it. It needs no script. */
export const refusalSection = (about: Explained): Html => html`
<form method="get" action="/#h-refusal">
<label for="message">Message id of the error, or the X-Request-ID or X-Correlation-ID of the request</label>
<input type="text" id="message" name="message" value="${about?.id ?? ''}" autocomplete="off" spellcheck="false" maxlength="200">
<button type="submit" class="small">Say why</button>
</form>
<div role="status">${about ? result(about) : undefined}</div>`;
