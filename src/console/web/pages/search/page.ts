import { type Html, html } from '@alongside/kernel/html';
import { type PeopleAnswer, paths } from '../../../../cis/protocol.ts';
import { pageOf } from '../../../explanations/kinds/id.ts';
import { mayBeInAddress } from '../../../explanations/paste.ts';
import { explain } from '../../../explanations/registry.ts';
import { orNull } from '../../../model/neighbour.ts';
import { emptyState, foreign } from '../../frame/controls.ts';
import { definePage, type PageView } from '../../frame/page.ts';
import { applicationAddress, journeyTable } from '../../parts/journeys.ts';
import { explanationView } from '../explain/result.ts';

const most = 10;

const section = (id: string, title: string, content: Html | undefined): Html | undefined =>
  content && html`<section aria-labelledby="h-${id}"><h2 id="h-${id}">${title}</h2>${content}</section>`;

const list = (links: readonly { label: string; href: string; about: string }[]): Html | undefined =>
  links.length === 0
    ? undefined
    : html`<ul class="found">${links.map(
        ({ label, href, about }) =>
          html`<li><a href="${href}">${foreign(label)}</a> <span class="quiet">${foreign(about)}</span></li>`,
      )}</ul>`;

async function people(q: string, { console: { cis } }: PageView): Promise<Html | undefined> {
  const found = await orNull(cis.read<PeopleAnswer>(paths.people, { q, limit: String(most) }));
  return list(
    (found?.people ?? [])
      .slice(0, most)
      .map(({ uid, displayName }) => ({ label: displayName, href: `/people/${uid}`, about: uid })),
  );
}

async function applications(q: string, { console }: PageView): Promise<Html | undefined> {
  const wanted = q.toLowerCase();
  const all = await console.applications.list();
  const found = all.filter(({ id, name }) => [id, name].some((text) => text.toLowerCase().includes(wanted)));
  return list(
    found.slice(0, most).map(({ id, name }) => ({ label: name, href: applicationAddress(id), about: id })),
  );
}

async function journeys(q: string, { console, now }: PageView): Promise<Html | undefined> {
  const found = (await console.journeys.list({ q })).journeys.slice(0, most);
  return found.length === 0
    ? undefined
    : html`${journeyTable(found, now)}<p><a href="/journeys?${new URLSearchParams({ q }).toString()}">All journeys that match</a></p>`;
}

/** Patients are data of development. */
async function patients(q: string, { console }: PageView): Promise<Html | undefined> {
  if (!console.development) return undefined;
  const { patients: found } = await console.patients.list({
    search: q.slice(0, 100),
    after: '',
    limit: most,
  });
  return list(
    found.map(({ nhsNumber, name, birthDate }) => ({
      label: name ?? nhsNumber,
      href: `/patients?search=${nhsNumber}`,
      about: [nhsNumber, birthDate].filter(Boolean).join(', '),
    })),
  );
}

const pasteHint = html`<p class="warning">This is too long for a search, or may be a token. An address stays in the history of the browser, so paste it where it is not in one.</p>
<p><a class="button" href="/explain">Open Explain</a></p>`;

/** Finds the page of an id, or people, applications and journeys by words. */
export const searchPage = definePage({
  path: '/search',
  roles: ['support'],
  async render(view) {
    const { console, query } = view;
    const q = query.get('q')?.trim() ?? '';
    const title = 'Search';
    if (q === '') return { title, main: emptyState('Type a name, or paste an id, into the box above.') };
    if (!mayBeInAddress(q)) return { title, main: pasteHint };
    const link = await pageOf(q, console);
    if (link)
      return { title, redirect: link.href, main: html`<p><a href="${link.href}">${link.label}</a></p>` };
    const refusal = await console.refusals.find(q);
    if (refusal)
      return {
        title,
        lead: html`For <code>${foreign(q)}</code>`,
        main: explanationView(await explain(q, 'id', console), q),
      };
    const [inPeople, inPatients, inApplications, inJourneys] = await Promise.all([
      people(q, view),
      patients(q, view),
      applications(q, view),
      journeys(q, view),
    ]);
    const sections = [
      section('people', 'People', inPeople),
      section('patients', 'Patients', inPatients),
      section('applications', 'Applications', inApplications),
      section('journeys', 'Journeys', inJourneys),
    ].filter((each) => each !== undefined);
    return {
      title,
      lead: html`For <q>${foreign(q)}</q>`,
      main:
        sections.length > 0
          ? html`${sections}`
          : emptyState(
              'Nothing in this installation has this name or id.',
              html`<p>Refusals are stored for a week. <a href="/explain">Explain</a> takes whole errors, tokens and requests.</p>`,
            ),
    };
  },
});
