import type { FormTools } from '../../page/form-tools-script.ts';
import type { BrowserScript } from '../../page/page.ts';

/** Saves changed settings, shows both values of a conflict, adds keys, and shows a new secret once. */
function application(tools: FormTools): void {
  const { byId, made, sentence, report, reportSilence, send, problemText, warningsOf, showProblems } = tools;
  type Body = Record<string, unknown>;
  /** Shows a problem at the control of a member, or of the nearest member around it. */
  const showProblem = (form: HTMLElement, member: string, text: string): void => {
    const ids = [member];
    while (ids[0]?.includes('.')) ids.unshift(ids[0].replace(/\.[^.]*$/, ''));
    showProblems(form, [{ at: ids.reverse().find((each) => byId(each)) ?? 'submit', text }]);
  };

  /** Returns a member of a registration: `cis2.pkce`. */
  const memberOf = (value: Body, path: string): unknown =>
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
    JSON.stringify(Array.isArray(value) ? [...value].sort() : (value ?? null));
  const same = (one: unknown, other: unknown): boolean => comparable(one) === comparable(other);
  const shown = (value: unknown): string =>
    Array.isArray(value)
      ? value.join('\n') || 'none'
      : value === null || value === ''
        ? 'none'
        : String(value);

  const settings = byId('settings');
  if (settings instanceof HTMLFormElement) {
    const path = `/applications/${encodeURIComponent(settings.dataset.id ?? '')}`;
    let before: Body = JSON.parse(settings.dataset.before ?? '{}');
    let tag = `"${settings.dataset.revision}"`;

    /** Returns the members of the form with their values. */
    const valuesOf = (): Map<string, unknown> => {
      const values = new Map<string, unknown>();
      for (const control of settings.elements) {
        if (control instanceof HTMLFieldSetElement && control.dataset.kind === 'products')
          values.set(
            control.id,
            [...control.querySelectorAll<HTMLInputElement>('input:checked')].map(({ value }) => value),
          );
        if (control instanceof HTMLSelectElement && control.name)
          values.set(control.name, control.value === 'null' ? null : control.value);
        if (control instanceof HTMLTextAreaElement)
          values.set(
            control.name,
            control.value
              .split('\n')
              .map((line) => line.trim())
              .filter(Boolean),
          );
        if (control instanceof HTMLInputElement && control.name && control.type !== 'radio')
          values.set(
            control.name,
            control.dataset.kind === 'nullable' && control.value === '' ? null : control.value.trim(),
          );
      }
      return values;
    };
    const labelOf = (id: string): string =>
      document.querySelector(`label[for="${CSS.escape(id)}"]`)?.textContent ??
      byId(id)?.querySelector('legend')?.textContent ??
      id;
    const setValue = (id: string, value: unknown): void => {
      const control = byId(id);
      if (control instanceof HTMLFieldSetElement)
        for (const box of control.querySelectorAll('input'))
          box.checked = (value as string[]).includes(box.value);
      else if (control instanceof HTMLTextAreaElement) control.value = (value as string[]).join('\n');
      else if (control instanceof HTMLSelectElement) control.value = value === null ? 'null' : String(value);
      else if (control instanceof HTMLInputElement) control.value = value === null ? '' : String(value);
    };

    /** After a change by someone else: takes what only they changed, and lets the user choose where both did. */
    const merge = async (): Promise<void> => {
      const { isOk, answer: theirs, tag: newTag } = await send('GET', path);
      const panel = byId('conflict');
      if (!isOk || !panel) return report('The application was removed in the meantime.', true);
      const both: { id: string; mine: unknown; theirs: unknown }[] = [];
      for (const [id, mine] of valuesOf()) {
        const [base, now] = [memberOf(before, id), memberOf(theirs, id)];
        if (same(base, now) || same(mine, now)) continue;
        if (same(mine, base)) setValue(id, now);
        else both.push({ id, mine, theirs: now });
      }
      before = theirs;
      tag = newTag;
      const lead = made(
        'p',
        both.length > 0
          ? 'Someone else has changed the same settings since you opened this page. Choose a value for each, then save.'
          : 'Someone else has changed other settings since you opened this page. They are shown now, with yours. Save again to keep both.',
      );
      const rows = both.map(({ id, mine, theirs: other }) => {
        const group = document.createElement('fieldset');
        group.append(made('legend', labelOf(id)));
        const options = made('div', '', 'options');
        for (const [name, value] of [
          ['Yours', mine],
          ['Theirs', other],
        ] as const) {
          const label = made('label', '', 'option');
          const radio = Object.assign(document.createElement('input'), {
            type: 'radio',
            name: `choose ${id}`,
            checked: name === 'Yours',
          });
          radio.dataset.conflict = name;
          radio.addEventListener('change', () => setValue(id, value));
          const text = made('span', '');
          const isolated = made('bdi', shown(value).slice(0, 2_000), 'mono');
          text.append(made('strong', name), isolated);
          label.append(radio, text);
          options.append(label);
        }
        group.append(options);
        return group;
      });
      panel.replaceChildren(lead, ...rows);
      panel.hidden = false;
      panel.focus();
    };

    const save = async (): Promise<void> => {
      showProblems(settings, []);
      const patch: Body = {};
      for (const [id, value] of valuesOf()) if (!same(value, memberOf(before, id))) place(patch, id, value);
      // A key set address replaces registered keys.
      for (const half of ['platform', 'cis2'])
        if (memberOf(patch, `${half}.jwksUrl`)) place(patch, `${half}.jwks`, null);
      if (Object.keys(patch).length === 0) return report('Nothing was changed.');
      const { status, isOk, answer, tag: newTag } = await send('PATCH', path, patch, tag);
      if (status === 412) return merge();
      if (!isOk) return showProblem(settings, String(answer.field ?? 'name'), problemText(answer));
      tag = newTag;
      before = answer;
      const panel = byId('conflict');
      if (panel) panel.hidden = true;
      const warnings = warningsOf(answer).map(({ message }) => message);
      const secrets = ['platform', 'cis2'].flatMap((half) => memberOf(answer, `${half}.clientSecret`) ?? []);
      const note = secrets.length > 0 ? ` A new secret, shown this once: ${secrets.join(' ')}` : '';
      report(['Saved.', ...warnings].join(' ') + note);
      byId('submit')?.focus();
    };
    settings.addEventListener('submit', (event) => {
      event.preventDefault();
      save().catch(reportSilence);
    });
  }

  document.addEventListener('alongside:done', (event) => {
    const place = byId('new-secret');
    const answer = (event as CustomEvent<Body>).detail;
    if (!place || !answer.clientSecret) return;
    const text = `CLIENT_ID=${answer.clientId}\nCLIENT_SECRET=${answer.clientSecret}\n`;
    const block = made('div', '', 'block');
    const copy = tools.madeButton('Copy', () => undefined);
    copy.dataset.copy = text;
    const pre = made('pre', text);
    pre.tabIndex = 0;
    block.append(copy, pre);
    place.replaceChildren(made('p', 'The new secret is shown this once. Copy it now.', 'note'), block);
  });

  const addKey = byId('add-key');
  if (addKey instanceof HTMLFormElement) {
    const add = async (): Promise<void> => {
      showProblems(addKey, []);
      const data = new FormData(addKey);
      const text = String(data.get('key') ?? '').trim();
      const kid = String(data.get('kid') ?? '').trim();
      if (text === '') return showProblem(addKey, 'key', 'Paste a public key.');
      if (tools.isPrivateKey(text)) return showProblem(addKey, 'key', tools.privateKeyText);
      const checked = await send('POST', '/keys/check', { text });
      if (!checked.isOk) return showProblem(addKey, 'key', problemText(checked.answer));
      const { keys } = checked.answer.jwks as { keys: Body[] };
      for (const key of keys) {
        const jwk = key.kid || !kid ? key : { ...key, kid };
        const { isOk, answer } = await send(
          'POST',
          `/applications/${encodeURIComponent(addKey.dataset.id ?? '')}/keys`,
          {
            half: data.get('half'),
            jwk,
          },
        );
        if (isOk) {
          const warnings = warningsOf(answer).map(({ message }) => message);
          report([`Added the key ${answer.kid}.`, ...warnings].join(' '));
          continue;
        }
        const field = String(answer.field ?? 'key');
        const text = String(answer.problem ?? answer.error_description);
        return showProblem(
          addKey,
          field === 'jwk.kid' ? (key.kid ? 'key' : 'kid') : 'key',
          field === 'jwk.kid'
            ? `The key id ${String(jwk.kid ?? '')} ${text}.`.replace('  ', ' ')
            : sentence(text),
        );
      }
      addKey.reset();
    };
    addKey.addEventListener('submit', (event) => {
      event.preventDefault();
      add().catch(reportSilence);
    });
  }
}

export const applicationScript: BrowserScript = { name: 'application', run: application };
