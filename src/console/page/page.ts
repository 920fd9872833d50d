import { Answer } from '@alongside/kernel/answer';
import type { AdjustableClock } from '@alongside/kernel/clock';
import { Refusal } from '@alongside/kernel/errors';
import { type Html, html } from '@alongside/kernel/html';
import type { HttpRequest, Route } from '@alongside/kernel/http';
import { framedPage, stylesheetRoute } from '@alongside/kernel/layout';
import type { Applications } from '../../oauth/applications.ts';
import type { Urls } from '../../service.ts';
import type { Database } from '../../storage/database.ts';
import type { StoredEvents } from '../../storage/events.ts';
import type { LocalAgent } from '../agent.ts';
import type { CisDirectory } from '../cis-directory.ts';
import { errors } from '../errors.ts';
import { signInChallenge } from '../guard.ts';
import { listedApplication } from '../registration/listed.ts';
import { clockState } from '../resources/state.ts';
import { addressesSection } from './addresses.ts';
import { applicationsSection } from './applications.ts';
import { consoleStylesheet } from './console-stylesheet.ts';
import { callButton } from './controls.ts';
import { deskSection } from './desk.ts';
import { journeysSection } from './events.ts';
import { newestJourneys } from './journeys.ts';
import { peopleSection } from './people.ts';
import { script } from './script.ts';

interface Parts {
  clock: AdjustableClock;
  database: Database;
  events: StoredEvents;
  applications: Applications;
  cis: CisDirectory;
  agent: LocalAgent;
  urls: Urls;
  cis2Issuer: string;
  version: string;
  development: boolean;
}

const paths = { script: '/assets/console.js', stylesheet: '/assets/console.css' };
const service = 'Console';

const sections = [
  ['h-desk', 'The desk'],
  ['h-addresses', 'Addresses'],
  ['h-people', 'People and cards'],
  ['h-journeys', 'Journeys'],
  ['h-applications', 'Applications'],
] as const;

/** What a neighbour answers, or null where it refuses or is not there: the page shows the rest. */
async function orNull<T>(asked: Promise<T>): Promise<T | null> {
  try {
    return await asked;
  } catch (error) {
    if (error instanceof Refusal) return null;
    throw error;
  }
}

const chosenJourney = ({ query }: HttpRequest): string | undefined => {
  const id = new URLSearchParams(query).get('journey');
  return id && /^[0-9a-f-]{1,64}$/.test(id) ? id : undefined;
};

async function main(parts: Parts, request: HttpRequest): Promise<Html> {
  const { database, events, applications, cis, agent, urls, cis2Issuer, version, clock } = parts;
  const [status, cards, people, registered, { journeys, last }] = await Promise.all([
    orNull(agent.status()),
    orNull(agent.cards()),
    orNull(cis.everybody()),
    applications.list(),
    newestJourneys(database, events),
  ]);
  const { now, offsetSeconds } = clockState(clock);
  const moved =
    offsetSeconds === 0 ? undefined : html` <span class="tag warn">moved by ${offsetSeconds} s</span>`;
  return html`
<noscript><p class="warning">The buttons and forms of this page need JavaScript, because the console takes nothing but JSON. Everything is shown without it, and the command line does the same.</p></noscript>
<p id="said" class="said" role="status"></p>
<p class="lead">Alongside ${version}, ${database.description}. <span id="clock" data-live>Clock: <time datetime="${now}">${now.slice(0, 16).replace('T', ' ')} UTC</time>${moved}</span></p>
<nav aria-label="On this page"><ul>${sections.map(([id, name]) => html`<li><a href="#${id}">${name}</a></li>`)}</ul></nav>
<div class="grid">
<section class="panel" aria-labelledby="h-desk"><h2 id="h-desk">The desk</h2><div id="desk" data-live data-question="${status?.question ?? ''}">${deskSection(status)}</div></section>
<section class="panel" aria-labelledby="h-addresses"><h2 id="h-addresses">Addresses</h2>${addressesSection(urls, cis2Issuer)}</section>
</div>
<section aria-labelledby="h-people"><h2 id="h-people">People and cards</h2><div id="people" data-live>${peopleSection(people, cards)}</div></section>
<section aria-labelledby="h-journeys" data-since="${last}"><h2 id="h-journeys">Journeys</h2><div id="journeys" data-live>${journeysSection(journeys, chosenJourney(request))}</div></section>
<section aria-labelledby="h-applications"><h2 id="h-applications">Applications</h2><div id="applications" data-live>${applicationsSection(registered.map(listedApplication))}</div></section>
<section aria-labelledby="h-reset"><h2 id="h-reset">Start again</h2>
<p>Brings people, cards, applications, patients and the clock back to the seed; sessions, tokens and journeys are gone.</p>
${callButton({ id: 'reset', method: 'POST', path: '/reset', done: 'Everything is back to the seed.', label: 'Back to the seed', confirm: 'Bring everything back to the seed?' })}
</section>`;
}

const asset = (path: string, type: string, text: string): Route => ({
  methods: ['GET'],
  path,
  endpoint: async () =>
    new Answer(
      200,
      {
        'content-type': `${type}; charset=utf-8`,
        'cache-control': 'public, max-age=300',
        'x-content-type-options': 'nosniff',
      },
      text,
    ),
});

/** `GET /`: the console's first page, and what it loads. */
export function pageRoutes(parts: Parts): Route[] {
  const { development } = parts;
  const head = html`<link rel="stylesheet" href="${paths.stylesheet}"><script src="${paths.script}" defer></script>`;

  async function firstPage(request: HttpRequest): Promise<Answer> {
    if (!development) {
      const { status, description } = errors.signInMissing.entry;
      return framedPage(status, {
        title: 'Sign in',
        service,
        development,
        main: html`<p>${description}</p>`,
      }).with(signInChallenge);
    }
    return framedPage(
      200,
      {
        title: 'One sign-in, every step',
        service,
        development,
        wide: true,
        head,
        main: await main(parts, request),
      },
      { script: ["'self'"], connect: ["'self'"] },
    );
  }

  return [
    { methods: ['GET'], path: '/', endpoint: firstPage },
    asset(paths.script, 'text/javascript', script),
    asset(paths.stylesheet, 'text/css', consoleStylesheet),
    stylesheetRoute,
  ];
}
