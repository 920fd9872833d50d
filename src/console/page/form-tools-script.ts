/** A problem of a form, with the id of the control that it is about. */
export interface FormProblem {
  at: string;
  text: string;
}

type Body = Record<string, unknown>;

/** A member of an edited value that is not one control. */
export interface EditedMember {
  label: string;
  get(): unknown;
  set(value: unknown): void;
  shown(value: unknown): string;
}

interface EditOptions {
  members?: Readonly<Record<string, EditedMember>>;
  /** Returns what is wrong before anything is sent. */
  check?(): FormProblem[];
  /** Adds to a patch what follows from it. */
  complete?(patch: Body, before: Body): void;
  /** Returns the id of the control for an invalid member. */
  controlOf?(member: string): string | undefined;
  saved?(answer: Body): void;
}

/** What the programs of several pages share. Its source text is sent with theirs, so it must not use anything outside itself. */
export function formTools() {
  const byId = (id: string): HTMLElement | null => document.getElementById(id);
  const made = (tag: string, text: string, name = ''): HTMLElement => {
    const element = document.createElement(tag);
    element.textContent = text;
    element.className = name;
    return element;
  };
  const madeButton = (text: string, act: () => void): HTMLElement => {
    const button = made('button', text, 'small secondary');
    button.setAttribute('type', 'button');
    button.addEventListener('click', act);
    return button;
  };
  /** Text from outside: cut, and isolated so that its writing direction changes nothing around it. */
  const isolated = (text: string): HTMLElement =>
    made('bdi', text.length > 200 ? `${text.slice(0, 200)}…` : text);
  const sentence = (text: string): string =>
    `${text.charAt(0).toUpperCase()}${text.slice(1)}${/[.!?]$/.test(text) ? '' : '.'}`;
  const report = (text: string, isBad = false): void => {
    const result = byId('result');
    if (!result) return;
    result.textContent = text;
    result.classList.toggle('bad', isBad);
  };
  const reportSilence = (): void => report('The console does not respond. Check that it is running.', true);

  /** Calls the API. @param match the ETag that the changed value must have */
  const send = async (method: string, path: string, body?: object, match = '') => {
    const response = await fetch(`/api/v1${path}`, {
      method,
      headers: { 'content-type': 'application/json', ...(match ? { 'if-match': match } : {}) },
      ...(body ? { body: JSON.stringify(body) } : {}),
    });
    const answer: Record<string, unknown> = await response.json();
    return { status: response.status, isOk: response.ok, tag: response.headers.get('etag') ?? '', answer };
  };
  const problemText = (answer: Record<string, unknown>): string =>
    sentence(String(answer.problem ?? answer.error_description ?? answer.error));
  const warningsOf = (answer: Record<string, unknown>) =>
    ((answer.warnings ?? []) as (string | { code: string; message: string })[]).map((warning) =>
      typeof warning === 'string' ? { code: '', message: warning } : warning,
    );

  /** Shows each problem at its control and all in the summary, which takes the focus. Removes those shown before. */
  const showProblems = (form: HTMLElement, problems: readonly { at: string; text: string }[]): void => {
    for (const element of form.querySelectorAll<HTMLElement>('.error-message')) element.hidden = true;
    for (const element of form.querySelectorAll('[aria-invalid]')) element.removeAttribute('aria-invalid');
    const summary = form.querySelector<HTMLElement>('.error-summary') ?? byId('problems');
    if (!summary) return;
    summary.hidden = problems.length === 0;
    summary.replaceChildren();
    if (summary.hidden) return;
    const links = problems.map(({ at, text }) => {
      const control = byId(at);
      control?.setAttribute('aria-invalid', 'true');
      control?.closest('details')?.setAttribute('open', '');
      const message = byId(`${at}-error`);
      if (message) {
        message.textContent = text;
        message.hidden = false;
      }
      const link = made('a', text);
      link.setAttribute('href', `#${at}`);
      link.addEventListener('click', (event) => {
        event.preventDefault();
        control?.focus();
      });
      return link;
    });
    const count = `${problems.length} thing${problems.length === 1 ? '' : 's'} to put right: `;
    summary.append(
      made('strong', count),
      ...links.flatMap((link, index) => (index > 0 ? [' · ', link] : [link])),
    );
    summary.focus();
  };

  /** Returns a member of a value: `cis2.pkce`. */
  const memberOf = (value: unknown, path: string): unknown =>
    path.split('.').reduce<unknown>((object, name) => (object as Body | null | undefined)?.[name], value);
  const place = (body: Body, path: string, value: unknown): void => {
    const names = path.split('.');
    const last = names.pop() ?? '';
    let object = body;
    for (const name of names) {
      object[name] ??= {};
      object = object[name] as Body;
    }
    object[last] = value;
  };
  /** Lists are compared without their order, which means nothing here. */
  const comparable = (value: unknown): string =>
    JSON.stringify(
      Array.isArray(value) ? value.map((entry) => JSON.stringify(entry)).sort() : (value ?? null),
    );
  const same = (one: unknown, other: unknown): boolean => comparable(one) === comparable(other);

  /**
   * Edits the value in `data-before` at `data-path`: sends only what was changed, for the revision in `data-tag`. If someone else has
   * changed it since, takes what only they changed, and lets the user choose where both did. Without a tag it adds a new value.
   */
  const edit = (form: HTMLFormElement, options: EditOptions = {}): void => {
    const { members = {} } = options;
    const { path = '' } = form.dataset;
    let before: Body = JSON.parse(form.dataset.before ?? '{}');
    let tag = form.dataset.tag ?? '';

    const valuesOf = (): Map<string, unknown> => {
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
        else if (control instanceof HTMLTextAreaElement) {
          const lines = control.value.split('\n').map((line) => line.trim());
          values.set(control.name, lines.filter(Boolean));
        } else if (control instanceof HTMLInputElement && control.name && control.type === 'checkbox')
          values.set(control.name, control.checked);
        else if (control instanceof HTMLInputElement && control.name && control.type !== 'radio') {
          const isNull = control.dataset.kind === 'nullable' && control.value === '';
          values.set(control.name, isNull ? null : control.value.trim());
        }
      }
      for (const [name, { get }] of Object.entries(members)) values.set(name, get());
      return values;
    };
    const labelOf = (id: string): string => {
      const label =
        document.querySelector(`label[for="${CSS.escape(id)}"]`) ?? byId(id)?.querySelector('legend');
      return members[id]?.label ?? (label?.querySelector('strong') ?? label)?.textContent ?? id;
    };
    const setValue = (id: string, value: unknown): void => {
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
    };
    const shown = (id: string, value: unknown): string =>
      (members[id]?.shown(value) ?? [value ?? ''].flat().join('\n')) || 'none';

    /** The values of both, of which one is taken. */
    const choice = (id: string, mine: unknown, theirs: unknown): HTMLElement => {
      const group = document.createElement('fieldset');
      const choices = made('div', '', 'options');
      for (const [name, value] of [
        ['Yours', mine],
        ['Theirs', theirs],
      ] as const) {
        const label = made('label', '', 'option');
        const radio = Object.assign(document.createElement('input'), { type: 'radio', name: `choose ${id}` });
        radio.checked = name === 'Yours';
        radio.addEventListener('change', () => setValue(id, value));
        const text = made('span', '');
        text.append(made('strong', name), made('bdi', shown(id, value).slice(0, 2_000), 'mono'));
        label.append(radio, text);
        choices.append(label);
      }
      group.append(made('legend', labelOf(id)), choices);
      return group;
    };

    const merge = async (): Promise<void> => {
      const { isOk, answer: current, tag: newTag } = await send('GET', path);
      const panel = byId('conflict');
      if (!isOk || !panel) return report('Someone else has removed this in the meantime.', true);
      const choices: HTMLElement[] = [];
      for (const [id, mine] of valuesOf()) {
        const [base, theirs] = [memberOf(before, id), memberOf(current, id)];
        if (same(base, theirs) || same(mine, theirs)) continue;
        if (same(mine, base)) setValue(id, theirs);
        else choices.push(choice(id, mine, theirs));
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
      for (const [id, value] of valuesOf())
        if (!tag || !same(value, memberOf(before, id))) place(patch, id, value);
      if (Object.keys(patch).length === 0) return report('Nothing was changed.');
      options.complete?.(patch, before);
      const { status, isOk, answer, tag: newTag } = await send(tag ? 'PATCH' : 'POST', path, patch, tag);
      if (status === 412) return merge();
      if (!isOk) {
        const ids = [String(answer.field ?? '')];
        while (ids[0]?.includes('.')) ids.unshift(ids[0].replace(/\.[^.]*$/, ''));
        const at = options.controlOf?.(ids.at(-1) ?? '') ?? ids.reverse().find((id) => byId(id)) ?? 'submit';
        const text =
          answer.problem && at !== 'submit'
            ? sentence(`${labelOf(at)} ${answer.problem}`)
            : problemText(answer);
        return showProblems(form, [{ at, text }]);
      }
      tag = newTag;
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
  };

  const isPrivateKey = (text: string): boolean =>
    /PRIVATE KEY/.test(text) || /"(d|k|p|q|dp|dq|qi)"\s*:/.test(text);
  const privateKeyText =
    'This is a private key. It was not sent. Give its public half, and make a new pair if others could have seen it.';

  return {
    ...{ byId, made, madeButton, isolated, sentence, report, reportSilence, send, problemText, warningsOf },
    ...{ showProblems, isPrivateKey, privateKeyText, edit, memberOf, place },
  };
}

export type FormTools = ReturnType<typeof formTools>;
