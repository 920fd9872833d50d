import { type Html, html } from '@alongside/kernel/html';
import { mayBeInAddress } from '../../../explanations/paste.ts';
import { explain } from '../../../explanations/registry.ts';
import { type Found, search } from '../../../explanations/search.ts';
import { currentCaller, hasRole } from '../../../model/administrators/admission.ts';
import { everyRole } from '../../../model/administrators/roles.ts';
import { emptyState, foreign } from '../../frame/controls.ts';
import { definePage } from '../../frame/page.ts';
import { journeyTable } from '../../parts/journeys.ts';
import { explanationView } from '../explain/result.ts';

/** The headings of kinds of which several are found, in this order. */
const headings: Partial<Record<Found['kind'], string>> = {
  application: 'Applications',
  person: 'People',
  error: 'Errors',
  patient: 'Patients',
};

const section = (id: string, title: string, content: Html): Html =>
  html`<section aria-labelledby="h-${id}"><h2 id="h-${id}">${title}</h2>${content}</section>`;

const list = (results: readonly Found[]): Html =>
  html`<ul class="found">${results.map(
    ({ label, href, about }) =>
      html`<li><a href="${href}">${foreign(label)}</a> <span class="quiet">${foreign(about)}</span></li>`,
  )}</ul>`;

/** Whether the caller may open Explain. */
const mayExplain = (): boolean => hasRole(currentCaller(), { roles: ['support'] });

const pasteHint =
  (): Html => html`<p class="warning">This is too long for a search, or may be a token. An address stays in the history of the browser, so paste it where it is not in one.</p>
${mayExplain() ? html`<p><a class="button" href="/explain">Open Explain</a></p>` : undefined}`;

/** Finds the page of an id, or errors, people, applications and journeys by words. */
export const searchPage = definePage({
  path: '/search',
  roles: everyRole,
  async render(view) {
    const { console, query, now } = view;
    const q = query.get('q')?.trim() ?? '';
    const title = 'Search';
    if (q === '')
      return {
        title,
        main: emptyState(
          'Type what you have into the box above: an error code, words of a message, a path, a status, a name or an id.',
        ),
      };
    if (!mayBeInAddress(q)) return { title, main: pasteHint() };
    const lead = html`For <q>${foreign(q)}</q>`;
    const results = await search(q, console);
    const [first] = results;
    // Only what has exactly this id is not of a kind with a heading, or has the id as its note.
    if (first && first.about === q && first.kind !== 'error')
      return { title, redirect: first.href, main: html`<p><a href="${first.href}">${first.label}</a></p>` };
    if (mayExplain() && (await console.refusals.find(q)))
      return { title, lead, main: explanationView(await explain(q, 'id', console), q) };
    const journeys = results.some(({ kind }) => kind === 'journey')
      ? (await console.journeys.list({ q })).journeys.slice(0, 10)
      : [];
    const sections = Object.entries(headings).flatMap(([kind, heading]) => {
      const own = results.filter((result) => result.kind === kind);
      return own.length === 0 ? [] : [section(kind, heading, list(own))];
    });
    if (journeys.length > 0)
      sections.push(
        section(
          'journeys',
          'Journeys',
          html`${journeyTable(journeys, now)}<p><a href="/journeys?${new URLSearchParams({ q }).toString()}">All journeys that match</a></p>`,
        ),
      );
    return {
      title,
      lead,
      main:
        sections.length > 0
          ? html`${sections}`
          : emptyState(
              'Nothing in this installation has these words or this id.',
              html`<p>Refusals are stored for a week.${mayExplain() ? html` <a href="/explain">Explain</a> takes whole errors, tokens and requests.` : undefined}</p>`,
            ),
    };
  },
});
