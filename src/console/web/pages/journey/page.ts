import { type Html, html } from '@alongside/kernel/html';
import { counted } from '@alongside/kernel/operator';
import { isHarmless } from '../../../../journeys/delta.ts';
import { isFromFile } from '../../../../journeys/file.ts';
import { ledgerOf, type Row, type Shown, shownMessages } from '../../../../journeys/ledger.ts';
import type { Journey, Message } from '../../../../journeys/model.ts';
import {
  duration,
  hasFailed,
  ignoredLevel,
  laneName,
  requestLine,
  titleOf,
  wordsOf,
} from '../../../../journeys/text.ts';
import { type Act, actsFor } from '../../../explanations/remedies.ts';
import type { ConsoleContext } from '../../../model/dependencies.ts';
import { arrowPicture, type Lanes, laneHeads, laneLines, lanesOf } from '../../../service/exports/arrows.ts';
import { exportFormats } from '../../../service/exports/formats.ts';
import { findJourney } from '../../../service/find-journey.ts';
import { segmented } from '../../frame/controls.ts';
import { definePage, type PageView } from '../../frame/page.ts';
import { addressOf, type JourneyView, stepAddress, viewOf } from './address.ts';
import { banner, headingOf, leadOf, notices, related } from './header.ts';
import { inspector, type Known } from './inspector.ts';
import { timeBar } from './time.ts';

/** Rows of a page, and rows that a browser lays out together when they are in view. */
const pageSize = 1_000;
const groupSize = 100;

const kindNames = { redirect: 'redirect', call: 'call', act: 'act' } as const;

const arrow = html` <span aria-hidden="true">→</span><span class="visually-hidden"> to </span> `;

/** Names sender, receiver, kind, time and outcome: for a narrow page, and for assistive technology, which has no diagram. */
function path({ from, to, message, hop, depth }: Row): Html {
  const { kind, outcome, offsetMs } = message;
  const inside = depth > 0 && kind === 'call' ? ', inside another step' : '';
  const failed =
    outcome === 'succeeded' || hop === 'answer' ? '' : `, ${isHarmless(message) ? 'nothing to do' : outcome}`;
  const parties = from === to ? laneName(from) : html`${laneName(from)}${arrow}${laneName(to)}`;
  return html`<span class="path">${parties}, ${kindNames[kind]}, ${duration(offsetMs)}${inside}${failed}</span>`;
}

const marks = (message: Message): Html[] => [
  ...message.faults.map((name) => html` <span class="tag warn">fault ${name}</span>`),
  ...(ignoredLevel(message) ? [html` <span class="tag warn">level ignored</span>`] : []),
];

function step(row: Row, view: JourneyView, lanes: Lanes): Html {
  const { message, label, hop, depth } = row;
  const isOpen = message.number === view.step;
  const failed = hop !== 'answer' && hasFailed(message);
  const calm = hop !== 'answer' && isHarmless(message);
  const line = requestLine(message);
  const style = `row d${Math.min(depth, 6)}${failed ? ' wrong' : ''}${calm ? ' calm' : ''}${isOpen ? ' open' : ''}`;
  const words = hop === 'answer' ? html`Redirects the browser` : wordsOf(message);
  return html`<li>${before(row)}<a class="${style}"${hop === 'request' ? undefined : html` id="step-${message.number}"`} data-step="${message.number}" href="${stepAddress(view, message)}"${isOpen ? html` aria-current="true"` : undefined}><span class="n">${label}</span><span class="at">${duration(message.offsetMs)}</span><span class="words"><b>${words}</b>${hop === 'answer' ? undefined : marks(message)}${line && hop !== 'answer' ? html`<code>${line}</code>` : undefined}${path(row)}</span>${arrowPicture(row, lanes)}</a>${isOpen && hop !== 'answer' ? html`<a class="to-inspector" href="#inspector">Details of step ${message.number}</a>` : undefined}</li>`;
}

const before = ({ phase, pause }: Row): Html =>
  html`${pause === undefined ? undefined : html`<p class="pause"><b>${duration(pause)}</b> outside Alongside: nothing arrived here</p>`}${
    phase === undefined ? undefined : html`<h3 class="phase">${phase}</h3>`
  }`;

function groupsOf(rows: readonly Row[]): Row[][] {
  const groups: Row[][] = [];
  for (let at = 0; at < rows.length; at += groupSize) groups.push(rows.slice(at, at + groupSize));
  return groups;
}

