import { type Html, html } from '@alongside/kernel/html';
import type { JourneySummary } from '../../../journeys/model.ts';
import { duration, patterns } from '../../../journeys/text.ts';
import { currentCaller, hasRole } from '../../model/administrators/admission.ts';
import { foreign, numberColumn, outcomeTag, table, tag, when } from '../frame/controls.ts';

const width = 96;

/** A bar as long as its share of the longest. */
const bar = (milliseconds: number, longest: number): Html =>
  html`<svg class="took" viewBox="0 0 ${width} 6" preserveAspectRatio="none" aria-hidden="true"><rect x="${width - Math.max(2, Math.round((milliseconds / longest) * width))}" y="0" width="${width}" height="6" rx="2"/></svg>`;

const small = (text: Html | string | undefined): Html | undefined =>
  text === undefined ? undefined : html`<br><span class="quiet">${text}</span>`;

const person = ({ person, pattern, outcome }: JourneySummary): Html => {
  if (person) return html`<a href="/people/${person.uid}">${foreign(person.name)}</a>`;
  if (pattern === 'application') return html`<span class="quiet">no person</span>`;
  return html`<span class="quiet">not known${outcome === 'waiting' ? ' yet' : ''}</span>`;
};

/** Returns the page of an application; for roles that cannot open it, its journeys. */
const applicationAddress = (id: string): string =>
  `${hasRole(currentCaller(), {}) ? '/applications/' : '/journeys?application='}${encodeURIComponent(id)}`;

export const applicationLink = ({ id, name }: { id: string; name: string }): Html =>
  html`<a href="${applicationAddress(id)}">${foreign(name)}</a>`;

function application({ application, otherApplications, pattern }: JourneySummary): Html {
  if (pattern === 'desk' || (pattern === 'sign-out' && !application)) return html`${patterns[pattern]}`;
  const all = application ? [application, ...otherApplications] : otherApplications;
  const names = all.map((each, index) => html`${index > 0 ? html`<br>` : undefined}${applicationLink(each)}`);
  return html`${names.length > 0 ? names : html`<span class="quiet">unknown</span>`}${small(patterns[pattern])}`;
}

function what(journey: JourneySummary): Html {
  const { id, headline, failedStep, waitingFor, faults, isClockMoved, startedAt } = journey;
  const waits = waitingFor && !headline.includes(waitingFor) ? html`waits for ${waitingFor}` : undefined;
  const place = failedStep === null ? '' : `?step=${failedStep}`;
  const marks = html`${faults.map((name) => html` ${tag(`fault ${name}`, 'warn')}`)}${isClockMoved ? html` ${tag('clock moved', 'warn')}` : undefined}`;
  return html`<span class="what"><a class="opens" href="/journeys/${id}${place}">${foreign(headline)}<span class="visually-hidden">, started ${startedAt.slice(11, 23)}</span></a></span>${marks}${
    failedStep === null ? small(waits) : small(`step ${failedStep}`)
  }`;
}

/** Journeys as rows, newest first. */
export function journeyTable(
  journeys: readonly JourneySummary[],
  now: number,
  { picks = false }: { picks?: boolean } = {},
): Html {
  const longest = Math.max(1, ...journeys.map(({ durationMs }) => durationMs));
  return table(
    'Journeys',
    [
      'Outcome',
      'Started',
      'Person',
      'Application',
      'What happened',
      numberColumn('Requests'),
      numberColumn('Took'),
      ...(picks ? [{ label: 'Compare', kind: 'hidden' as const }] : []),
    ],
    journeys.map((journey) => ({
      id: `journey-${journey.id}`,
      tone: journey.outcome === 'refused' || journey.outcome === 'failed' ? 'bad' : undefined,
      cells: [
        outcomeTag(journey.outcome),
        when(journey.startedAt, now),
        person(journey),
        application(journey),
        what(journey),
        journey.count,
        journey.outcome === 'waiting'
          ? html`<span class="quiet">not ended</span>`
          : html`${duration(journey.durationMs)}${bar(journey.durationMs, longest)}`,
        ...(picks
          ? [
              html`<input type="checkbox" name="pick" value="${journey.id}" id="pick-${journey.id}" aria-label="Compare ${journey.headline.slice(0, 80)}, started ${journey.startedAt.slice(11, 23)}">`,
            ]
          : []),
      ],
    })),
  );
}
