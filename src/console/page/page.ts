import { Answer } from '@alongside/kernel/answer';
import type { AdjustableClock } from '@alongside/kernel/clock';
import { Refusal } from '@alongside/kernel/errors';
import { type Html, html } from '@alongside/kernel/html';
import type { HttpRequest, Route } from '@alongside/kernel/http';
import { framedPage, stylesheetRoutes } from '@alongside/kernel/layout';
import { withoutMethodErrors } from '@alongside/kernel/route';
import { consolePaths, type SessionAnswer, type SessionsAnswer } from '../../cis2/protocol.ts';
import type { Applications } from '../../oauth/applications.ts';
import type { Products } from '../../oauth/products.ts';
import type { Urls } from '../../service.ts';
import type { Database } from '../../storage/database.ts';
import type { StoredEvents } from '../../storage/events.ts';
import type { Faults, NamedFault } from '../../storage/faults.ts';
import type { Refusals } from '../../storage/refusals.ts';
import type { Admission, Caller } from '../administrators/admission.ts';
import { administratorHead, signedInNote, signInMissingPage } from '../administrators/pages.ts';
import { administratorScript, administratorScriptPath } from '../administrators/script.ts';
import type { LocalAgent } from '../agent.ts';
import type { CisDirectory } from '../cis-directory.ts';
import { errors } from '../errors.ts';
import { signInChallenge } from '../guard.ts';
import type { Neighbour } from '../neighbour.ts';
import { listedApplication } from '../registration/listed.ts';
import { registrationWarnings } from '../registration/warnings.ts';
import { clockState } from '../resources/state.ts';
import { addressesSection } from './addresses.ts';
import { applicationsSection } from './applications.ts';
import { consoleStylesheet } from './console-stylesheet.ts';
import { callButton } from './controls.ts';
import { deskSection } from './desk.ts';
import { journeysSection } from './events.ts';
import { faultsSection } from './faults.ts';
import { newestJourneys } from './journeys.ts';
import { peopleSection } from './people.ts';
import { explained, refusalSection } from './refusal.ts';
import { script } from './script.ts';
import { sessionsSection } from './sessions.ts';

interface Parts {
  clock: AdjustableClock;
  database: Database;
  events: StoredEvents;
  refusals: Refusals;
  applications: Applications;
  products: Products;
  cis: CisDirectory;
  cis2: Neighbour;
  agent: LocalAgent;
  faults: Faults;
  namedFaults: readonly NamedFault[];
  urls: Urls;
  cis2Issuer: string;
  version: string;
  development: boolean;
}

const paths = { script: '/assets/console.js', stylesheet: '/assets/console.css' };
const service = 'Console';

interface Section {
  id: string;
  name: string;
  /** Stands for what only a developer's own machine has. */
  development?: true;
}

const sections: readonly Section[] = [
  { id: 'h-desk', name: 'The desk', development: true },
  { id: 'h-addresses', name: 'Addresses' },
  { id: 'h-people', name: 'People and cards' },
  { id: 'h-journeys', name: 'Journeys' },
  { id: 'h-refusal', name: 'Why was a request refused?' },
  { id: 'h-applications', name: 'Applications' },
  { id: 'h-faults', name: 'Faults', development: true },
];

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

const desk = (status: Parameters<typeof deskSection>[0]): Html =>
  html`<section class="panel" aria-labelledby="h-desk"><h2 id="h-desk">The desk</h2><div id="desk" data-live data-question="${status?.question ?? ''}">${deskSection(status)}</div></section>`;

const faulty = (named: readonly NamedFault[], on: Awaited<ReturnType<Faults['on']>>): Html =>
  html`<section aria-labelledby="h-faults"><h2 id="h-faults">Faults</h2><div id="faults" data-live>${faultsSection(named, on)}</div></section>`;

const startAgain = (): Html => html`
<section aria-labelledby="h-reset"><h2 id="h-reset">Start again</h2>
<p>Brings people, cards, applications, patients and the clock back to the seed; sessions, tokens and journeys are gone.</p>
${callButton({ id: 'reset', method: 'POST', path: '/reset', done: 'Everything is back to the seed.', label: 'Back to the seed', confirm: 'Bring everything back to the seed?' })}
</section>`;

/** The live sessions, where CIS2 tells them. */
async function sessionsOf(cis2: Neighbour): Promise<SessionAnswer[]> {
  const { status, body } = await cis2.call({ method: 'GET', path: consolePaths.sessions });
  if (status !== 200) throw errors.cis2Unreachable(`it answered ${status}`);
  return (body as SessionsAnswer).sessions;
}

