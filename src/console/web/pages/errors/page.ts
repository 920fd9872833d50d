import { type ErrorEntry, knownErrors } from '@alongside/kernel/errors';
import { type Html, html } from '@alongside/kernel/html';
import type { JourneySummary } from '../../../../journeys/model.ts';
import { bannerOfEntry } from '../../../explanations/catalogue.ts';
import { runAgainAddress } from '../../../explanations/run-again.ts';
import { currentCaller, hasRole } from '../../../model/administrators/admission.ts';
import { everyRole } from '../../../model/administrators/roles.ts';
import { errors } from '../../../model/errors.ts';
import { copiedBlock, emptyState } from '../../frame/controls.ts';
import { definePage, type PageView } from '../../frame/page.ts';
import { journeyTable } from '../../parts/journeys.ts';
import { viewOf } from '../journey/address.ts';
import { requestTab } from '../journey/exchange.ts';
import { refusalDetails } from '../journey/header.ts';

const most = 10;

function entryOf(id: string): ErrorEntry {
  const entry = knownErrors.get(id);
  if (!entry) throw errors.errorUnknown(`no error ${id.slice(0, 64)}`);
  return entry;
}

/** The newest request that was captured with this error. */
async function lastRequest(
  { id }: ErrorEntry,
  newest: JourneySummary | undefined,
  { console }: PageView,
): Promise<Html | undefined> {
  const journey = newest && (await console.journeys.find(newest.id));
  const message = journey?.messages.findLast(({ refusal, request }) => refusal?.error === id && request);
  if (!journey || !message) return undefined;
  const again = runAgainAddress(message, journey);
  const view = viewOf(journey, new URLSearchParams());
  // Without the steps of its values, whose links work on the page of the journey only.
  return html`<section class="panel exchange" aria-labelledby="last"><h2 id="last">The last request that got it</h2>${requestTab({ journey, message, view, steps: new Map() })}<p class="actions">${
    again ? html`<a class="button" href="${again}">Run again</a>` : undefined
  }<a class="button secondary" href="/journeys/${encodeURIComponent(journey.id)}?step=${message.number}">Open its journey</a></p></section>`;
}

/** The journeys that this error ended, newest first, with the last request as an example. */
async function refusedHere(entry: ErrorEntry, view: PageView) {
  if (!hasRole(currentCaller(), { roles: ['support'] })) return undefined;
  const { id } = entry;
  const { console, now } = view;
  const { journeys } = await console.journeys.list({ q: id });
  return html`${await lastRequest(entry, journeys[0], view)}<h2 id="here">Refused here</h2>${
    journeys.length === 0
      ? emptyState('No stored journey has this error.')
      : html`${journeyTable(journeys.slice(0, most), now)}<p><a href="/journeys?${new URLSearchParams({ q: id }).toString()}">All journeys with this error</a></p>`
  }`;
}

/** One error of the catalogue: what it means, what is expected, the fix, and where it happened here. */
export const errorPage = definePage({
  path: '/errors/:id',
  roles: everyRole,
  async render(view) {
    const entry = entryOf(view.params.id);
    const refusal = bannerOfEntry(entry);
    const { id, code, status, description, redirect } = entry;
    return {
      title: refusal.headline,
      lead: html`<code>${status} ${code}</code>, <code>${id}</code>`,
      main: html`${refusalDetails({ ...refusal, received: null, error: null }, null)}
<h2 id="answer">The response</h2>
<p>${redirect ? 'The browser is sent back to the application with this error.' : 'The caller gets this text and nothing more; the reason is in the console and in the log.'}</p>
${copiedBlock(`${status} ${code}\n${description}`, 'the response')}
${await refusedHere(entry, view)}`,
    };
  },
});
