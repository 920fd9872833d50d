import { type Html, html } from '@alongside/kernel/html';
import { variableLines } from '../../../../kit/environment.ts';
import { hasRole } from '../../../model/administrators/admission.ts';
import { everyRole } from '../../../model/administrators/roles.ts';
import { orNull } from '../../../model/neighbour.ts';
import { listedApplication } from '../../../model/registration/stored.ts';
import { callButton, copiedBlock, foreign, relative, segmented, withQuery } from '../../frame/controls.ts';
import { type ConsolePage, definePage, type PageView } from '../../frame/page.ts';
import { journeyTable } from '../../parts/journeys.ts';
import { deskSummary } from '../../parts/reader.ts';
import { refusalCausesSection, refusalChart } from '../../parts/refusal-causes.ts';
import { explainPage } from '../explain/page.ts';
import { journeysPage, nothingYet } from '../journeys/page.ts';

const maxChoices = 6;
/** Applications of the seed. */
const seeded = /^(?:demo-|(?:platform|signing)$)/;

/** The settings of one application, as lines of a `.env` file. */
async function connect({ console, query }: PageView): Promise<Html> {
  const { urls, cis2Issuer, agentSocket } = console;
  const applications = (await console.applications.list()).map(listedApplication);
  const own = applications.filter(({ id }) => !seeded.test(id));
  const choices = [...own, ...applications.filter(({ id }) => id.startsWith('demo-'))].slice(0, maxChoices);
  const shown =
    applications.find(({ id }) => id === query.get('application')) ??
    own[0] ??
    choices.find(({ id }) => id === 'demo-combined') ??
    choices[0];
  if (!shown) return html`<p>No application is registered.</p>`;
  const lines = variableLines({ urls: { ...urls, cis2Issuer }, agentSocket }, [shown]);
  return html`<div class="actions">${segmented(
    'Application',
    choices.map(({ id, name }) => ({
      label: html`<span class="visually-hidden">Settings of </span>${name}`,
      href: `${withQuery('/', query, { application: id })}#h-connect`,
      isChosen: id === shown.id,
    })),
  )}</div>
${copiedBlock(lines.join('\n'), `the settings of ${shown.id}`)}`;
}

const listed = async (
  { console: { journeys } }: PageView,
  filter: Parameters<NonNullable<typeof journeys>['list']>[0] = {},
) => (await journeys.list(filter)).journeys;

const step = (
  number: number,
  isDone: boolean,
  title: string,
  text: Html,
): Html => html`<li class="${isDone ? 'done' : ''}">
<span class="mark-step" aria-hidden="true">${isDone ? '✓' : number}</span><div><strong>${title}</strong>${isDone ? html`<span class="visually-hidden"> (done)</span>` : undefined}<br>${text}</div></li>`;

/** The three first steps, which tick themselves. */
async function firstSteps(view: PageView): Promise<Html> {
  const { agent, urls, applications } = view.console;
  const [status, succeeded, all] = await Promise.all([
    orNull(agent.status()),
    listed(view, { outcome: 'succeeded' }),
    applications.list(),
  ]);
  const registered = all.filter(({ id }) => !seeded.test(id)).at(-1);
  const person = status?.person;
  const signIns = succeeded.filter(({ pattern }) => pattern === 'combined' || pattern === 'separate');
  const own = signIns.find(({ application }) => application && !seeded.test(application.id));
  const ofOwn = () => {
    if (own) return html`<a href="/journeys/${own.id}">${foreign(own.application?.name ?? '')}</a> signed in`;
    if (!registered) return html`<a href="/applications/new">Register your application</a>`;
    return html`<a href="/applications/${encodeURIComponent(registered.id)}?tab=connect">Connect ${foreign(registered.name || registered.id)}</a>`;
  };
  return html`<ol class="first-steps">
