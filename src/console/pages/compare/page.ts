import { html } from '@alongside/kernel/html';
import type { Journey, JourneyReader, JourneySummary } from '../../../journeys/model.ts';
import { errors } from '../../errors.ts';
import { emptyState } from '../../page/controls.ts';
import { definePage } from '../../page/page.ts';
import { candidates, comparison } from './view.ts';

/** Ids are shorter. A longer one is not searched for. */
const longestId = 200;

async function find(journeys: JourneyReader, id: string): Promise<Journey> {
  const found = id.length <= longestId ? await journeys.find(id) : undefined;
  if (!found) throw errors.journeyUnknown(`no journey ${id.slice(0, 64)}`);
  return found;
}

/** Returns other journeys of the same application and pattern, the successful ones first. */
async function similar(journeys: JourneyReader, journey: Journey): Promise<JourneySummary[]> {
  const { id, application, pattern } = journey;
  const filter = { pattern, ...(application ? { application: application.id } : {}) };
  const [good, all] = await Promise.all([
    journeys.list({ ...filter, outcome: 'succeeded' }),
    journeys.list(filter),
  ]);
  const known = new Map([...good.journeys, ...all.journeys].map((one) => [one.id, one]));
  known.delete(id);
  return [...known.values()];
}

const others = 10;

/** Compares two journeys. Compares a single refused one with the last successful one of its application. */
export const comparePage = definePage({
  path: '/journeys/compare',
  roles: ['support', 'read'],
  async render({ console: { journeys }, query }) {
    const title = 'Compare two journeys';
    const crumbs = [{ label: 'Journeys', href: '/journeys' }];
    const [first, second] = [...query.getAll('a'), ...query.getAll('b'), ...query.getAll('pick')];
    if (!journeys || !first)
      return {
        title,
        crumbs,
        main: emptyState(
          'Mark two journeys in the list, then compare them.',
          html`<a href="/journeys">Journeys</a>`,
        ),
      };
    const a = await find(journeys, first);
    if (second) return { title, crumbs, main: comparison(a, await find(journeys, second)) };
    const choices = await similar(journeys, a);
    const good = choices.find(({ outcome }) => outcome === 'succeeded');
    if (!good || a.outcome === 'succeeded')
      return { title, crumbs, main: candidates(a, choices.slice(0, others)) };
    return {
      title,
      crumbs,
      lead: 'With the last good journey of the same application.',
      main: comparison(a, await find(journeys, good.id)),
    };
  },
});
