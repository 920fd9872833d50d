import type { JourneyEvent, Outcome } from '@alongside/kernel/events';
import { type Html, html } from '@alongside/kernel/html';
import type { HttpRequest } from '@alongside/kernel/http';
import type { StoredEvents } from '../../storage/events.ts';
import { sequenceDiagram } from './diagram.ts';
import { isRedirect, labelOf, textOf } from './event-labels.ts';
import type { Section } from './section.ts';

/** The events of one journey, oldest first. */
export interface Journey {
  id: string;
  events: JourneyEvent[];
}

/** The number of events that the page reads, and of journeys that it shows. */
const limits = { events: 400, journeys: 15 };

/** Groups events by journey. The journey with the newest event is first. */
export function journeysOf(events: readonly JourneyEvent[]): Journey[] {
  const journeys = new Map<string, Journey>();
  for (const event of events) {
    const journey = journeys.get(event.journey) ?? { id: event.journey, events: [] };
    journey.events.push(event);
    // Moves the journey to the end.
    journeys.delete(event.journey);
    journeys.set(event.journey, journey);
  }
  return [...journeys.values()].reverse();
}

/** Returns the newest journeys, and the number of the newest event. */
async function newestJourneys(events: StoredEvents): Promise<{ journeys: Journey[]; last: number }> {
  const last = await events.last();
  const found = await events.list({ since: Math.max(0, last - limits.events) });
  return { journeys: journeysOf(found).slice(0, limits.journeys), last };
}

const longestFact = 70;

const fact = ([name, value]: [string, string | number | boolean]): string => {
  const text = String(value);
  return `${name} ${text.length > longestFact ? `${text.slice(0, longestFact)}…` : text}`;
};

const tags: Readonly<Record<Outcome, string>> = { ok: 'good', refused: 'warn', failed: 'bad' };

const time = (at: string): Html => html`<time datetime="${at}">${at.slice(11, 19)}</time>`;

function step(event: JourneyEvent): Html {
  const { at, from, to, name, outcome, detail } = event;
  const text = textOf(event);
  const facts = Object.entries(detail).filter(([, value]) => value !== '');
  return html`<li>
<p class="step"><strong>${labelOf(from)} <span aria-hidden="true">→</span><span class="visually-hidden">to</span> ${labelOf(to)}</strong>
<code>${name}</code> <span class="tag ${tags[outcome]}">${outcome}</span>${isRedirect(event) ? html` <span class="tag plain">redirect</span>` : undefined}</p>
<p class="quiet step">${time(at)} ${text}${facts.length > 0 ? `${text ? ': ' : ''}${facts.map(fact).join(', ')}` : undefined}</p>
</li>`;
}

const stepList = ({ events }: Journey): Html => html`<ol class="steps">${events.map(step)}</ol>`;

function summaryOf({ events }: Journey): Html {
  const first = events[0];
  const refused = events.filter(({ outcome }) => outcome !== 'ok').length;
  const steps = events.length === 1 ? '1 step' : `${events.length} steps`;
  const problems = refused === 0 ? undefined : html` <span class="tag warn">${refused} not ok</span>`;
  return html`${first ? time(first.at) : undefined} <code>${first?.name}</code>, ${steps}${problems}`;
}

const older = (journey: Journey): Html => html`<details id="journey-${journey.id}">
<summary>${summaryOf(journey)}</summary>
<p><a href="/everything?journey=${journey.id}#h-journeys">Draw this journey</a></p>
${stepList(journey)}
</details>`;

/** Returns the journey in the query, if its id is well-formed. */
const chosenJourney = ({ query }: HttpRequest): string | undefined => {
  const id = new URLSearchParams(query).get('journey');
  return id && /^[0-9a-f-]{1,64}$/.test(id) ? id : undefined;
};

/** Draws the chosen journey, or else the newest, and lists the others. */
export function journeysPart(
  journeys: readonly Journey[],
  chosen: string | undefined,
  development = true,
): Html {
  const shown = journeys.find(({ id }) => id === chosen) ?? journeys[0];
  if (!shown)
    return html`<p>Nothing has happened yet. ${development ? 'Insert a card, enter the PIN, and sign in to the sample application: each step appears here.' : 'Each step of a sign-in appears here.'}</p>`;
  const others = journeys.filter((journey) => journey !== shown);
  const newest = shown === journeys[0];
  return html`
<p>${newest ? 'The newest journey' : html`The selected journey (<a href="/everything#h-journeys">back to the newest</a>)`}: ${summaryOf(shown)}.
Dashed arrows are redirects of the browser.</p>
<div class="drawn">
<div class="scroll" tabindex="0" role="region" aria-label="Sequence diagram">${sequenceDiagram(shown)}</div>
<div>${stepList(shown)}</div>
</div>
${others.length > 0 ? html`<h3>Other journeys</h3>${others.map(older)}` : undefined}`;
}

export const journeysSection: Section = {
  id: 'journeys',
  title: 'Journeys',
  live: true,
  async render({ console: { events, development }, request }) {
    const { journeys, last } = await newestJourneys(events);
    return html`<div data-since="${last}">${journeysPart(journeys, chosenJourney(request), development)}</div>`;
  },
};
