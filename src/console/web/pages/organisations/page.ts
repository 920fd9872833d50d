import { type Html, html } from '@alongside/kernel/html';
import { type OrganisationsAnswer, paths } from '../../../../cis/protocol.ts';
import { orNull } from '../../../model/neighbour.ts';
import { emptyState, filterForm, foreign, table } from '../../frame/controls.ts';
import { definePage, type PageView } from '../../frame/page.ts';
import { addLink } from '../people/list.ts';

const most = 50;

async function list(view: PageView): Promise<Html> {
  const { console, query } = view;
  const q = (query.get('q') ?? '').trim().slice(0, 100);
  const found = await orNull(console.cis.read<OrganisationsAnswer>(paths.organisations, { q }));
  if (!found) return html`<p class="warning">CIS does not respond, so its organisations cannot be shown.</p>`;
  const { organisations } = found;
  if (organisations.length === 0)
    return q
      ? emptyState(
          html`No organisation has ${foreign(q)} in its name. <a href="/organisations">Show all</a>.`,
        )
      : emptyState('No organisation yet. They arrive with the roles of people.', addLink(view));
  return html`${table(
    'Organisations',
    ['Organisation', 'ODS code', 'Show'],
    organisations.map(({ code, name }) => ({
      id: `organisation-${code}`,
      cells: [
        html`<span class="what">${foreign(name)}</span>`,
        html`<code>${code}</code>`,
        html`<a href="/people?organisation=${encodeURIComponent(code)}">People<span class="visually-hidden"> at ${name.slice(0, 200)}</span></a> · <a href="/cards?organisation=${encodeURIComponent(code)}">Cards<span class="visually-hidden"> at ${name.slice(0, 200)}</span></a>`,
      ],
    })),
  )}${organisations.length === most ? html`<p class="quiet">The first ${most} by name are shown. Search for a part of a name.</p>` : undefined}`;
}

export const organisationsPage = definePage({
  path: '/organisations',
  navigation: { group: 'register', label: 'Organisations' },
  roles: ['registration-authority', 'support'],
  parts: { list: { on: ['person'], render: list } },
  async render({ query, part }) {
    return {
      title: 'Organisations',
      lead: 'Where people have roles. An organisation arrives with its first role.',
      main: html`${filterForm('/organisations', query, [{ name: 'q', label: 'Part of a name, or ODS code', maxlength: 100 }])}
${await part('list')}`,
    };
  },
});