${step(
  1,
  Boolean(person),
  'A card is in the reader',
  person
    ? html`${foreign(person.displayName)}, PIN given`
    : html`<button type="button" id="first-card" class="small needs-script" data-sign-in="gp">Insert the card of the GP and give the PIN</button>`,
)}
${step(2, signIns.length > 0, 'Sign in to the sample', html`<a href="${urls.sample}">${urls.sample}</a>`)}
${step(3, own !== undefined, 'Make your own sign-in succeed', ofOwn())}
</ol>`;
}

async function failures(view: PageView): Promise<Html> {
  const outcomes = ['refused', 'failed'] as const;
  const ended = (await Promise.all(outcomes.map((outcome) => listed(view, { outcome })))).flat();
  if (ended.length === 0) return html`<p class="quiet">Nothing went wrong.</p>`;
  const latest = ended.toSorted((one, other) => other.startedAt.localeCompare(one.startedAt)).slice(0, 5);
  return html`<ul class="lately">${latest.map(
    ({ id, startedAt, headline, failedStep, application }) => html`<li>
<a class="bad" href="/journeys/${id}${failedStep === null ? '' : `?step=${failedStep}`}">${foreign(headline)}</a><br>
<span class="quiet"><time datetime="${startedAt}">${startedAt.slice(11, 19)} UTC</time>, ${relative(startedAt, view.now)} · ${foreign(application?.name ?? 'unknown application')}${failedStep === null ? undefined : `, step ${failedStep}`}</span></li>`,
  )}</ul>`;
}

const pasteForm = html`<form method="dialog" id="paste" class="needs-script"><label for="pasted">Something else? Paste it here</label>
<textarea id="pasted" rows="3" maxlength="262144" spellcheck="false" placeholder="An error, a message id, a token, a key, a URL, curl, a HAR file…"></textarea>
<div class="actions"><button type="submit">Explain</button><span class="quiet">Nothing leaves this machine.</span></div></form>`;

/** The running services, the latest failures and the first steps. */
export const overviewPage = definePage({
  path: '/',
  navigation: { group: 'top', label: 'Overview' },
  roles: everyRole,
  program: 'pages/overview/overview',
  parts: {
    steps: { on: ['desk', 'journey', 'application'], render: firstSteps },
    refusals: { on: ['journey'], render: failures },
    causes: { on: ['journey'], render: refusalChart },
    desk: { on: ['desk', 'session'], render: deskSummary },
    journeys: {
      on: ['journey'],
      async render(view) {
        const latest = (await listed(view)).slice(0, 8);
        return latest.length > 0 ? journeyTable(latest, view.now) : nothingYet(view);
      },
    },
  },
  async render(view) {
    const { development } = view.console;
    const isAdministrator = hasRole(view.caller, {});
    const sees = (page: ConsolePage) => hasRole(view.caller, page);
    return {
      title: 'Overview',
      lead: development
        ? 'One sign-in with a smartcard, every step of it.'
        : 'Sign-ins at this installation.',
      actions: html`${
        development
          ? callButton({
              id: 'reset-all',
              method: 'POST',
              path: '/reset',
              done: 'The seed data is restored.',
              label: 'Reset…',
              confirm:
                'Restore the people, cards, applications, patients and clock of the seed, and delete sessions, tokens and journeys?',
            })
          : undefined
      } ${isAdministrator ? html`<a class="button" href="/applications/new">Register an application</a>` : undefined}`,
      main: html`
${development ? html`<section class="panel" aria-label="First steps">${await view.part('steps')}</section>` : undefined}
<div class="cards">
${
  sees(journeysPage) || sees(explainPage)
    ? html`<section class="panel" aria-labelledby="h-refused"><h2 id="h-refused">What went wrong lately</h2>${await view.part('refusals')}
${sees(explainPage) ? pasteForm : undefined}</section>`
    : undefined
}
${
  development || isAdministrator
    ? html`<section class="panel">${development ? html`<h2>Desk</h2>${await view.part('desk')}` : undefined}
${isAdministrator ? html`<h2 id="h-connect">Connect your application</h2><div class="connect">${await connect(view)}</div>` : undefined}</section>`
    : undefined
}
</div>
${sees(journeysPage) ? await refusalCausesSection(view, '/') : undefined}
${
  sees(journeysPage)
    ? html`<section aria-labelledby="h-latest"><h2 id="h-latest">Latest journeys</h2>${await view.part('journeys')}<p><a href="/journeys">All journeys</a></p></section>`
    : html`<section class="panel" aria-labelledby="h-own"><h2 id="h-own">People and cards of your organisations</h2><p><a href="/people">Find a person</a>, <a href="/people/new">add a person</a> or <a href="/cards">find a card</a>. You order cards and other authenticators on the page of their holder.</p></section>`
}`,
    };
  },
});
