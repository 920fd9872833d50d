import { type Html, html } from '@alongside/kernel/html';
import {
  type JourneyFilter,
  type JourneyOutcome,
  type JourneyPattern,
  journeyPeriods,
  periodNames,
} from '../../../../journeys/model.ts';
import { patterns, periods } from '../../../../journeys/text.ts';
import { hasRole } from '../../../model/administrators/admission.ts';
import { emptyState, filterForm, segmented, withQuery } from '../../frame/controls.ts';
import { definePage, type PageView } from '../../frame/page.ts';
import { applicationFilter, oneOf, textOf } from '../../parts/filters.ts';
import { journeyTable } from '../../parts/journeys.ts';

const path = '/journeys';
const outcomes: readonly JourneyOutcome[] = ['succeeded', 'refused', 'failed', 'waiting', 'abandoned'];

function filterOf({ query, now }: PageView): JourneyFilter {
  const period = oneOf(query.get('period'), periodNames);
  return {
    q: textOf(query, 'q'),
    outcome: oneOf(query.get('outcome'), outcomes),
    application: textOf(query, 'application'),
    person: textOf(query, 'person'),
    pattern: oneOf(query.get('pattern'), Object.keys(patterns) as JourneyPattern[]),
    from: period && new Date(now - journeyPeriods[period]).toISOString(),
    after: textOf(query, 'after'),
  };
}

/** The filters. The person of a link is kept as a hidden field. */
async function filters(view: PageView, filter: JourneyFilter): Promise<Html> {
  return html`${filterForm(
    path,
    view.query,
    [
      { name: 'q', label: 'Error, path, person, application or id' },
      await applicationFilter(view.console, 'application'),
      { name: 'pattern', label: 'Pattern', options: Object.entries(patterns) },
      {
        name: 'period',
        label: 'Started',
        options: Object.entries(periods),
      },
      { name: 'outcome' },
      { name: 'person' },
    ],
    'Filter',
  )}
<div class="actions">${segmented('Outcome', [
    {
      label: 'All',
      href: withQuery(path, view.query, { outcome: undefined, after: undefined }),
      isChosen: !filter.outcome,
    },
    ...outcomes.map((outcome) => ({
      label: `${outcome.slice(0, 1).toUpperCase()}${outcome.slice(1)}`,
      href: withQuery(path, view.query, { outcome, after: undefined }),
      isChosen: filter.outcome === outcome,
    })),
  ])}</div>`;
}

export const nothingYet = ({ console: { development, urls } }: Pick<PageView, 'console'>): Html =>
  emptyState(
    'Nothing has happened yet. Each sign-in, token request and call of an API appears here.',
    development ? html`<a class="button" href="${urls.sample}">Sign in to the sample</a>` : undefined,
  );

/** Says which filter to drop when nothing is left. */
function nothingFound(view: PageView, filter: JourneyFilter): Html {
  const used = (['q', 'outcome', 'application', 'person', 'pattern', 'period', 'after'] as const).filter(
    (name) => view.query.get(name),
  );
  if (used.length === 0) return nothingYet(view);
  const labels = { q: `the search for “${filter.q ?? ''}”`, after: 'the older page' } as Readonly<
    Record<string, string>
  >;
  return emptyState(
    'No journey matches.',
    html`<p>Drop a filter: ${used.map(
      (name, index) =>
        html`${index > 0 ? ', ' : ''}<a href="${withQuery(path, view.query, { [name]: undefined })}">${labels[name] ?? name}</a>`,
    )}.</p>`,
  );
}

/** Opens the file of a journey that another console exported. */
const openFile: Html = html`<label class="button secondary file needs-script" for="journey-file">Open a file<input type="file" id="journey-file" class="visually-hidden" accept="application/json,.json"></label>`;

/** All journeys: who did what, where it failed and why. */
export const journeysPage = definePage({
  path,
  roles: ['support', 'read'],
  navigation: {
    group: 'top',
    label: 'Journeys',
    async badge({ journeys, clock }) {
      const errors = await journeys.errorsSince(new Date(clock.now() - 300_000).toISOString());
      return errors > 0
        ? {
            text: html`${errors}<span class="visually-hidden"> ${errors === 1 ? 'error' : 'errors'}</span> in 5 min`,
            tone: 'bad',
          }
        : undefined;
    },
  },
  program: 'pages/journeys/journeys',
  parts: {
    list: {
      on: ['journey'],
      async render(view) {
        const filter = filterOf(view);
        const found = await view.console.journeys.list(filter);
        if (found.journeys.length === 0) return nothingFound(view, filter);
        return html`<form action="${path}/compare">${journeyTable(found.journeys, view.now, { picks: true })}
<div class="actions"><button type="submit" class="secondary">Compare two</button>${
          found.next
            ? html`<a class="button secondary" href="${withQuery(path, view.query, { after: found.next })}">Older</a>`
            : undefined
        }</div></form>`;
      },
    },
  },
  async render(view) {
    const { development, urls } = view.console;
    return {
      title: 'Journeys',
      lead: 'Every sign-in, token request and API call, joined to who did it and where.',
      actions: html`${hasRole(view.caller, { roles: ['support'] }) ? openFile : undefined}${development ? html`<a class="button" href="${urls.sample}">Sign in to the sample</a>` : undefined}`,
      main: html`${await filters(view, filterOf(view))}${await view.part('list')}`,
    };
  },
});
