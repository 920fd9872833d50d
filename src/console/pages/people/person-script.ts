import type { FormProblem, FormTools } from '../../page/form-tools-script.ts';
import type { BrowserScript } from '../../page/page.ts';

/** Adds and edits a person: finds roles and organisations by name, keeps what was typed, and shows codes and links that exist once. */
function person(tools: FormTools): void {
  const { byId, made, madeButton, isolated, report, reportSilence, send } = tools;
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
  // What a response shows once: an unblocking code, or the link of an enrolment.
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
  const uid = form.dataset.uid ?? '';
  let before: Body = JSON.parse(form.dataset.before ?? '{}');
  let tag = '';
  let roles: Role[] = [...((before.roles as Role[] | undefined) ?? [])];
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
      const next =
        event.key === 'ArrowDown'
          ? item?.nextElementSibling
          : event.key === 'ArrowUp'
            ? item?.previousElementSibling
            : undefined;
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

  const texts = ['title', 'givenName', 'familyName', 'email', 'idAssuranceLevel'];
  const labelOf = (id: string): string => document.querySelector(`label[for="${id}"]`)?.textContent ?? id;
  const bodyOf = (): Body => {
    const disabled = byId('disabled');
    return {
      ...Object.fromEntries(texts.map((name) => [name, fieldOf(name)])),
      ...(disabled instanceof HTMLInputElement ? { disabled: disabled.checked } : {}),
      roles,
    };
  };
  const same = (one: unknown, other: unknown): boolean => JSON.stringify(one) === JSON.stringify(other);

  const setValue = (name: string, value: unknown): void => {
    const control = byId(name);
    if (name === 'roles') roles = [...(value as Role[])];
    else if (control instanceof HTMLInputElement && control.type === 'checkbox')
      control.checked = Boolean(value);
    else if (control instanceof HTMLInputElement || control instanceof HTMLSelectElement)
      control.value = String(value);
  };

  /** After a change by someone else: shows their values, and keeps those typed here. */
  const merge = async (): Promise<void> => {
    const current = await send('GET', `/people/${uid}`);
    const panel = byId('conflict');
    if (!current.isOk || !panel) return report('The person was removed in the meantime.', true);
    const mine = bodyOf();
    const lines: HTMLElement[] = [];
    for (const [name, value] of Object.entries(mine)) {
      const [base, theirs] = [before[name], current.answer[name]];
      if (same(base, theirs) || same(value, theirs)) continue;
      if (same(value, base)) {
        setValue(name, theirs);
        continue;
      }
      const line = made('p', `${name === 'roles' ? 'Roles' : labelOf(name)}: they have `);
      const shown =
        name === 'roles'
          ? (theirs as Role[]).map((role) => `${plain(role.roleName)} at ${role.orgName}`).join('; ')
          : String(theirs);
      line.append(isolated(shown || 'nothing'), '. Yours is in the form. ');
      const take = madeButton('Take theirs', () => {
        setValue(name, theirs);
        drawRoles();
        line.remove();
      });
      line.append(take);
      lines.push(line);
    }
    before = current.answer;
    tag = current.tag;
    drawRoles();
    panel.replaceChildren(
      made(
        'p',
        'Someone else has changed this person since you opened this page. Nothing of yours is lost. Save again to keep it.',
      ),
      ...lines,
    );
    panel.hidden = false;
    panel.focus();
  };

  const controlOf = (member: string): string => {
    if (/^(roles|organisations)/.test(member)) return /orgCode|orgName/.test(member) ? 'at' : 'roles';
    return texts.includes(member) ? member : 'familyName';
  };
  const save = async (): Promise<void> => {
    const body = bodyOf();
    const missing = [
      ...(fieldOf('givenName') === '' ? [{ at: 'givenName', text: 'Give a given name.' }] : []),
      ...(fieldOf('familyName') === '' ? [{ at: 'familyName', text: 'Give a family name.' }] : []),
      ...(chosen.job && (chosen.at || fieldOf('newCode'))
        ? [{ at: 'add-role', text: 'Add the chosen role, or clear it.' }]
        : []),
    ];
    if (missing.length > 0) return showProblems(missing);
    showProblems([]);
    // A display name follows from the names, unless it was chosen.
    const { displayName, title, familyName, givenName, initials, middleNames } = before;
    const derived = [familyName, givenName, title].filter(Boolean).join(' ');
    const letters = [givenName, ...String(middleNames ?? '').split(' ')].map((name) =>
      String(name ?? '')
        .charAt(0)
        .toUpperCase(),
    );
    const patch = uid
      ? {
          ...Object.fromEntries(Object.entries(body).filter(([name, value]) => !same(value, before[name]))),
          ...(displayName === derived ? { displayName: null } : {}),
          ...(initials === letters.join('') ? { initials: null } : {}),
        }
      : body;
    const answer = uid
      ? await send('PATCH', `/people/${uid}`, patch, tag)
      : await send('POST', '/people', patch);
    if (answer.status === 412) return merge();
    if (answer.isOk) return location.assign(`/people/${answer.answer.uid}`);
    const problem = String(answer.answer.problem ?? answer.answer.error_description ?? answer.answer.error);
    const member = String(answer.answer.field ?? '');
    const at = controlOf(member);
    const label = ['at', 'roles'].includes(at) ? 'A role' : labelOf(at);
    showProblems([{ at, text: `${label} ${problem}.`.replace('..', '.') }]);
  };
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    save().catch(reportSilence);
  });
  if (uid) tag = form.dataset.tag ?? '';
  drawRoles();
}

export const personScript: BrowserScript = { name: 'person', run: person };
