import { type Answer, redirect } from '@alongside/kernel/answer';
import type { Recorder } from '@alongside/kernel/events';
import { type Html, html } from '@alongside/kernel/html';
import { stateKey } from '@alongside/kernel/journeys';
import { jobNameOf, organisationOf, type Person, type RoleProfile } from '../../cis/protocol.ts';
import { type Parameters, parseParameters } from '../../oauth/parameters.ts';
import type { CisClient } from '../model/cis-client.ts';
import { type Interaction, interactionPath } from '../model/interactions.ts';
import { nameOnPages } from '../model/relying-party.ts';
import { choiceOf, detailsOf, maxWithoutSearch, searchRoles } from '../model/roles.ts';
import { askingPage } from '../pages/frame.ts';
import type { Sessions } from '../sessions/sessions.ts';
import { filled, words } from '../text/words.ts';
import type { SignInContext } from './open.ts';

const { role: says, common } = words;

interface RoleQuestion {
  person: Person;
  applicationName: string;
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
<div><label for="${id}">${jobNameOf(role.roleName)}<br><span class="hint">${organisationOf(role)}</span></label>${details ? html`<p class="hint" id="${id}-more">${details}</p>` : undefined}</div>
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
function rolePage(
  interaction: Interaction,
  { person, applicationName, roleId, search, unanswered }: RoleQuestion,
  development: boolean,
): Answer {
  const path = interactionPath(interaction.id, 'role');
  const searchable = person.roles.length > maxWithoutSearch;
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

interface RoleDependencies {
  cis: CisClient;
  sessions: Sessions;
  recorder: Recorder;
  development: boolean;
}

interface RoleContext extends SignInContext {
  provider: RoleDependencies;
}

/** Returns the role in use: that of the session, or else that of the sign-in. */
async function currentRole({ provider, request, authentication }: RoleContext): Promise<string | null> {
  const session = await provider.sessions.current(request);
  return (session?.uid === authentication.uid ? session.roleId : null) ?? authentication.roleId;
}

/** Shows the roles of the directory. Skips the page if there are fewer than two. */
export async function showRoles(context: RoleContext): Promise<Answer> {
  const { provider, request, interaction, client, authentication } = context;
  const person = await provider.cis.person(authentication.uid);
  if (!person || person.roles.length < 2) return redirect(interactionPath(interaction.id, 'resume'));
  const question = {
    person,
    applicationName: nameOnPages(client, interaction),
    roleId: await currentRole(context),
    search: parseParameters(request.query)?.get('search') ?? '',
    unanswered: false,
  };
  return rolePage(interaction, question, provider.development);
}

/** Reads the chosen role. Shows the page again for a role that the user does not have. */
export async function takeRole({
  provider,
  interaction,
  client,
  authentication,
  form,
}: RoleContext & { form: Parameters }): Promise<Answer | { chosenRoleId: string | undefined }> {
  const person = await provider.cis.person(authentication.uid);
  const chosenRoleId = person && choiceOf(person, form.get('role'));
  if (person && person.roles.length > 1 && chosenRoleId === undefined) {
    const question = {
      person,
      applicationName: nameOnPages(client, interaction),
      roleId: null,
      search: form.get('search') ?? '',
      unanswered: true,
    };
    return rolePage(interaction, question, provider.development);
  }
  provider.recorder.record({
    keys: [stateKey(interaction.authorization), interaction.id],
    from: 'browser',
    to: 'cis2',
    name: 'cis2.role',
    detail: { roles: person?.roles.length ?? 0 },
  });
  return { chosenRoleId };
}