/** Every application, with what will fail at use by its registration. */
async function listedWithWarnings(applications: Applications, products: Products) {
  const [registered, known] = await Promise.all([applications.list(), products.list()]);
  return registered.map((application) => ({
    ...listedApplication(application),
    warnings: registrationWarnings(application, known),
  }));
}

async function main(parts: Parts, request: HttpRequest, caller: Caller | undefined): Promise<Html> {
  const {
    database,
    events,
    applications,
    products,
    cis,
    cis2,
    agent,
    urls,
    cis2Issuer,
    version,
    clock,
    development,
  } = parts;
  const [status, cards, people, sessions, refusal, registered, faults, { journeys, last }] =
    await Promise.all([
      development ? orNull(agent.status()) : null,
      development ? orNull(agent.cards()) : null,
      orNull(cis.everybody()),
      orNull(sessionsOf(cis2)),
      explained(parts.refusals, request.query),
      listedWithWarnings(applications, products),
      development ? parts.faults.on() : null,
      newestJourneys(events),
    ]);
  const { now, offsetSeconds } = clockState(clock);
  const moved =
    offsetSeconds === 0 ? undefined : html` <span class="tag warn">moved by ${offsetSeconds} s</span>`;
  return html`
<noscript><p class="warning">The buttons and forms of this page need JavaScript, because the console takes nothing but JSON. Everything is shown without it, and the command line does the same.</p></noscript>
${caller?.administrator ? signedInNote(caller.administrator) : undefined}
<p id="said" class="said" role="status"></p>
<p class="lead">Alongside ${version}, ${database.description}. <span id="clock" data-live>Clock: <time datetime="${now}">${now.slice(0, 16).replace('T', ' ')} UTC</time>${moved}</span></p>
<nav aria-label="On this page"><ul>${sections.filter((section) => development || !section.development).map(({ id, name }) => html`<li><a href="#${id}">${name}</a></li>`)}</ul></nav>
<div class="grid">
${development ? desk(status) : undefined}
<section class="panel" aria-labelledby="h-addresses"><h2 id="h-addresses">Addresses</h2>${addressesSection(urls, cis2Issuer, development)}</section>
</div>
<section aria-labelledby="h-people"><h2 id="h-people">People and cards</h2><div id="people" data-live>${peopleSection(people, cards)}</div></section>
<section aria-labelledby="h-sessions"><h2 id="h-sessions">Signed in</h2><div id="sessions" data-live>${sessionsSection(sessions, people)}</div></section>
<section aria-labelledby="h-journeys" data-since="${last}"><h2 id="h-journeys">Journeys</h2><div id="journeys" data-live>${journeysSection(journeys, chosenJourney(request), development)}</div></section>
<section aria-labelledby="h-refusal"><h2 id="h-refusal">Why was a request refused?</h2>${refusalSection(refusal)}</section>
<section aria-labelledby="h-applications"><h2 id="h-applications">Applications</h2><div id="applications" data-live>${applicationsSection(registered)}</div></section>
${faults ? faulty(parts.namedFaults, faults) : undefined}
${development ? startAgain() : undefined}`;
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

/** What the console's pages load. It holds nothing of the installation. */
export const assetRoutes: readonly Route[] = [
  asset(paths.script, 'text/javascript', script),
  asset(paths.stylesheet, 'text/css', consoleStylesheet),
  asset(administratorScriptPath, 'text/javascript', administratorScript),
  ...withoutMethodErrors(stylesheetRoutes),
];

/** `GET /`: the console's first page. With an admission, for those alone whom it lets in. */
export function pageRoutes(parts: Parts, admission?: Admission): Route[] {
  const { development, urls } = parts;
  const head = html`<link rel="stylesheet" href="${paths.stylesheet}"><script src="${paths.script}" defer></script>`;

  async function firstPage(request: HttpRequest): Promise<Answer> {
    const caller = await admission?.callerOf(request);
    if (admission && !caller) return signInMissingPage(`${urls.console}/sign-in`).with(signInChallenge);
    return framedPage(
      200,
      {
        title: development ? 'One sign-in, every step' : 'Console',
        service,
        development,
        wide: true,
        head: caller ? html`${head}${administratorHead}` : head,
        main: await main(parts, request, caller),
      },
      { script: ["'self'"], connect: ["'self'"] },
    );
  }

  return [{ methods: ['GET'], path: '/', endpoint: firstPage }];
}
