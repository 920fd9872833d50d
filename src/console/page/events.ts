import type { JourneyEvent, Outcome } from '@alongside/kernel/events';
import { type Html, html } from '@alongside/kernel/html';
import { sequenceDiagram } from './diagram.ts';
import { isRedirect, wordsOf } from './event-labels.ts';
import type { Journey } from './journeys.ts';
import { labelOf } from './parties.ts';

const longestFact = 70;

const fact = ([name, value]: [string, string | number | boolean]): string => {
  const text = String(value);
  return `${name} ${text.length > longestFact ? `${text.slice(0, longestFact)}…` : text}`;
};

const tags: Readonly<Record<Outcome, string>> = { ok: 'good', refused: 'warn', failed: 'bad' };

const time = (at: string): Html => html`<time datetime="${at}">${at.slice(11, 19)}</time>`;

function step(event: JourneyEvent): Html {
  const { at, from, to, name, outcome, detail } = event;
  const words = wordsOf(event);
  const facts = Object.entries(detail).filter(([, value]) => value !== '');
  return html`<li>
<p class="step"><strong>${labelOf(from)} <span aria-hidden="true">→</span><span class="visually-hidden">to</span> ${labelOf(to)}</strong>
<code>${name}</code> <span class="tag ${tags[outcome]}">${outcome}</span>${isRedirect(event) ? html` <span class="tag plain">redirect</span>` : undefined}</p>
<p class="quiet step">${time(at)} ${words}${facts.length > 0 ? `${words ? ': ' : ''}${facts.map(fact).join(', ')}` : undefined}</p>
</li>`;
}

const stepList = ({ events }: Journey): Html => html`<ol class="steps">${events.map(step)}</ol>`;

function summaryOf({ events }: Journey): Html {
  const first = events[0];
  const refused = events.filter(({ outcome }) => outcome !== 'ok').length;
  const steps = events.length === 1 ? '1 step' : `${events.length} steps`;
  const trouble = refused === 0 ? undefined : html` <span class="tag warn">${refused} not ok</span>`;
  return html`${first ? time(first.at) : undefined} <code>${first?.name}</code>, ${steps}${trouble}`;
}

const older = (journey: Journey): Html => html`<details id="journey-${journey.id}">
<summary>${summaryOf(journey)}</summary>
<p><a href="/?journey=${journey.id}#h-journeys">Draw this journey</a></p>
${stepList(journey)}
</details>`;

/** The newest journey drawn and in words, and the others to unfold. `chosen` draws another one. */
export function journeysSection(
  journeys: readonly Journey[],
  chosen: string | undefined,
  development = true,
): Html {
  const shown = journeys.find(({ id }) => id === chosen) ?? journeys[0];
  if (!shown)
    return html`<p>Nothing has happened yet. ${development ? 'Insert a card, give the PIN, and sign in to the sample application: each step appears here.' : 'Each step of a sign-in appears here.'}</p>`;
  const others = journeys.filter((journey) => journey !== shown);
  const newest = shown === journeys[0];
  return html`
<p>${newest ? 'The newest journey' : html`The journey that you chose (<a href="/#h-journeys">back to the newest</a>)`}: ${summaryOf(shown)}.
Dashed arrows are redirects of the browser.</p>
<div class="drawn">
<div class="scroll" tabindex="0" role="region" aria-label="Sequence diagram">${sequenceDiagram(shown)}</div>
<div>${stepList(shown)}</div>
</div>
${others.length > 0 ? html`<h3>Other journeys</h3>${others.map(older)}` : undefined}`;
}
