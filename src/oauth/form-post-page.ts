import { createHash } from 'node:crypto';
import { type Answer, answerTargets, type PagePolicy } from '@alongside/kernel/answer';
import { type Html, html, trusted } from '@alongside/kernel/html';
import { present } from './parameters.ts';

const script = 'document.forms[0].submit()';
const scriptHash = `'sha256-${createHash('sha256').update(script).digest('base64')}'`;

/**
 * Returns the page that posts the response (OAuth 2.0 Form Post Response Mode). It also works without scripts.
 * @param render puts the content into the layout of the server
 */
export function formPostPage(
  to: string,
  members: Readonly<Record<string, string | undefined>>,
  words: { readonly redirecting: string; readonly next: string },
  render: (main: Html, policy: PagePolicy) => Answer,
): Answer {
  const fields = present(members).map(
    ([name, value]) => html`<input type="hidden" name="${name}" value="${value}">`,
  );
  const main = html`<p role="status">${words.redirecting}</p>
<form method="post" action="${to}">${fields}<div class="actions"><button>${words.next}</button></div></form>
<script>${trusted(script)}</script>`;
  return render(main, { formAction: answerTargets(to), script: [scriptHash] });
}
