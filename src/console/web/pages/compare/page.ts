import { type Html, html } from '@alongside/kernel/html';
import { counted } from '@alongside/kernel/operator';
import type { Journey, JourneyReader, JourneySummary, Message } from '../../../../journeys/model.ts';
import { attemptOf, cut, dateAndTime, laneName, titleOf, wordsOf } from '../../../../journeys/text.ts';
import { findJourney } from '../../../service/find-journey.ts';
import { emptyState, foreign, outcomeTag } from '../../frame/controls.ts';
import { definePage } from '../../frame/page.ts';
import { type ComparedStep, type Comparison, compare, type Difference } from './differences.ts';

const stepLink = (letter: string, journey: JourneySummary, message: Message | undefined): Html =>
  message
    ? html`<a href="/journeys/${encodeURIComponent(journey.id)}?step=${message.number}#step-${message.number}">step ${message.number}<span class="visually-hidden"> of ${letter}</span></a>`
    : html`no such step`;

const shown = (value: string | undefined): Html =>
  value === undefined ? html`<span class="quiet">absent</span>` : html`<code>${foreign(value, 400)}</code>`;

const kinds: Readonly<Record<Difference['kind'], string>> = {
  parameter: 'parameter',
  header: 'header',
  claim: 'claim',
  outcome: '',
  duration: '',
};

const row = ({ kind, name, a, b, offending }: Difference): Html =>
  html`<tr role="row"${offending ? html` class="bad"` : undefined}><th role="rowheader" scope="row"><code>${cut(name, 100)}</code> <span class="quiet">${kinds[kind]}</span>${
    offending ? html` <span class="tag bad"><span aria-hidden="true">✕</span> wrong</span>` : undefined
  }</th><td role="cell" data-label="A">${shown(a)}</td><td role="cell" data-label="B">${shown(b)}</td></tr>`;

interface Journeys {
  readonly a: Journey;
  readonly b: Journey;
}

const parties = ({ from, to }: Message): string =>
  from === to ? laneName(from) : `${laneName(from)} → ${laneName(to)}`;

/** A step that both journeys have. */
function step({ a, b, differences }: ComparedStep, journeys: Journeys): Html {
  const message = a ?? b;
  if (!message) return html``;
  const words = attemptOf(message);
  return html`<section class="panel"><h2>${words} <span class="quiet">${parties(message)}</span></h2><p class="quiet">A: ${stepLink('A', journeys.a, a)} · B: ${stepLink('B', journeys.b, b)}</p><table role="table" class="stacks differences"><caption class="visually-hidden">Differences: ${words}</caption><thead role="rowgroup"><tr role="row"><th role="columnheader" scope="col">Value</th><th role="columnheader" scope="col">A</th><th role="columnheader" scope="col">B</th></tr></thead><tbody role="rowgroup">${differences.map(row)}</tbody></table></section>`;
}

function missing(steps: readonly ComparedStep[], side: 'a' | 'b', journey: Journey): Html | undefined {
  const messages = steps.flatMap((one) => (one.a && one.b ? [] : (one[side] ?? [])));
  const letter = side.toUpperCase();
  if (messages.length === 0) return undefined;
  return html`<section class="panel"><h2>Only in ${letter}</h2><ul class="compared">${messages.map(
    (message) =>
      html`<li>${stepLink(letter, journey, message)}: ${wordsOf(message)} <span class="quiet">${parties(message)}</span></li>`,
  )}</ul></section>`;
}

/** Shows the steps in the order of their weight; those of one journey alone together, where the first of them belongs. */
function stepsOf({ steps }: Comparison, journeys: Journeys): Html {
  const isShared = ({ a, b }: ComparedStep) => a !== undefined && b !== undefined;
  const first = steps.findIndex((one) => !isShared(one));
  const before = first === -1 ? steps : steps.slice(0, first);
  const after = first === -1 ? [] : steps.slice(first).filter(isShared);
  return html`${before.map((one) => step(one, journeys))}${missing(steps, 'a', journeys.a)}${missing(
    steps,
    'b',
    journeys.b,
  )}${after.map((one) => step(one, journeys))}`;
}

const about = (letter: string, journey: JourneySummary): Html =>
  html`<li><strong>${letter}</strong> <a href="/journeys/${encodeURIComponent(journey.id)}">${titleOf(journey)}</a> ${outcomeTag(journey.outcome)} <span class="quiet">${dateAndTime(journey.startedAt)}, ${counted(journey.count, 'request')}</span></li>`;

const summary = ({ steps, equal, usual }: Comparison): Html =>
  html`<p class="quiet">${counted(steps.length, 'step')} with differences, ${equal} without.${
    usual.length > 0
      ? ` Left out because they are new in every journey: ${usual.map((name) => cut(name, 40)).join(', ')}.`
      : ''
  }</p>`;

/** Shows two journeys and the steps in which they differ. */
export function comparison(a: Journey, b: Journey): Html {
  const found = compare(a, b);
  return html`<ul class="compared">${about('A', a)}${about('B', b)}</ul>${summary(found)}${
    found.steps.length === 0
      ? html`<p class="note">These journeys differ only in values that are new each time.</p>`
      : stepsOf(found, { a, b })
  }<p><a href="/journeys/compare?a=${encodeURIComponent(b.id)}&amp;b=${encodeURIComponent(a.id)}">Swap A and B</a></p>`;
}

/** Offers journeys to compare with one. */
function candidates(a: Journey, others: readonly JourneySummary[]): Html {
  return html`<ul class="compared">${about('A', a)}</ul>${
    others.length === 0
      ? html`<p class="note">No other journey of this application has succeeded yet. Sign in once with correct settings, then compare.</p>`
      : html`<h2>Compare with</h2><ul class="compared">${others.map(
          (other) =>
            html`<li><a href="/journeys/compare?a=${encodeURIComponent(a.id)}&amp;b=${encodeURIComponent(other.id)}">${titleOf(other)}</a> ${outcomeTag(other.outcome)} <span class="quiet">${dateAndTime(other.startedAt)}, ${counted(other.count, 'request')}</span></li>`,
        )}</ul>`
  }`;
}

/** Returns other journeys of the same application and pattern that succeeded. */
async function similar(journeys: JourneyReader, journey: Journey): Promise<JourneySummary[]> {
  const { id, application, pattern } = journey;
  const filter = { pattern, ...(application ? { application: application.id } : {}) };
  const good = await journeys.list({ ...filter, outcome: 'succeeded' });
  return good.journeys.filter((one) => one.id !== id);
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
    if (!first)
      return {
        title,
        crumbs,
        main: emptyState(
          'Mark two journeys in the list, then compare them.',
          html`<a href="/journeys">Journeys</a>`,
        ),
      };
    const a = await findJourney(journeys, first);
    if (second) return { title, crumbs, main: comparison(a, await findJourney(journeys, second)) };
    const choices = await similar(journeys, a);
    const [good] = choices;
    if (!good || a.outcome === 'succeeded')
      return { title, crumbs, main: candidates(a, choices.slice(0, others)) };
    return {
      title,
      crumbs,
      lead: 'With the last good journey of the same application.',
      main: comparison(a, await findJourney(journeys, good.id)),
    };
  },
});
