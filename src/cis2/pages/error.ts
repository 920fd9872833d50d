import type { Answer } from '@alongside/kernel/answer';
import type { ErrorEntry } from '@alongside/kernel/errors';
import { html } from '@alongside/kernel/html';
import { markedUp } from '../text/filled.ts';
import { words } from '../text/words.ts';
import { cis2Page } from './frame.ts';

const { error: says } = words;
const sentences: ReadonlyMap<string, string> = new Map(
  Object.entries(words.errors).map(([name, sentence]) => [
    name === 'unexpected' ? 'kernel.unexpected' : `cis2.${name}`,
    sentence,
  ]),
);

/** An error for its page. */
export interface ShownError {
  entry: Pick<ErrorEntry, 'id' | 'code' | 'status' | 'description' | 'fix' | 'actor' | 'source'>;
  /** The private reason, for development only. */
  detail: string;
  /** Finds the error in the log. */
  requestId: string;
  development: boolean;
}

/** The page of an error that is not returned to the client. In development it includes the reason. */
export function errorPage({ entry, detail, requestId, development }: ShownError): Answer {
  const { id, code, status, fix, actor, source } = entry;
  // The catalogue has the language of the protocol, the page that of the user.
  const description = sentences.get(id) ?? entry.description;
  const more = html`<h2>${says.developers}</h2>
<dl class="summary"><dt>${says.error}</dt><dd><code>${code}</code> (${id})</dd><dt>${says.why}</dt><dd>${detail || description}</dd>
<dt>${says.fix}</dt><dd>${fix}</dd><dt>${says.who}</dt><dd>${says.actors[actor]}</dd>${source ? html`<dt>${says.rule}</dt><dd>${source}</dd>` : undefined}</dl>`;
  return cis2Page(status, {
    title: says.title,
    development,
    main: html`<p class="lead">${description}</p>
${development ? more : undefined}
<p class="quiet">${markedUp(says.help, { number: html`<code>${requestId}</code>` })}</p>`,
  });
}
