import { type Html, html } from '@alongside/kernel/html';
import {
  type JobRolesAnswer,
  jobNameOf,
  type OrganisationsAnswer,
  type PeopleAnswer,
  type Person,
  paths,
} from '../../../../cis/protocol.ts';
import type { ConsoleContext } from '../../../model/dependencies.ts';
import { orNull } from '../../../model/neighbour.ts';
import { emptyState, filterForm, foreign, table, tag, withQuery } from '../../frame/controls.ts';
import { definePage, type PageView } from '../../frame/page.ts';
import { authenticatorName, rolesText } from '../../parts/role-names.ts';

const text = (query: URLSearchParams, name: string): string => (query.get(name) ?? '').trim().slice(0, 200);

/** Returns the code of an organisation from its name or code. */
async function codeOf(organisation: string, cis: ConsoleContext['cis']): Promise<string> {
  if (organisation === '') return '';
  const { organisations } = await cis.read<OrganisationsAnswer>(paths.organisations, {
    q: organisation.slice(0, 100),
  });
  const exact = organisations.find(
    ({ code, name }) =>
      code === organisation.toUpperCase() || name.toLowerCase() === organisation.toLowerCase(),
  );
  return (exact ?? organisations[0])?.code ?? organisation;
}

/** Returns the query of a search for the API. */
export async function searchOf({
  console,
  query,
}: Pick<PageView, 'console' | 'query'>): Promise<Record<string, string>> {
  const given = (query.get('after') ?? '').slice(0, 500);
  // An address that was changed by hand shows the first page.
  const after = /^(family|given) \d{12} /.test(given) ? given : '';
  return {
    q: text(query, 'q'),
    organisation: await codeOf(text(query, 'organisation'), console.cis),
    role: text(query, 'role'),
    ...(after ? { after } : {}),
  };
}

/** The filters of people and cards: names, never codes. */
export async function foundFilters(
  { console, query }: Pick<PageView, 'console' | 'query'>,
  path: string,
  label: string,
): Promise<Html> {
  const [organisations, jobRoles] = await Promise.all([
    orNull(console.cis.read<OrganisationsAnswer>(paths.organisations, { q: '' })),
    orNull(console.cis.read<JobRolesAnswer>(paths.jobRoles)),
  ]);
  const named = (organisations?.organisations ?? []).map(({ code, name }) => [name, code] as const);
  const roles = (jobRoles?.jobRoles ?? []).map(
    ({ code, name }) => [code.split(':').at(-1) ?? code, jobNameOf(name)] as const,
  );
  return filterForm(path, query, [
    { name: 'q', label },
    { name: 'organisation', label: 'Organisation', type: 'text', maxlength: 100, suggestions: named },
    { name: 'role', label: 'Role', options: roles },
  ]);
}

/** Returns whether the reader sees only the people of some organisations, and then all of them by name. */
export const isLimited = ({ caller }: Pick<PageView, 'caller'>): boolean =>
  caller?.role === 'registration-authority';

/** Returns whether a search has any restriction. */
export const isRestricted = (query: URLSearchParams): boolean =>
  ['q', 'organisation', 'role'].some((name) => text(query, name) !== '');

/** The link to the next page, and back to the first. */
export const pageLinks = (path: string, query: URLSearchParams, next: string | null): Html | undefined =>
  next === null && !query.has('after')
    ? undefined
    : html`<nav class="pages" aria-label="Pages">${query.has('after') ? html`<a href="${withQuery(path, query, { after: undefined })}">First page</a>` : undefined}${
        next === null ? undefined : html`<a href="${withQuery(path, query, { after: next })}">Next page</a>`
      }</nav>`;

const row = (person: Person) => ({
  id: `person-${person.uid}`,
  cells: [
    html`<span class="what"><a href="/people/${person.uid}">${foreign(person.displayName)}</a></span>${person.disabled ? html` ${tag('disabled', 'bad')}` : undefined}<br><code class="quiet">${person.uid}</code>${person.persona ? html` <span class="quiet">${person.persona}</span>` : undefined}`,
    foreign(rolesText(person)),
    html`${person.authenticators.map(authenticatorName).join(', ') || 'none'}`,
  ],
});

/** Links to the form for a new person, except for support, which may not add one. */
export const addLink = ({ caller }: Pick<PageView, 'caller'>, name = ''): Html | undefined =>
  caller?.role === 'support'
    ? undefined
    : html`<a class="button" href="/people/new${name ? `?name=${encodeURIComponent(name)}` : ''}">${name ? 'Add a person with this name' : 'Add a person'}</a>`;

async function list(view: PageView): Promise<Html> {
  const { console, query } = view;
  const found = await orNull(
    searchOf(view).then((search) => console.cis.read<PeopleAnswer>(paths.people, search)),
  );
  if (!found) return html`<p class="warning">CIS does not respond, so its people cannot be shown.</p>`;
  const q = text(query, 'q');
  const add = addLink(view, /\d/.test(q) ? '' : q);
  if (found.people.length === 0)
    return isRestricted(query)
      ? emptyState(
          html`Nobody is found${q ? html` whose family or given name begins with ${foreign(q)}` : undefined}${text(query, 'organisation') || text(query, 'role') ? ' at this organisation or in this role' : ''}. <a href="/people">Show the people changed last</a>.`,
          add,
        )
      : emptyState('The directory is empty.', add);
  return html`${isRestricted(query) ? undefined : html`<p class="quiet">${isLimited(view) ? 'The people of your organisations.' : 'The people who were added or changed last. Search for the others.'}</p>`}
${table('People', ['Person', 'Roles', 'Signs in with'], found.people.map(row))}
${pageLinks('/people', query, found.next)}`;
}

export const peoplePage = definePage({
  path: '/people',
  navigation: { group: 'register', label: 'People' },
  roles: ['registration-authority', 'support'],
  parts: { list: { on: ['person'], render: list } },
  async render(view) {
    return {
      title: 'People',
      lead: 'The directory of CIS: who may sign in, and their roles at organisations.',
      actions: addLink(view) ?? html``,
      main: html`${await foundFilters(view, '/people', 'Family or given name, or uid')}${await view.part('list')}`,
    };
  },
});
