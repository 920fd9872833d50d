import { type EditTools, editTools } from '../../frame/edit-tools-script.ts';
import { browserScript } from '../../frame/page.ts';
import type { FormProblem, PageTools } from '../../frame/page-tools-script.ts';

/** Adds and edits a person: finds roles and organisations by name, keeps what was typed, and shows codes and links that exist once. */
function person(tools: PageTools, editing: EditTools): void {
  const { byId, made, madeButton, isolated, reportSilence, send } = tools;
  type Body = Record<string, unknown>;
  interface Named {
    code: string;
    name: string;
    activities?: { name: string; code: string }[];
  }
  interface Role extends Body {
    roleCode: string;
    roleName: string;
    orgCode: string;
    orgName: string;
  }
  const plain = (name: string): string => name.split('":"').at(-1)?.replaceAll('"', '') ?? name;
  // Values that a response shows once: an unblocking code, or the link of an enrolment.
  document.addEventListener('alongside:done', (event) => {
    const { unblockingCode, url, expiresAt } = (event as CustomEvent<Body>).detail;
    const target = event.target instanceof Element ? event.target : null;
    const value = unblockingCode ?? url;
    if (!target || !value) return;
    const text = unblockingCode
      ? 'The unblocking code. The holder types it at the reader and chooses a new PIN: '
      : `The link. It works once, until ${String(expiresAt ?? '').slice(11, 16)}: `;
    const note = made('p', text, 'note');
    const copy = madeButton('Copy', () => undefined);
    copy.dataset.copy = String(value);
    note.append(made('code', String(value)), ' ', copy);
    // Beside a form that is drawn again it would be lost.
    const place = byId('shown-once') ?? target.parentElement;
    place?.querySelector(':scope > .note')?.remove();
    place?.append(note);
    note.tabIndex = -1;
    note.focus();
  });

  const form = byId('person');
  if (!(form instanceof HTMLFormElement)) return;
  let roles: Role[] = [...(JSON.parse(form.dataset.before ?? '{}').roles ?? [])];
  const chosen: { job?: Named; at?: Named } = {};

  const showProblems = (problems: readonly FormProblem[]): void => tools.showProblems(form, problems);

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

  const finders = {
    job: { path: '/job-roles', member: 'jobRoles' },
    at: { path: '/organisations', member: 'organisations' },
  } as const;
  for (const name of ['job', 'at'] as const) {
    const input = byId(name);
    const list = byId(`${name}-found`);
    if (!(input instanceof HTMLInputElement) || !list) continue;
    const close = (): void => {
      list.replaceChildren();
      input.setAttribute('aria-expanded', 'false');
    };
    const choose = (found: Named): void => {
      chosen[name] = found;
      input.value = plain(found.name);
      close();
      input.focus();
    };
    let waiting: ReturnType<typeof setTimeout> | undefined;
    const find = async (): Promise<void> => {
      const q = input.value.trim();
      const { path, member } = finders[name];
      const { isOk, answer } = await send('GET', `${path}?q=${encodeURIComponent(q)}`);
      if (!isOk || input.value.trim() !== q) return;
      const found = (answer[member] as Named[]).slice(0, 8);
      input.setAttribute('aria-expanded', String(found.length > 0));
      list.replaceChildren(
        ...found.map((each) => {
          const item = document.createElement('li');
          const button = madeButton('', () => choose(each));
          button.append(isolated(plain(each.name)), made('span', ` ${each.code.split(':').at(-1)}`, 'quiet'));
          item.append(button);
          return item;
        }),
      );
      if (found.length === 0)
        list.replaceChildren(
          made(
            'li',
            name === 'at'
              ? 'None has this in its name. Add it below with its ODS code.'
              : 'No role has this in its name.',
            'quiet',
          ),
        );
      if (found.length === 0 && name === 'at') byId('other-organisation')?.setAttribute('open', '');
    };
    input.addEventListener('input', () => {
      delete chosen[name];
      clearTimeout(waiting);
      waiting = setTimeout(() => find().catch(reportSilence), 200);
    });
    input.addEventListener('keydown', (event) => {
      const first = list.querySelector('button');
      if (event.key === 'Escape') close();
      if (event.key === 'ArrowDown' && first) {
        event.preventDefault();
        first.focus();
      }
      if (event.key === 'Enter') {
        event.preventDefault();
        first?.click();
      }
    });
    list.addEventListener('keydown', (event) => {
      const item = event.target instanceof Element ? event.target.closest('li') : null;
      let next: Element | null | undefined;
      if (event.key === 'ArrowDown') next = item?.nextElementSibling;
      if (event.key === 'ArrowUp') next = item?.previousElementSibling;
      if (event.key === 'Escape') {
        close();
        input.focus();
      }
      if (next === undefined) return;
      event.preventDefault();
      if (next) next.querySelector('button')?.focus();
      else if (event.key === 'ArrowUp') input.focus();
    });
  }

  const fieldOf = (id: string): string => {
    const control = byId(id);
    return control instanceof HTMLInputElement || control instanceof HTMLSelectElement
      ? control.value.trim()
      : '';
  };
  const addRole = (): void => {
    const problems: FormProblem[] = [];
    const code = fieldOf('newCode').toUpperCase();
    const organisation = chosen.at ?? (code ? { code, name: fieldOf('newName') } : undefined);
    if (!chosen.job) problems.push({ at: 'job', text: 'Choose a role from the list.' });
    if (!organisation) problems.push({ at: 'at', text: 'Choose an organisation from the list.' });
    else if (!/^[A-Z0-9]{3,12}$/.test(organisation.code))
      problems.push({ at: 'newCode', text: 'An ODS code has 3 to 12 letters and digits.' });
    else if (organisation.name === '')
      problems.push({ at: 'newName', text: 'Give the organisation a name.' });
    const { job } = chosen;
    if (roles.some(({ roleCode, orgCode }) => roleCode === job?.code && orgCode === organisation?.code))
      problems.push({ at: 'job', text: 'The person has this role at this organisation already.' });
    showProblems(problems);
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
  byId('add-role')?.addEventListener('click', addRole);

  const partsOfNames = ['title', 'givenName', 'middleNames', 'familyName'];
  editing.edit(form, {
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

export const personScript = browserScript('person', person, editTools);
