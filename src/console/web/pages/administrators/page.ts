import { type Html, html } from '@alongside/kernel/html';
import { type Administrator, Administrators } from '../../../model/administrators/administrators.ts';
import { hasRecentPasskey } from '../../../model/administrators/admission.ts';
import { roleDuties, roles } from '../../../model/administrators/roles.ts';
import {
  callButton,
  callForm,
  copied,
  foreign,
  hiddenColumn,
  linesField,
  selectField,
  table,
  textField,
  when,
} from '../../frame/controls.ts';
import { definePage, type PageView } from '../../frame/page.ts';

const roleField = (chosen: string): Html =>
  selectField({ name: 'role', label: 'Role', options: roles, value: chosen });

const organisationsField = (values: readonly string[]): Html =>
  linesField({
    name: 'organisations',
    label: 'Organisations',
    hint: 'ODS codes, one on each line. Only for a registration authority.',
    values,
    rows: 2,
    maxlength: 700,
  });

const inviteForm = (): Html =>
  callForm({
    id: 'invite',
    method: 'POST',
    path: '/administrators/invitations',
    done: 'Send the link to that person only. It works once, within 60 minutes.',
    fields: html`${textField({ name: 'name', label: 'Name', maxlength: 80, required: true })}
${roleField('support')}${organisationsField([])}`,
    submit: 'Create a link',
  });

function acts({ id, name }: Administrator, own: string | undefined): Html {
  if (id === own) return html`<span class="quiet">You. Another administrator can change your role.</span>`;
  return html`<a href="/administrators/${id}">Change the role<span class="visually-hidden"> of ${name}</span></a>
${callButton({
  id: `remove-${id}`,
  method: 'DELETE',
  path: `/administrators/${id}`,
  done: `${name} is removed, with passkeys and sessions.`,
  label: 'Remove',
  about: name,
  confirm: `Remove ${name}, with all passkeys and sessions?`,
  next: '/administrators',
  tone: 'danger',
})}`;
}

/** The link to confirm with the passkey; nothing if it was used within five minutes. @param next the page to return to */
export const confirmNote = ({ caller }: PageView, next = '/administrators'): Html | undefined =>
  !caller || hasRecentPasskey(caller)
    ? undefined
    : html`<p class="warning">To change something here, <a href="/confirm?next=${next}">confirm with your passkey</a> first. That lasts five minutes.</p>`;

const listed = ({ console: { database, clock } }: PageView) => new Administrators(database, clock).list();

/** Who may use the console, in which role. */
export const administratorsPage = definePage({
  path: '/administrators',
  only: 'production',
  roles: [],
  navigation: { group: 'operate', label: 'Administrators' },
  program: 'pages/administrators/administrators',
  async render(view) {
    const { caller, now } = view;
    const rows = (await listed(view)).map((administrator) => ({
      id: `administrator-${administrator.id}`,
      cells: [
        foreign(administrator.name),
        administrator.role,
        administrator.organisations.join(', ') || '–',
        administrator.lastSignIn === null
          ? 'never'
          : when(new Date(administrator.lastSignIn).toISOString(), now),
        acts(administrator, caller?.administrator?.id),
      ],
    }));
    return {
      title: 'Administrators',
      lead: 'Who may use this console, and for what. Every change is in the audit log.',
      main: html`${confirmNote(view)}
${table('Administrators', ['Name', 'Role', 'Organisations', 'Last sign-in', hiddenColumn('Acts')], rows)}
<section class="panel" aria-labelledby="h-roles"><h2 id="h-roles">Roles</h2><dl class="summary">${roles.map(
        (role) => html`<dt>${role}</dt><dd>${roleDuties[role]}</dd>`,
      )}</dl></section>
<section class="panel" aria-labelledby="h-invite"><h2 id="h-invite">Invite</h2>${inviteForm()}
<div id="invitation-link" hidden>${copied('', 'the link of the invitation')}</div></section>`,
    };
  },
});

export const administratorPage = definePage({
  path: '/administrators/:id',
  only: 'production',
  roles: [],
  async render(view) {
    const crumbs = [{ label: 'Administrators', href: '/administrators' }];
    const found = (await listed(view)).find(({ id }) => id === view.params.id);
    if (!found)
      return {
        title: 'There is no such administrator',
        status: 404,
        crumbs,
        main: html`<p>The administrator was removed, or the address is wrong.</p>`,
      };
    const { id, name, role, organisations } = found;
    return {
      title: name,
      crumbs,
      lead: roleDuties[role],
      main:
        id === view.caller?.administrator?.id
          ? html`<p>You cannot change your own role. Ask another administrator.</p>`
          : html`${confirmNote(view)}${callForm({
              id: 'role-form',
              method: 'PUT',
              path: `/administrators/${id}/role`,
              done: 'The role is changed, from the next request on.',
              next: '/administrators',
              fields: html`${roleField(role)}${organisationsField(organisations)}`,
              submit: 'Change the role',
            })}`,
    };
  },
});
