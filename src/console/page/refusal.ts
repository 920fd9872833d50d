import { type Html, html } from '@alongside/kernel/html';
import { paths } from '../../authorisation/protocol.ts';
import type { RefusalRecord } from '../../oauth/refusals.ts';
import type { Neighbour } from '../neighbour.ts';

/** What is known of a message id: its reason, nothing, or that the platform does not answer. Null where none was asked for. */
export type Explained = { id: string; found: RefusalRecord | 'nothing' | 'unreachable' } | null;

/** The message id that the page was asked about, looked up. */
export async function explained(
  platform: Neighbour,
  query: string,
  orNull: <T>(asked: Promise<T>) => Promise<T | null>,
): Promise<Explained> {
  const id = new URLSearchParams(query).get('message')?.trim().slice(0, 100);
  if (!id) return null;
  const answer = await orNull(platform.call({ method: 'GET', path: paths.refusal(id) }));
  if (answer === null) return { id, found: 'unreachable' };
  return { id, found: answer.status === 200 ? (answer.body as RefusalRecord) : 'nothing' };
}

function result({ id, found }: NonNullable<Explained>): Html {
  if (found === 'unreachable')
    return html`<p class="warning">The API platform does not answer, so nothing can be looked up.</p>`;
  if (found === 'nothing')
    return html`<p class="warning">Nothing is kept under <code>${id}</code>. Reasons are kept for a week.</p>`;
  return html`<p><strong>${found.detail}</strong></p>
<p class="quiet"><code>${found.error}</code> at <code>${found.path}</code>, <time datetime="${found.at}">${found.at.slice(0, 19).replace('T', ' ')} UTC</time></p>`;
}

/** A form for the message id of an error, and the reason behind it. It needs no script. */
export const refusalSection = (about: Explained): Html => html`
<form method="get" action="/#h-refusal">
<label for="message">Message id of the error</label>
<input type="text" id="message" name="message" value="${about?.id ?? ''}" autocomplete="off" spellcheck="false" maxlength="100">
<button type="submit" class="small">Say why</button>
</form>
<div role="status">${about ? result(about) : undefined}</div>`;
