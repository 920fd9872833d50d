import { createHash } from 'node:crypto';
import { type Answer, answerTargets } from '@alongside/kernel/answer';
import { html, trusted } from '@alongside/kernel/html';
import { filled, words } from '../text/words.ts';
import { cis2Page } from './frame.ts';

const script = 'document.forms[0].submit()';
const scriptHash = `'sha256-${createHash('sha256').update(script).digest('base64')}'`;

/** The page that posts an authorization response (OAuth 2.0 Form Post Response Mode). It also works without scripts. */
export function formPostPage(
  to: string,
  parameters: Readonly<Record<string, string | undefined>>,
  applicationName: string,
  development: boolean,
): Answer {
  const fields = Object.entries(parameters)
    .filter((entry): entry is [string, string] => entry[1] !== undefined)
    .map(([name, value]) => html`<input type="hidden" name="${name}" value="${value}">`);
  const main = html`<p role="status">${words.common.redirecting}</p>
<form method="post" action="${to}">${fields}<div class="actions"><button>${words.common.next}</button></div></form>
<script>${trusted(script)}</script>`;
  return cis2Page(
    200,
    { title: filled(words.common.goingBack, { application: applicationName }), development, main },
    { formAction: answerTargets(to), script: [scriptHash] },
  );
}
