import { ClientError, displayName, FhirError, type Patient, type Role } from '@alongside/client';
import type { Answer } from '@alongside/kernel/answer';
import { type Html, html, safeHref } from '@alongside/kernel/html';
import { codeBeside, framedPage } from '@alongside/kernel/layout';
import type { Pattern, SampleSession } from './patterns.ts';

export const service = 'Sample clinical application';

/** Returns the role and its organisation; the last part of the name and the code if the directory does not know them. */
function labelOf({ roleNames }: SampleSession, role: Role): Html {
  const parts = role.role_name.match(/"([^"]*)"/g)?.map((part) => part.slice(1, -1));
  const unknown = `${parts?.at(-1) ?? role.role_name} at ${role.org_code}`;
  return codeBeside(roleNames.get(role.person_roleid) ?? unknown);
}

/** Why the user is not signed in any more. */
const notices = {
  signedOut:
    'You are signed out of this application. The combined pattern has no ID token, so your session at CIS2 and at the workstation continues until you remove your card.',
  ended:
    'You are signed out, because your session at the workstation has ended: your card was removed, or another person signed in. In the combined pattern an application learns it at its next call of an API, which refuses the tokens.',
};

/** @param console address at which users without a card get one */
export function signInPage(
  patterns: readonly Pattern[],
  development: boolean,
  console: string,
  notice: keyof typeof notices | undefined,
): Answer {
  const links = patterns.map(
    (pattern) => html`<a class="button" href="/sign-in/${pattern.id}">Sign in (${pattern.id})</a>`,
  );
  return framedPage(200, {
    title: 'Sign in',
    service,
    development,
    main: html`${notice && html`<div class="note" role="status"><p>${notices[notice]}</p></div>`}
<p class="lead">If your smartcard is in the reader and you have entered your PIN, sign-in only redirects.</p>
<p class="actions">${links}</p>
<p class="quiet">Combined: this application uses the API platform only. Separate: it signs you in at CIS2 and exchanges the ID token.</p>
${development ? html`<p class="quiet">No card yet? Put one into the reader at the <a href="${safeHref(console)}">console</a>, or with <code>npx alongside card insert gp</code>. Every PIN is <code>123456</code>.</p>` : undefined}`,
  });
}

const isOfNumber = (error: unknown): boolean =>
  error instanceof ClientError && error.code === 'nhs_number_invalid';

const searchForm = (
  value: string,
  isInvalid: boolean,
): Html => html`<form method="post" action="/patient" class="panel">
<div class="field"><label for="nhs-number">NHS number</label>
<p class="hint" id="nhs-number-hint">10 digits, for example 9000000009</p>
<input class="short" type="text" id="nhs-number" name="nhs-number" inputmode="numeric" autocomplete="off" value="${value}"
 aria-describedby="${isInvalid ? 'nhs-number-problem ' : ''}nhs-number-hint"${isInvalid ? html` aria-invalid="true"` : undefined}></div>
<button type="submit">Find patient</button></form>`;

function userPanel(session: SampleSession): Html {
  const { user } = session;
  const role = user.roles.find((candidate) => candidate.person_roleid === session.roleId);
  const noRole = user.roles.length === 0 ? 'none' : 'none selected';
  return html`<div class="panel"><h2>Signed in</h2><dl class="summary">
<dt>Person</dt><dd>${user.name ?? user.id}</dd>
<dt>User id</dt><dd>${user.id}</dd>
<dt>Role</dt><dd>${role ? labelOf(session, role) : noRole}</dd>
<dt>Pattern</dt><dd>${session.pattern.title}</dd></dl>
<div class="actions"><a class="button secondary" href="/hello">Try an API</a>${user.roles.length > 1 ? html`<a class="button secondary" href="${session.isRoleOfCis2 ? '/sign-in/separate?role=changed' : '/role'}">Change role</a>` : undefined}
<form method="post" action="/sign-out"><button class="secondary" type="submit">Sign out</button></form></div></div>`;
}

const address = (patient: Patient): string => {
  const home = patient.address?.find((item) => item.use === 'home') ?? patient.address?.[0];
  return home
    ? [...(home.line ?? []).filter(Boolean), home.postalCode].filter(Boolean).join(', ')
    : 'not shown';
};

