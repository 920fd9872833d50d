import { type Html, html } from '@alongside/kernel/html';
import { maxPasteLength, mayBeInAddress } from '../../../explanations/paste.ts';
import { explain } from '../../../explanations/registry.ts';
import { definePage, type PageView } from '../../frame/page.ts';
import { explanationView } from './result.ts';

/** Explains the id in the query, without script. */
async function fromQuery({ console, query }: PageView): Promise<Html | undefined> {
  const q = query.get('q')?.trim();
  if (!q) return undefined;
  if (!mayBeInAddress(q))
    return html`<p class="warning">This is too long for an address, or may be a secret. Paste it into the box above.</p>`;
  return explanationView(await explain(q, query.get('as') ?? undefined, console), q);
}

/** Every check of a pasted text, before it is sent or after it was refused. */
export const explainPage = definePage({
  path: '/explain',
  roles: ['support'],
  navigation: { group: 'top', label: 'Explain' },
  program: 'pages/explain/explain',
  async render(view) {
    const { urls } = view.console;
    const origins = [...new Set(Object.values(urls).map((url) => new URL(url).origin))];
    const q = view.query.get('q') ?? '';
    return {
      title: 'Explain',
      lead: 'Paste what you sent or what came back. Every check is made here, and nothing is used up, stored or sent elsewhere.',
      main: html`
<form method="dialog" id="explain" class="needs-script" data-origins="${origins.join(' ')}">
<label for="text">A token, assertion, error, id, address, form, curl command, key or HAR</label>
<textarea id="text" name="text" rows="6" maxlength="${maxPasteLength}" spellcheck="false" autocomplete="off" aria-describedby="text-hint"></textarea>
<p class="hint" id="text-hint">At most 256 KB. Of a HAR, up to 20 MB, this page sends on only the addresses and statuses of requests to this installation.</p>
<div class="actions"><button type="submit">Explain</button><label class="button secondary file" for="file">Open a file<input type="file" id="file" class="visually-hidden" accept=".har,.json,.jwt,.pem,.txt"></label></div>
</form>
<noscript><form method="get" action="/explain"><label for="q">Message, request, journey or other id</label>
<input type="search" id="q" name="q" value="${mayBeInAddress(q) ? q : ''}" maxlength="200" autocomplete="off" spellcheck="false">
<button type="submit">Explain</button></form></noscript>
<div id="explanation" role="region" aria-label="Explanation">${await fromQuery(view)}</div>`,
    };
  },
});
