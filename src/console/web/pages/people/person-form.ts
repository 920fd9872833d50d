import { type Html, html } from '@alongside/kernel/html';
import type { Person } from '../../../../cis/protocol.ts';
import { describedBy, selectField, textField } from '../../frame/controls.ts';

const levels = [
  ['3', '3: proven (for AAL3)'],
  ['2', '2'],
  ['1', '1'],
  ['0', '0: not proven'],
] as const;

const finder = (
  name: string,
  label: string,
  hint: string,
): Html => html`<div class="field"><label for="${name}">${label}</label>
<p class="hint" id="${name}-hint">${hint}</p>
<input type="text" id="${name}" data-find="${name}" maxlength="100" spellcheck="false" autocomplete="off" role="combobox" aria-expanded="false" aria-controls="${name}-found" aria-describedby="${describedBy(name)}">
<p class="error-message" id="${name}-error" hidden></p>
<ul class="found" id="${name}-found" aria-label="${label}: found"></ul></div>`;

/** The form of a person: names of roles and organisations are searched, codes are never typed, except that of a new organisation. */
export function personForm(person: Person | undefined, draft: { name: string; tag: string }): Html {
  const [given, ...family] = draft.name.split(' ').filter(Boolean);
  const first = family.length > 0 ? (given ?? '') : '';
  const last = family.length > 0 ? family.join(' ') : (given ?? '');
  return html`<form method="dialog" id="person" class="panel" novalidate data-path="${person ? `/people/${person.uid}` : '/people'}" data-tag="${draft.tag}" data-before="${JSON.stringify(person ?? {})}">
<div class="error-summary" id="problems" role="alert" tabindex="-1" hidden></div>
<div id="conflict" class="warning" role="alert" tabindex="-1" hidden></div>
<div class="pair">
${textField({ name: 'title', label: 'Title', value: person?.title, maxlength: 35 })}
${textField({ name: 'givenName', label: 'Given name', value: person?.givenName ?? first, required: true, maxlength: 100 })}
${textField({ name: 'familyName', label: 'Family name', value: person?.familyName ?? last, required: true, maxlength: 100 })}
${textField({ name: 'email', label: 'E-mail address', type: 'email', value: person?.email, maxlength: 254, hint: 'For codes that unlock a card.' })}
${selectField({ name: 'idAssuranceLevel', label: 'Identity assurance level', options: levels, value: person?.idAssuranceLevel ?? '3' })}</div>
<fieldset class="field" id="roles" tabindex="-1" aria-describedby="roles-error"><legend>Roles</legend>
<p class="error-message" id="roles-error" hidden></p><div id="role-list"></div>
<div class="pair">${finder('job', 'Role', 'Type a part of its name, such as nurse.')}${finder('at', 'Organisation', 'Type a part of its name.')}</div>
<details id="other-organisation" data-apart><summary>The organisation is not here yet</summary><div class="pair">
${textField({ name: 'newName', label: 'Its name', maxlength: 100 })}${textField({ name: 'newCode', label: 'Its ODS code', maxlength: 12, hint: '3 to 12 capital letters and digits.' })}</div></details>
<button type="button" id="add-role" class="secondary needs-script">Add this role</button></fieldset>
${person ? html`<label class="option" for="disabled"><input type="checkbox" id="disabled" name="disabled"${person.disabled ? html` checked` : undefined}><span><strong>Disabled</strong><small>Cannot sign in. Sessions end at once.</small></span></label><br>` : undefined}
<div class="actions"><button type="submit" id="submit" class="needs-script">${person ? 'Save' : 'Add'}</button><a class="button secondary" href="${person ? `/people/${person.uid}` : '/people'}">Cancel</a></div></form>`;
}
