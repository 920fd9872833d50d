import type { Answer } from '@alongside/kernel/answer';
import { type Html, html } from '@alongside/kernel/html';
import type { Person, RoleProfile } from '../../../cis/protocol.ts';
import { type Interaction, interactionPath } from '../../model/interactions.ts';
import { detailsOf, lastPart, mostWithoutSearch, organisationOf, searchRoles } from '../../model/roles.ts';
import { askingPage } from '../../pages/frame.ts';
import { filled } from '../../text/filled.ts';
import { words } from '../../text/words.ts';

const { role: says, common } = words;

export interface RoleQuestion {
  person: Person;
  applicationName: string;
  /** The current role. */
  roleId: string | null;
  search: string;
  /** Whether the form had no role of the user. */
  unanswered: boolean;
}

// The label includes the organisation, because several roles may have the same name.
function radio(role: RoleProfile, checked: boolean): Html {
  const id = `role-${role.roleId}`;
  const details = detailsOf(role);
  return html`<div class="choice">
<input type="radio" id="${id}" name="role" value="${role.roleId}" required ${details ? html`aria-describedby="${id}-more"` : undefined} ${checked ? html`checked` : undefined}>
<div><label for="${id}">${lastPart(role.roleName)}<br><span class="hint">${organisationOf(role)}</span></label>${details ? html`<p class="hint" id="${id}-more">${details}</p>` : undefined}</div>
</div>`;
}

const searchForm = (
  path: string,
  search: string,
): Html => html`<form method="get" action="${path}" role="search">
<div class="field"><label for="search">${says.search}</label>
<p class="hint" id="search-hint">${says.searchHint}</p>
<input type="search" id="search" name="search" value="${search}" maxlength="100" autocomplete="off" spellcheck="false" aria-describedby="search-hint"></div>
<div class="actions"><button class="secondary">${says.searchButton}</button>${search ? html`<a href="${path}">${says.all}</a>` : undefined}</div>
</form>`;

const found = (count: number, all: number): string =>
  count === 0 ? says.noneFound : filled(says.found, { count, all });

/** The role page (scopes `selectedrole` and `changedrole`). It works without scripts: the search is a GET form. */
export function rolePage(
  interaction: Interaction,
  { person, applicationName, roleId, search, unanswered }: RoleQuestion,
  development: boolean,
): Answer {
  const path = interactionPath(interaction.id, 'role');
  const searchable = person.roles.length > mostWithoutSearch;
  const shown = searchable ? searchRoles(person.roles, search) : person.roles;
  const cancel = html`<button class="secondary" name="cancel" value="1" formnovalidate>${common.cancel}</button>`;
  const main = html`<dl class="summary"><dt>${common.signedIn}</dt><dd>${person.displayName}</dd><dt>${common.for}</dt><dd>${applicationName}</dd></dl>
${unanswered ? html`<p class="error" role="alert" id="role-error">${says.unanswered}</p>` : undefined}
${searchable ? searchForm(path, search) : undefined}
${searchable && search ? html`<p role="status">${found(shown.length, person.roles.length)}</p>` : undefined}
<form method="post" action="${path}">
${search ? html`<input type="hidden" name="search" value="${search}">` : undefined}
${shown.length === 0 ? undefined : html`<fieldset ${unanswered ? html`aria-describedby="role-error"` : undefined}><legend>${says.legend}</legend>${shown.map((role) => radio(role, role.roleId === roleId))}</fieldset>`}
<div class="actions">${shown.length === 0 ? undefined : html`<button>${common.next}</button>`}${cancel}</div>
</form>`;
  return askingPage(unanswered ? 400 : 200, {
    title: says.title,
    development,
    main,
  });
}
