import { type Html, html } from '@alongside/kernel/html';
import type { Journey } from '../../../journeys/model.ts';
import type { ConsoleContext } from '../../dependencies.ts';
import { errors } from '../../errors.ts';
import { exportFormats } from '../../journey-exports/formats.ts';
import { segmented } from '../../page/controls.ts';
import { definePage, type PageView } from '../../page/page.ts';
import { addressOf, type JourneyView, viewOf } from './address.ts';
import { banner, headingOf, leadOf, notices, related } from './header.ts';
import { inspector, type Known } from './inspector.ts';
import { ledger } from './ledger.ts';
import { type Shown, shownMessages } from './rows.ts';
import { journeyScript } from './script.ts';
import { timeBar } from './time.ts';
import { titleOf } from './words.ts';

type JourneyRequest = Pick<PageView<{ id: string }>, 'console' | 'request' | 'params' | 'query' | 'now'>;

/** Ids are shorter. A longer one is not searched for. */
const longestId = 200;

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
  const journey = id.length <= longestId ? await journeys?.find(id) : undefined;
  if (!journey) throw errors.journeyUnknown(`no journey ${id.slice(0, 64)}`);
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
const summary = (journey: Journey, view: JourneyView, console: Pick<ConsoleContext, 'urls'>): Html =>
  html`<template id="fresh-heading"><span>${headingOf(journey)}</span><span>${leadOf(journey)}</span></template>${notices(journey)}${banner(
    journey,
    view,
  )}${related(journey)}<div class="filters-of-journey">${filters(journey, view)}<div class="actions">${actions(journey, console)}</div></div>${timeBar(journey)}`;

const keysHelp = html`<p class="show-keys needs-script"><button type="button" class="small secondary" id="show-keys">Keys</button></p>
<dialog id="keys" aria-labelledby="keys-title"><h2 id="keys-title">Keys</h2>
<dl class="keys"><dt><kbd>j</kbd> <kbd>k</kbd></dt><dd>next and previous step</dd><dt><kbd>Enter</kbd></dt><dd>opens a step</dd><dt><kbd>[</kbd> <kbd>]</kbd></dt><dd>previous and next tab</dd><dt><kbd>x</kbd></dt><dd>marks this journey for comparison</dd><dt><kbd>c</kbd></dt><dd>compares it with the marked one, or with the last good one</dd><dt><kbd>Esc</kbd></dt><dd>closes the details</dd><dt><kbd>/</kbd></dt><dd>search</dd><dt><kbd>?</kbd></dt><dd>this list</dd></dl>
<div class="choice"><input type="checkbox" id="keys-on"><label for="keys-on">Use these keys on this browser</label></div>
<form method="dialog"><button type="submit">Close</button></form></dialog>`;

/** One journey: ledger and diagram in one, with the details of a step. */
export const journeyPage = definePage({
  path: '/journeys/:id',
  roles: ['support', 'read'],
  script: journeyScript,
  parts: {
    summary: {
      on: ['journey'],
      async render(request) {
        const { journey, view } = await read(request);
        return summary(journey, view, request.console);
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
      )}</div><p class="visually-hidden" role="status" id="shown-step"></p>${keysHelp}`,
    };
  },
});