const legend = html`<p class="legend" aria-hidden="true"><span class="with-lanes"><svg width="44" height="16"><g class="redirect" transform="translate(0 8)"><path class="line" d="M2 0H34"/><rect class="glass" x="11" y="-6" width="16" height="12" rx="2"/><path class="tip" d="M11 -2v-2q0-2 2-2h12q2 0 2 2v2z"/><path class="tip" d="M43 0l-9-5v10z"/></g></svg> redirect through the browser</span>
<span class="with-lanes"><svg width="40" height="16"><g transform="translate(0 8)"><path class="line" d="M2 0H30"/><path class="tip" d="M39 0l-9-5v10z"/></g></svg> call between servers</span>
<span class="with-lanes"><svg width="44" height="18"><g class="refused" transform="translate(0 9)"><path class="line" d="M2 0H27"/><circle class="glass" cx="35" r="8"/><path class="line" d="M31.5 -3.5l7 7m0-7l-7 7"/></g></svg> refused</span>
<span class="with-lanes"><svg width="44" height="18"><g class="failed" transform="translate(0 9)"><path class="line" d="M2 0H21"/><path class="line whole" d="M23 6l5-12m1 12l5-12"/></g></svg> failed or lost</span>
<span class="with-lanes"><svg width="44" height="18"><g class="calm" transform="translate(0 9)"><path class="line" d="M2 0H21"/><path class="line whole" d="M23 6l5-12m1 12l5-12"/></g></svg> nothing to do: nobody’s fault</span>
<span class="with-lanes"><svg width="14" height="16"><circle class="dot" cx="7" cy="8" r="6"/></svg> act of a person</span>
<span class="with-lanes"><svg width="12" height="16"><rect class="answers" x="2" y="1" width="8" height="14" rx="3"/></svg> still answering</span></p>`;

/** Links to the other pages of a journey with very many rows. */
function pageLinks(view: JourneyView, pages: number, page: number): Html | undefined {
  if (pages === 1) return undefined;
  const link = (to: number, text: string) =>
    to < 1 || to > pages ? undefined : html`<a href="${addressOf(view, { page: to })}">${text}</a>`;
  return html`<nav class="pages" aria-label="Pages of this journey">${link(page - 1, 'Earlier rows')} <span>Page ${page} of ${pages}</span> ${link(page + 1, 'Later rows')}</nav>`;
}

/** Draws the ledger: the messages as a list of links, and in the same rows their arrows over the lanes. */
export function ledger(journey: Journey, view: JourneyView): Html {
  const laidOut = ledgerOf(journey, view);
  const { rows } = laidOut;
  if (rows.length === 0)
    return html`<p class="empty">No step of this kind. <a href="${addressOf(view, { show: 'all' })}">Show all ${counted(journey.messages.length, 'step')}</a></p>`;
  const lanes = lanesOf(laidOut);
  const pages = Math.ceil(rows.length / pageSize);
  const opened = rows.findIndex(({ message }) => message.number === view.step);
  const page = Math.min(Math.max(view.page ?? Math.floor(opened / pageSize) + 1, 1), pages);
  const start = (page - 1) * pageSize;
  const groups = groupsOf(rows.slice(start, start + pageSize));
  return html`<h2 class="visually-hidden">Steps</h2><div class="ledger"><div class="ledger-head" aria-hidden="true"><span class="n">#</span><span class="at">Time</span><span class="words">What happened</span>${laneHeads(lanes)}</div>
<div class="rows">${laneLines(lanes)}${groups.map(
    (group, index) =>
      html`<ol start="${start + index * groupSize + 1}"${groups.length > 1 ? html` class="later"` : undefined}>${group.map((row) => step(row, view, lanes))}</ol>`,
  )}</div>${legend}</div>${pageLinks(view, pages, page)}`;
}

type JourneyRequest = Pick<PageView<{ id: string }>, 'console' | 'request' | 'params' | 'query' | 'now'>;

interface Found {
  readonly journey: Journey;
  readonly view: JourneyView;
}

/** Journeys by request: all parts of one page show the same. */
const found = new WeakMap<object, Promise<Found>>();

/** Finds the journey of a page and the view that its address names. */
function read(request: JourneyRequest): Promise<Found> {
  const known = found.get(request.request);
  if (known) return known;
  const reading = find(request);
  found.set(request.request, reading);
  return reading;
}

async function find({ console: { journeys }, params: { id }, query }: JourneyRequest): Promise<Found> {
  const journey = await findJourney(journeys, id);
  return { journey, view: viewOf(journey, query) };
}

