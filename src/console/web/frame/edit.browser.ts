import { problemText, send, warningsOf } from './api.browser.ts';
import { type FormProblem, linesIn, pathsAround, place, showProblems } from './forms.browser.ts';
import { byId, made, report, reportSilence, sentence } from './tools.browser.ts';

type Body = Record<string, unknown>;

/** A member of an edited value that is not one control. */
export interface EditedMember {
  label: string;
  get(): unknown;
  set(value: unknown): void;
  shown(value: unknown): string;
}

type Members = Readonly<Record<string, EditedMember>>;

interface EditOptions {
  members?: Members;
  /** Returns what is wrong before anything is sent. */
  check?(): FormProblem[];
  /** Adds to a patch what follows from it. */
  complete?(patch: Body, before: Body): void;
  /** Returns the id of the control for an invalid member. */
  controlOf?(member: string): string | undefined;
  saved?(answer: Body): void;
}

/** Returns a member of a value: `cis2.pkce`. */
export const memberOf = (value: unknown, path: string): unknown =>
  path.split('.').reduce<unknown>((object, name) => (object as Body | null | undefined)?.[name], value);
/** Lists are compared without their order, which means nothing here. */
const comparable = (value: unknown): string =>
  JSON.stringify(Array.isArray(value) ? value.map((entry) => JSON.stringify(entry)).sort() : (value ?? null));
const same = (one: unknown, other: unknown): boolean => comparable(one) === comparable(other);

/** Returns the values of the controls and of the other members. */
function valuesOf(form: HTMLFormElement, members: Members): Map<string, unknown> {
  const values = new Map<string, unknown>();
  for (const control of form.elements) {
    if (control.closest('[data-apart]')) continue;
    if (control instanceof HTMLFieldSetElement && control.dataset.kind === 'list') {
      const checked = control.querySelectorAll<HTMLInputElement>('input:checked');
      values.set(
        control.id,
        [...checked].map(({ value }) => value),
      );
    } else if (control instanceof HTMLSelectElement && control.name)
      values.set(control.name, control.value === 'null' ? null : control.value);
    else if (control instanceof HTMLTextAreaElement) values.set(control.name, linesIn(control.value));
    else if (control instanceof HTMLInputElement && control.name && control.type === 'checkbox')
      values.set(control.name, control.checked);
    else if (control instanceof HTMLInputElement && control.name && control.type !== 'radio') {
      const isNull = control.dataset.kind === 'nullable' && control.value === '';
      values.set(control.name, isNull ? null : control.value.trim());
    }
  }
  for (const [name, { get }] of Object.entries(members)) values.set(name, get());
  return values;
}

function labelOf(id: string, members: Members): string {
  const label = document.querySelector(`label[for="${CSS.escape(id)}"]`) ?? byId(id)?.querySelector('legend');
  return members[id]?.label ?? (label?.querySelector('strong') ?? label)?.textContent ?? id;
}

function setValue(id: string, value: unknown, members: Members): void {
  const control = byId(id);
  if (members[id]) members[id].set(value);
  else if (control instanceof HTMLFieldSetElement)
    for (const box of control.querySelectorAll('input'))
      box.checked = (value as string[]).includes(box.value);
  else if (control instanceof HTMLTextAreaElement) control.value = (value as string[]).join('\n');
  else if (control instanceof HTMLSelectElement) control.value = value === null ? 'null' : String(value);
  else if (control instanceof HTMLInputElement && control.type === 'checkbox')
    control.checked = Boolean(value);
  else if (control instanceof HTMLInputElement) control.value = value === null ? '' : String(value);
}

const shown = (id: string, value: unknown, members: Members): string =>
  (members[id]?.shown(value) ?? [value ?? ''].flat().join('\n')) || 'none';

/** The values of both, of which one is taken. */
function choice(id: string, mine: unknown, theirs: unknown, members: Members): HTMLElement {
  const group = document.createElement('fieldset');
  const choices = made('div', '', 'options');
  for (const [name, value] of [
    ['Yours', mine],
    ['Theirs', theirs],
  ] as const) {
    const label = made('label', '', 'option');
    const radio = Object.assign(document.createElement('input'), { type: 'radio', name: `choose ${id}` });
    radio.checked = name === 'Yours';
    radio.addEventListener('change', () => setValue(id, value, members));
    const text = made('span', '');
    text.append(made('strong', name), made('bdi', shown(id, value, members).slice(0, 2_000), 'mono'));
    label.append(radio, text);
    choices.append(label);
  }
  group.append(made('legend', labelOf(id, members)), choices);
  return group;
}

/**
 * Edits the value in `data-before` at `data-path`: sends only what was changed, for the revision in `data-tag`. If someone else has
 * changed it since, takes what only they changed, and lets the user choose where both did. Without a tag it adds a new value.
 */
export function edit(form: HTMLFormElement, options: EditOptions = {}): void {
  const { members = {} } = options;
  const { path = '' } = form.dataset;
  let before: Body = JSON.parse(form.dataset.before ?? '{}');
  let tag = form.dataset.tag ?? '';

  const merge = async (): Promise<void> => {
    const { isOk, answer: current, tag: newTag } = await send('GET', path);
    const panel = byId('conflict');
    if (!isOk || !panel) return report('Someone else has removed this in the meantime.', true);
    const choices: HTMLElement[] = [];
    for (const [id, mine] of valuesOf(form, members)) {
      const [base, theirs] = [memberOf(before, id), memberOf(current, id)];
      if (same(base, theirs) || same(mine, theirs)) continue;
      if (same(mine, base)) setValue(id, theirs, members);
      else choices.push(choice(id, mine, theirs, members));
    }
    before = current;
    tag = newTag;
    const lead =
      choices.length > 0
        ? 'Someone else has changed the same settings since you opened this page. Choose a value for each, then save.'
        : 'Someone else has changed other settings since you opened this page. They are shown now, with yours. Save again to keep both.';
    panel.replaceChildren(made('p', lead), ...choices);
    panel.hidden = false;
    panel.focus();
  };

  const save = async (): Promise<void> => {
    const problems = options.check?.() ?? [];
    showProblems(form, problems);
    if (problems.length > 0) return;
    const patch: Body = {};
    for (const [id, value] of valuesOf(form, members))
      if (!tag || !same(value, memberOf(before, id))) place(patch, id, value);
    if (Object.keys(patch).length === 0) return report('Nothing was changed.');
    options.complete?.(patch, before);
    const saved = await send(tag ? 'PATCH' : 'POST', path, patch, { match: tag });
    if (saved.status === 412) return merge();
    const { answer } = saved;
    if (!saved.isOk) {
      const field = String(answer.field ?? '');
      const at = options.controlOf?.(field) ?? pathsAround(field).find((id) => byId(id)) ?? 'submit';
      const text =
        answer.problem && at !== 'submit'
          ? sentence(`${labelOf(at, members)} ${answer.problem}`)
          : problemText(answer);
      return showProblems(form, [{ at, text }]);
    }
    tag = saved.tag;
    before = answer;
    const panel = byId('conflict');
    if (panel) panel.hidden = true;
    report(['Saved.', ...warningsOf(answer).map(({ message }) => message)].join(' '));
    byId('submit')?.focus();
    options.saved?.(answer);
  };
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    save().catch(reportSilence);
  });
}
