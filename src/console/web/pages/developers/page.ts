import { type Html, html } from '@alongside/kernel/html';
import { errors } from '../../../model/errors.ts';
import {
  callButton,
  callForm,
  editForm,
  emptyState,
  foreign,
  numberColumn,
  selectField,
  table,
  tag,
  textField,
} from '../../frame/controls.ts';
import { definePage, type PageView } from '../../frame/page.ts';

const at = (id: string): string => `/developers/${encodeURIComponent(id)}`;

const statusTag = (status: string): Html => tag(status, status === 'active' ? 'good' : 'bad');

async function list({ console }: PageView): Promise<Html> {
  const [developers, applications] = await Promise.all([
    console.developers.list(),
    console.applications.list(),
  ]);
  if (developers.length === 0) return emptyState('No developer yet. Applications need none.');
  return table(
    'Developers',
    ['Developer', 'Kind', 'E-mail', 'Status', numberColumn('Applications')],
    developers.map(({ id, name, kind, email, status }) => ({
      id: `developer-${id}`,
      cells: [
        html`<span class="what"><a href="${at(id)}">${foreign(name)}</a></span><br><code class="quiet">${id}</code>`,
        kind,
        email ? foreign(email) : html`<span class="quiet">none</span>`,
        statusTag(status),
        applications.filter(({ developer }) => developer === id).length,
      ],
    })),
  );
}

const kinds = ['developer', 'company'];
const statuses = ['active', 'inactive'];

export const developersPage = definePage({
  path: '/developers',
  roles: [],
  navigation: { group: 'register', label: 'Developers' },
  parts: { list: { on: ['application'], render: list } },
  async render({ part }) {
    return {
      title: 'Developers',
      lead: 'The people and companies to whom applications belong.',
      main: html`${await part('list')}<section class="panel" aria-labelledby="h-add"><h2 id="h-add">Add a developer</h2>${callForm(
        {
          id: 'add',
          method: 'POST',
          path: '/developers',
          done: 'Added.',
          submit: 'Add',
          fields: html`<div class="pair">${textField({ name: 'id', label: 'Id', hint: 'Letters, digits, dots, underscores and hyphens. It cannot be changed.', maxlength: 100 })}
${textField({ name: 'name', label: 'Name', maxlength: 100 })}${selectField({ name: 'kind', label: 'Kind', options: kinds, value: 'developer' })}${textField({ name: 'email', label: 'E-mail address', type: 'email', maxlength: 254 })}</div>`,
        },
      )}</section>`,
    };
  },
});

export const developerPage = definePage({
  path: '/developers/:id',
  roles: [],
  program: 'pages/developers/developer',
  async render({ console, params }) {
    const developer = await console.developers.get(params.id);
    if (!developer) throw errors.notFound(`There is no developer ${params.id.slice(0, 60)}.`);
    const { id, name, kind, email, status } = developer;
    const own = (await console.applications.list()).filter((application) => application.developer === id);
    return {
      title: name.slice(0, 100),
      heading: html`${foreign(name)}`,
      crumbs: [{ label: 'Developers', href: '/developers' }],
      lead: html`${statusTag(status)}`,
      main: html`<section class="panel" aria-labelledby="h-edit"><h2 id="h-edit">Settings</h2>${editForm({
        id: 'edit',
        path: at(id),
        revision: developer.revision,
        before: developer,
        fields: html`<div class="pair">${textField({ name: 'name', label: 'Name', value: name, maxlength: 100 })}${selectField({ name: 'kind', label: 'Kind', options: kinds, value: kind })}
${textField({ name: 'email', label: 'E-mail address', type: 'email', value: email, maxlength: 254 })}${selectField({ name: 'status', label: 'Status', options: statuses, value: status })}</div>
<p class="hint">The applications of an inactive developer are refused.</p>`,
      })}</section><h2>Applications</h2>${
        own.length === 0
          ? html`<p class="quiet">None.</p>`
          : html`<ul class="plain-list">${own.map((application) => html`<li><a href="/applications/${encodeURIComponent(application.id)}">${foreign(application.name || application.id)}</a></li>`)}</ul>`
      }<h2>Remove</h2><div class="actions">${callButton({ id: 'remove', method: 'DELETE', path: at(id), done: 'Removed.', label: 'Remove', about: 'this developer', confirm: 'Remove this developer? Its applications remain without one.', next: '/developers', tone: 'danger' })}</div>`,
    };
  },
});