/** Names of issuers and audiences of this installation. */
function known({ console: { cis2Issuer, urls }, now }: Pick<PageView, 'console' | 'now'>): Known {
  const parties: [string, string][] = [
    [cis2Issuer, 'CIS2 of this installation'],
    [`${cis2Issuer}/access_token`, 'the token endpoint of CIS2'],
    [`${urls.api}/oauth2`, 'API authorisation of this installation'],
    [`${urls.api}/oauth2/token`, 'the token endpoint of API authorisation'],
    [`${urls.api}/oauth2.1`, 'API authorisation of this installation'],
    [urls.cis, 'CIS of this installation'],
    ['alongside-platform', 'the API platform'],
  ];
  return { parties: new Map(parties), now };
}

const filterNames: Readonly<Record<Shown, string>> = {
  all: 'All',
  redirects: 'Redirects',
  calls: 'Calls',
  refused: 'Refused',
};

/** The filters, and whether a redirect is one arrow or two. */
const filters = (journey: Journey, view: JourneyView): Html =>
  html`${segmented(
    'Steps',
    (Object.keys(filterNames) as Shown[]).map((show) => ({
      label: `${filterNames[show]} ${shownMessages(journey, show).length}`,
      href: addressOf(view, { show, page: undefined }),
      isChosen: view.show === show,
    })),
  )}${segmented('Redirects', [
    {
      label: 'One arrow per redirect',
      href: addressOf(view, { hops: 'one', page: undefined }),
      isChosen: view.hops === 'one',
    },
    {
      label: 'Every hop',
      href: addressOf(view, { hops: 'every', page: undefined }),
      isChosen: view.hops === 'every',
    },
  ])}`;

const exportMenu = ({ id }: Journey): Html =>
  html`<details class="menu" id="export"><summary class="button secondary">Export</summary><ul>${Object.entries(
    exportFormats,
  ).map(
    ([format, { name }]) =>
      html`<li><a href="/api/v1/journeys/${encodeURIComponent(id)}/export?format=${format}&amp;download=1" download>${name}</a></li>`,
  )}</ul></details>`;

const actions = (journey: Journey, { urls }: Pick<ConsoleContext, 'urls'>): Html =>
  html`<a class="button secondary" id="compare" href="/journeys/compare?a=${encodeURIComponent(journey.id)}">Compare</a>
<button type="button" class="secondary needs-script" id="copy-link" data-copy="${urls.console}/journeys/${encodeURIComponent(journey.id)}">Copy link</button>
${exportMenu(journey)}`;

/** Heading, banner and filters: everything above the ledger. The script puts the texts of the template into the heading. */
const summary = (
  journey: Journey,
  view: JourneyView,
  console: Pick<ConsoleContext, 'urls'>,
  acts: readonly Act[],
): Html =>
  html`<template id="fresh-heading"><span>${headingOf(journey)}</span><span>${leadOf(journey)}</span></template>${notices(journey, view)}${banner(
    journey,
    view,
    acts,
  )}${related(journey)}<div class="filters-of-journey">${filters(journey, view)}<div class="actions">${actions(journey, console)}</div></div>${timeBar(journey)}`;

/** One journey: ledger and diagram in one, with the details of a step. */
export const journeyPage = definePage({
  path: '/journeys/:id',
  roles: ['support', 'read'],
  program: 'pages/journey/journey',
  parts: {
    summary: {
      on: ['journey', 'fault', 'clock', 'application', 'card'],
      async render(request) {
        const { journey, view } = await read(request);
        const failed = journey.messages.find(({ number }) => number === journey.failedStep);
        const acts = failed && !isFromFile(journey) ? await actsFor(failed, journey, request.console) : [];
        return summary(journey, view, request.console, acts);
      },
    },
    ledger: {
      on: ['journey'],
      async render(request) {
        const { journey, view } = await read(request);
        return ledger(journey, view);
      },
    },
    inspector: {
      on: ['journey'],
      async render(request) {
        const { journey, view } = await read(request);
        return inspector(journey, view, known(request)) ?? html``;
      },
    },
  },
  async render(request) {
    const { journey } = await read(request);
    return {
      title: titleOf(journey),
      heading: headingOf(journey),
      lead: leadOf(journey),
      crumbs: [{ label: 'Journeys', href: '/journeys' }],
      main: html`${await request.part('summary')}<div class="journey">${await request.part('ledger')}${await request.part(
        'inspector',
      )}</div><p class="visually-hidden" role="status" id="shown-step"></p>`,
    };
  },
});
