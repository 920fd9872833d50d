import { type Html, html } from '@alongside/kernel/html';
import { counted } from '@alongside/kernel/operator';
import { type JourneyPeriod, periodNames, type RefusalFilter } from '../../../journeys/model.ts';
import { periods } from '../../../journeys/text.ts';
import { errorAddress } from '../../explanations/catalogue.ts';
import { causesOf, type RefusalCauses } from '../../explanations/refusal-causes.ts';
import { currentCaller, hasRole } from '../../model/administrators/admission.ts';
import {
  emptyState,
  filterForm,
  foreign,
  numberColumn,
  segmented,
  table,
  withQuery,
} from '../frame/controls.ts';
import type { PageView } from '../frame/page.ts';
import { applicationFilter, oneOf, textOf } from './filters.ts';

/** Height of a chart in units of its drawing; a bucket is 10 wide. */
const height = 28;
const bucketWidth = 10;
const bucketNames: Readonly<Record<JourneyPeriod, string>> = {
  hour: '5 minutes',
  day: 'one hour',
  week: '6 hours',
};

/** The Overview has a parameter `application` of its own. */
const names = { application: 'refused', period: 'period' } as const;

const filterOf = ({ query }: Pick<PageView, 'query'>): RefusalFilter => ({
  period: oneOf(query.get(names.period), periodNames) ?? 'day',
  application: textOf(query, names.application),
});

const dateAndMinute = (at: number): string => new Date(at).toISOString().slice(0, 16).replace('T', ' ');

/** Draws counts as bars on one scale for all rows. Its label has the same figures as text. */
function bars(
  counts: readonly number[],
  most: number,
  timeOf: (bucket: number) => string,
  isAll: boolean,
): Html {
  const drawn = counts.flatMap((count, bucket) => (count > 0 ? [{ count, bucket }] : []));
  const path = drawn
    .map(({ count, bucket }) => {
      // One refusal among thousands is still seen.
      const size = Math.max(2, Math.round((count / most) * (height - 1)));
      return `M${bucket * bucketWidth + 1} ${height}v-${size}h${bucketWidth - 2}v${size}z`;
    })
    .join('');
  const label = drawn.map(({ count, bucket }) => `${timeOf(bucket)}: ${count}`).join(', ');
  const end = counts.length * bucketWidth;
  return html`<svg class="over-time" role="img" aria-label="${label}" viewBox="0 0 ${end} ${height}" preserveAspectRatio="none"><path${isAll ? html` class="all"` : undefined} d="${path}"/><line x1="0" y1="${height}" x2="${end}" y2="${height}"/></svg>`;
}

/** The journeys with a cause; for those who may not search them, what the cause means. */
function causeLink(
  { cause, headline }: RefusalCauses['causes'][number],
  { period, application }: RefusalFilter,
): Html {
  if (cause === null) return html`${headline}`;
  // Several errors have the same headline: a listener hears the id too.
  const label = headline.includes(cause)
    ? foreign(headline)
    : html`${foreign(headline)}<span class="visually-hidden">, ${cause}</span>`;
  if (!hasRole(currentCaller(), { roles: ['support'] }))
    return cause.includes('.') ? html`<a href="${errorAddress(cause)}">${label}</a>` : label;
  const address = withQuery('/journeys', new URLSearchParams(), { q: cause, period, application });
  return html`<a href="${address}">${label}</a>`;
}

/** The causes of refusals with their number over time, as rows of a table. */
export async function refusalChart(view: PageView): Promise<Html> {
  const filter = filterOf(view);
  const found = causesOf(await view.console.journeys.refusalCounts(filter));
  const { from, bucketSeconds, uncounted, count, counts, causes } = found;
  if (count === 0) return emptyState('Nothing was refused.');
  const start = Date.parse(from);
  const timeOf = (bucket: number): string => {
    const time = dateAndMinute(start + bucket * bucketSeconds * 1_000);
    return filter.period === 'week' ? time : time.slice(11);
  };
  const most = Math.max(...counts);
  const rows = causes.length > 1 ? [...causes, undefined] : causes;
  return html`${uncounted === null ? undefined : html`<p class="note">Only the newest refusals are counted; those until <time datetime="${uncounted}">${dateAndMinute(Date.parse(uncounted))} UTC</time> are too many.</p>`}
<div class="refusal-causes">${table(
    'Refusals by cause',
    ['Cause', numberColumn('Refusals'), 'Over time'],
    rows.map((cause, index) => ({
      id: `cause-${index}`,
      cells: cause
        ? [
            html`${causeLink(cause, filter)}${cause.cause === null ? undefined : html`<br><code class="quiet">${foreign(cause.cause)}</code>`}`,
            cause.count.toLocaleString('en-GB'),
            bars(cause.counts, most, timeOf, false),
          ]
        : ['All', count.toLocaleString('en-GB'), bars(counts, most, timeOf, true)],
    })),
  )}</div>
<p class="quiet">Each bar is ${bucketNames[filter.period]}, from <time datetime="${from}">${dateAndMinute(start)} UTC</time> until now. The highest has ${counted(most, 'refusal')}.</p>`;
}

/** The section of a page with a live part `causes`, and its filters. */
export async function refusalCausesSection(view: PageView<unknown, 'causes'>, path: string): Promise<Html> {
  const { period, application: chosen } = filterOf(view);
  const application = await applicationFilter(view.console, names.application);
  return html`<section aria-labelledby="h-causes"><h2 id="h-causes">Refusals by cause</h2>
${filterForm(path, view.query, [application, { name: names.period }, { name: 'application' }], 'Filter')}
<div class="actions">${segmented(
    'Period',
    periodNames.map((name) => ({
      label: periods[name],
      href: `${withQuery(path, view.query, { [names.period]: name, [names.application]: chosen })}#h-causes`,
      isChosen: name === period,
    })),
  )}</div>
${await view.part('causes')}</section>`;
}
