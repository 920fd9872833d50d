import { type Html, html } from '@alongside/kernel/html';
import { counted } from '@alongside/kernel/operator';
import type { Application } from '../../../../oauth/applications.ts';
import { isNamed } from '../../../model/registration/stored.ts';
import { registrationWarnings } from '../../../model/registration/warnings.ts';
import { emptyState, filterForm, foreign, outcomeTag, relative, table, tag } from '../../frame/controls.ts';
import { definePage, type PageView } from '../../frame/page.ts';
import { registerForm } from './register-form.ts';

const atOnce = 50;
const soon = 30 * 86_400_000;

/** The registrations of the sample and the examples. */
const isSeeded = ({ developer }: Pick<Application, 'developer'>): boolean => developer === 'alongside';

const places = ({ platform, cis2 }: Application): Html =>
  html`${[platform ? 'API platform' : undefined, cis2 ? 'CIS2' : undefined].filter(Boolean).join(' and ')}<br><span class="quiet">${(platform ?? cis2)?.profile ?? ''}</span>`;

/** When the first of the valid secrets expires. */
function secretExpiry({ platform, cis2 }: Application, now: number): Html {
  const secrets = [...(platform?.secrets ?? []), ...(cis2?.secrets ?? [])];
  if (secrets.length === 0) return html`<span class="quiet">no secret</span>`;
  const live = secrets.filter(({ expiresAt }) => expiresAt === null || expiresAt > now);
  if (live.length === 0) return tag('expired', 'bad');
  const ends = live.flatMap(({ expiresAt }) => expiresAt ?? []).sort((one, other) => one - other);
  const [first] = ends;
  if (first === undefined) return html`<span class="quiet">never</span>`;
  const text = relative(new Date(first).toISOString(), now);
  return first - now < soon ? tag(text, 'warn') : html`${text}`;
}

async function lastJourney({ console, now }: PageView, id: string): Promise<Html> {
  const last = (await console.journeys.list({ application: id })).journeys[0];
  if (!last) return html`<span class="quiet">none</span>`;
  return html`${outcomeTag(last.outcome)} <a href="/journeys/${last.id}">${foreign(last.headline)}</a><br><span class="quiet">${relative(last.startedAt, now)}</span>`;
}

async function rows(view: PageView): Promise<Html> {
  const { console, now, query } = view;
  const q = (query.get('q') ?? '').slice(0, 200);
  const [stored, products] = await Promise.all([console.applications.list(), console.products.list()]);
  const found = stored
    .filter((application) => isNamed(application, q))
    .sort((one, other) => Number(isSeeded(one)) - Number(isSeeded(other)));
  const shown = found.slice(0, atOnce);
  const note =
    q === '' && stored.every(isSeeded)
      ? html`<p class="note">None of your own. <a href="/applications/new">Register one</a>, or use ${stored.some(({ id }) => id === 'demo-combined') ? html`<a href="/applications/demo-combined">demo-combined</a>` : 'the sample'}.</p>`
      : undefined;
  if (shown.length === 0)
    return q === ''
      ? emptyState(
          'No application is registered.',
          html`<a class="button" href="/applications/new">Register one</a>`,
        )
      : emptyState(
          html`No application has ${foreign(q)} in its name or ids.`,
          html`<a href="/applications">Show all</a>`,
        );
  const journeys = await Promise.all(shown.map(({ id }) => lastJourney(view, id)));
  return html`${note}${table(
    'Applications',
    ['Application', 'Status', 'Registered at', 'Last journey', 'Secret expires'],
    shown.map((application, index) => {
      const { id, name, status } = application;
      const problems = registrationWarnings(application, products).length;
      return {
        id: `application-${id}`,
        cells: [
          html`<span class="what"><a href="/applications/${encodeURIComponent(id)}">${foreign(name || id)}</a></span><br><code class="quiet">${id}</code>`,
          html`${tag(status, status === 'approved' ? 'good' : 'bad')}${problems > 0 ? html` ${tag(counted(problems, 'warning'), 'warn')}` : undefined}`,
          places(application),
          journeys[index],
          secretExpiry(application, now),
        ],
      };
    }),
  )}${found.length > atOnce ? html`<p class="quiet">The first ${atOnce} of ${found.length} are shown. Search for a name or an id.</p>` : undefined}`;
}

export const applicationsPage = definePage({
  path: '/applications',
  roles: [],
  navigation: {
    group: 'register',
    label: 'Applications',
    badge: async ({ applications }) => ({ text: String((await applications.list()).length), tone: 'plain' }),
  },
  parts: { list: { on: ['application', 'journey'], render: rows } },
  async render({ query, part }) {
    return {
      title: 'Applications',
      lead: 'The software that signs people in or calls APIs.',
      actions: html`<a class="button" href="/applications/new">Register an application</a>`,
      main: html`${filterForm('/applications', query, [{ name: 'q', label: 'Name, id or client id' }])}
${await part('list')}`,
    };
  },
});

export const newApplicationPage = definePage({
  path: '/applications/new',
  roles: [],
  program: 'pages/applications/register',
  async render({ console }) {
    return {
      title: 'Register an application',
      crumbs: [{ label: 'Applications', href: '/applications' }],
      main: await registerForm(console),
    };
  },
});
