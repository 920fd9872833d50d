import { call } from '../../frame/api.browser.ts';
import { edit } from '../../frame/edit.browser.ts';
import { type FormProblem, showProblems } from '../../frame/forms.browser.ts';
import { byId, isolated, made, madeButton } from '../../frame/tools.browser.ts';
import '../../parts/shown-once.browser.ts';
import { findByName, type Named, plain } from './finder.browser.ts';

// Adds and edits a person: finds roles and organisations by name, and keeps what was typed.

interface Role extends Record<string, unknown> {
  roleCode: string;
  roleName: string;
  orgCode: string;
  orgName: string;
}

let roles: Role[] = [];
const chosen: { job?: Named | undefined; at?: Named | undefined } = {};

const drawRoles = (): void => {
  const list = byId('role-list');
  if (!list) return;
  list.replaceChildren(
    ...roles.map((role) => {
      const row = made('div', '', 'role-row');
      const text = made('span', '');
      text.append(isolated(plain(role.roleName)), ' at ', isolated(role.orgName));
      const remove = madeButton('Remove', () => {
        roles = roles.filter((other) => other !== role);
        drawRoles();
        byId('job')?.focus();
      });
      remove.append(made('span', ` ${plain(role.roleName)} at ${role.orgName}`, 'visually-hidden'));
      row.append(text, remove);
      return row;
    }),
  );
  if (roles.length === 0)
    list.replaceChildren(
      made('p', 'No role yet. Without one the person can sign in but gets no role.', 'quiet'),
    );
};

const job = byId('job');
const jobsFound = byId('job-found');
if (job instanceof HTMLInputElement && jobsFound)
  findByName(job, jobsFound, {
    async search(q) {
      const { isOk, answer } = await call('GET', '/job-roles', { query: { q } });
      return isOk ? answer.jobRoles : undefined;
    },
    choose(found) {
      chosen.job = found;
    },
    none: 'No role has this in its name.',
  });
const at = byId('at');
const organisationsFound = byId('at-found');
if (at instanceof HTMLInputElement && organisationsFound)
  findByName(at, organisationsFound, {
    async search(q) {
      const { isOk, answer } = await call('GET', '/organisations', { query: { q } });
      return isOk ? answer.organisations : undefined;
    },
    choose(found) {
      chosen.at = found;
    },
    none: 'None has this in its name. Add it below with its ODS code.',
    missed: () => byId('other-organisation')?.setAttribute('open', ''),
  });

const fieldOf = (id: string): string => {
  const control = byId(id);
  return control instanceof HTMLInputElement || control instanceof HTMLSelectElement
    ? control.value.trim()
    : '';
};
const addRole = (form: HTMLFormElement): void => {
  const problems: FormProblem[] = [];
  const code = fieldOf('newCode').toUpperCase();
  const organisation = chosen.at ?? (code ? { code, name: fieldOf('newName') } : undefined);
  if (!chosen.job) problems.push({ at: 'job', text: 'Choose a role from the list.' });
  if (!organisation) problems.push({ at: 'at', text: 'Choose an organisation from the list.' });
  else if (!/^[A-Z0-9]{3,12}$/.test(organisation.code))
    problems.push({ at: 'newCode', text: 'An ODS code has 3 to 12 letters and digits.' });
  else if (organisation.name === '') problems.push({ at: 'newName', text: 'Give the organisation a name.' });
  const { job } = chosen;
  if (roles.some(({ roleCode, orgCode }) => roleCode === job?.code && orgCode === organisation?.code))
    problems.push({ at: 'job', text: 'The person has this role at this organisation already.' });
  showProblems(form, problems);
  if (problems.length > 0 || !job || !organisation) return;
  roles.push({
    roleCode: job.code,
    roleName: job.name,
    orgCode: organisation.code,
    orgName: organisation.name,
    activities: job.activities ?? [],
  });
  delete chosen.at;
  for (const id of ['at', 'newCode', 'newName']) {
    const control = byId(id);
    if (control instanceof HTMLInputElement) control.value = '';
  }
  drawRoles();
  // Often the next is the same role at another organisation.
  byId('at')?.focus();
};
const partsOfNames = ['title', 'givenName', 'middleNames', 'familyName'];
function editPerson(form: HTMLFormElement): void {
  roles = [...(JSON.parse(form.dataset.before ?? '{}').roles ?? [])];
  byId('add-role')?.addEventListener('click', () => addRole(form));
  edit(form, {
    members: {
      roles: {
        label: 'Roles',
        get: () => roles,
        set(value) {
          roles = [...(value as Role[])];
          drawRoles();
        },
        shown: (value) =>
          (value as Role[]).map((role) => `${plain(role.roleName)} at ${role.orgName}`).join('\n'),
      },
    },
    check: () => [
      ...(fieldOf('givenName') === '' ? [{ at: 'givenName', text: 'Give a given name.' }] : []),
      ...(fieldOf('familyName') === '' ? [{ at: 'familyName', text: 'Give a family name.' }] : []),
      ...(chosen.job && (chosen.at || fieldOf('newCode'))
        ? [{ at: 'add-role', text: 'Add the chosen role, or clear it.' }]
        : []),
    ],
    // A display name follows from the names, unless it was chosen.
    complete(patch, { displayName, title, familyName, givenName, initials, middleNames }) {
      const letters = [givenName, ...String(middleNames ?? '').split(' ')].map((name) =>
        [...String(name ?? '')].slice(0, 1).join('').toUpperCase(),
      );
      // A change of roles alone is not a change of names, which may need approval.
      if (!form.dataset.tag || !partsOfNames.some((name) => name in patch)) return;
      if (displayName === [familyName, givenName, title].filter(Boolean).join(' ')) patch.displayName = null;
      if (initials === letters.join('')) patch.initials = null;
    },
    controlOf: (member) => (/^(roles|organisations)/.test(member) ? 'roles' : undefined),
    saved: ({ uid }) => location.assign(`/people/${uid}`),
  });
  drawRoles();
}

const form = byId('person');
if (form instanceof HTMLFormElement) editPerson(form);
