import { createHash } from 'node:crypto';
import { type Answer, answerTargets, type PagePolicy } from '@alongside/kernel/answer';
import { type Html, html, trusted } from '@alongside/kernel/html';
import { type Parameters, withQuery } from './parameters.ts';

// How an authorization response reaches the client: OAuth 2.0 Multiple Response Type Encoding Practices, and OAuth 2.0 Form Post
// Response Mode.

export type ResponseMode = 'query' | 'fragment' | 'form_post';

type Members = Readonly<Record<string, string | undefined>>;

/** Reads `response_mode`, one that the profile supports. The error about another one is sent in the query, the default. */
export const readResponseMode = (
  { responseModes }: { readonly responseModes: readonly ResponseMode[] },
  parameters: Parameters,
): ResponseMode => responseModes.find((mode) => mode === parameters.get('response_mode')) ?? 'query';

const present = (members: Members): [string, string][] =>
  Object.entries(members).filter((entry): entry is [string, string] => entry[1] !== undefined);

/** Returns the address with the response in its query or its fragment. A registered address has no fragment. */
export const responseAddress = (to: string, members: Members, mode: 'query' | 'fragment'): string =>
  mode === 'fragment' ? `${to}#${new URLSearchParams(present(members))}` : withQuery(to, members);

const script = 'document.forms[0].submit()';
const scriptHash = `'sha256-${createHash('sha256').update(script).digest('base64')}'`;

/**
 * Returns the page that posts the response. It also works without scripts.
 * @param render puts the content into the layout of the server
 */
export function formPostPage(
  to: string,
  members: Members,
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