function record(patient: Patient, supersededBy: string | undefined): Html {
  const restricted = patient.meta?.security?.some((label) => label.code === 'R' || label.code === 'V');
  return html`<section class="panel" aria-labelledby="patient"><h2 id="patient">${displayName(patient) || 'Name not shown'}</h2>
${supersededBy ? html`<p class="warning">This record has moved to NHS number ${supersededBy}.</p>` : undefined}
${restricted ? html`<p class="warning">This record is restricted: part of it is not shown.</p>` : undefined}
<dl class="summary"><dt>NHS number</dt><dd>${patient.id}</dd><dt>Born</dt><dd>${patient.birthDate ?? 'not shown'}</dd>
<dt>Gender</dt><dd>${patient.gender ?? 'not shown'}</dd><dt>Address</dt><dd>${address(patient)}</dd></dl></section>`;
}

/** The result of a search on the home page. */
export interface SearchResult {
  nhsNumber: string;
  patient?: { patient: Patient; supersededBy?: string };
  error?: unknown;
}

function failure(error: unknown): Html {
  const reason = error instanceof Error ? error.message : 'The patient could not be read.';
  const diagnostics = error instanceof FhirError ? error.diagnostics : undefined;
  return html`<div class="error-summary" role="alert" tabindex="-1"><h2>The patient could not be shown</h2>
<p${isOfNumber(error) ? html` id="nhs-number-problem"` : undefined}>${reason}</p>${diagnostics ? html`<p class="code">${diagnostics}</p>` : undefined}
${error instanceof FhirError ? html`<p class="quiet">Quote X-Request-ID ${error.requestId} to support.</p>` : undefined}</div>`;
}

export function homePage(session: SampleSession, development: boolean, result?: SearchResult): Answer {
  return framedPage(200, {
    title: 'Find a patient',
    service,
    development,
    main: html`${result?.error === undefined ? undefined : failure(result.error)}
${searchForm(result?.nhsNumber ?? '', isOfNumber(result?.error))}
${result?.patient ? record(result.patient.patient, result.patient.supersededBy) : undefined}
${userPanel(session)}`,
  });
}

/** Why a choice at the workstation does not count here. */
const whyHere =
  'This application asks, because a combined sign-in returns all your roles and not the one that you chose at the workstation: it has no ID token. You choose once for this session, and each call of an API names your choice in NHSD-Session-URID.';

/** The response of an API to the user's access token. */
export const helloPage = (
  session: SampleSession,
  { status, text }: { status: number; text: string },
  development: boolean,
): Answer =>
  framedPage(200, {
    title: 'Try an API',
    service,
    development,
    main: html`<p class="lead">The Hello World API answered ${status} to your access token.</p>
<pre class="code">${text.slice(0, 2_000)}</pre>
<p><a href="/">Find a patient</a></p>
${userPanel(session)}`,
  });

export function rolePage(session: SampleSession, development: boolean): Answer {
  const choices = session.user.roles.map(
    (
      role,
    ) => html`<div class="choice"><input type="radio" name="role" id="role-${role.person_roleid}" required value="${role.person_roleid}"
${role.person_roleid === session.roleId ? html` checked` : undefined}><label for="role-${role.person_roleid}">${labelOf(session, role)}</label></div>`,
  );
  return framedPage(200, {
    title: session.roleId === undefined ? 'Choose your role' : 'Change role',
    service,
    development,
    main: html`${session.pattern.id === 'combined' ? html`<p class="note">${whyHere}</p>` : undefined}
<form method="post" action="/role"><fieldset><legend>Which role are you working in?</legend>${choices}</fieldset>
<button type="submit">Use this role</button></form>
${session.roleId === undefined ? undefined : html`<p><a href="/">Back</a></p>`}`,
  });
}

export function problemPage(status: number, title: string, reason: string, development: boolean): Answer {
  return framedPage(status, {
    title,
    service,
    development,
    main: html`<div class="error" role="alert"><p>${reason}</p></div><p><a class="button" href="/">Start again</a></p>`,
  });
}
