import { type Html, html } from '@alongside/kernel/html';
import { counted } from '@alongside/kernel/operator';
import type { ListedApi } from '../../../../gateway/protocol.ts';
import {
  areaField,
  callButton,
  callForm,
  copied,
  foreign,
  hiddenColumn,
  numberColumn,
  selectField,
  table,
  tag,
  textField,
} from '../../frame/controls.ts';
import { definePage } from '../../frame/page.ts';

const row = ({ name, address, title, backEnd, operations, open, warnings, notice }: ListedApi) => ({
  id: `api-${name}`,
  cells: [
    html`<strong>${name}</strong><br><span class="quiet">${foreign(title)}</span>`,
    copied(address, `the address of ${name}`),
    backEnd,
    html`${operations === 0 ? undefined : operations}${open === 0 ? undefined : html` ${tag(`${open} open to anyone`, 'warn')}`}${warnings === 0 ? undefined : html` ${tag(counted(warnings, 'warning'), 'warn')}`}${notice === null ? undefined : html`<br>${foreign(notice)}`}`,
    backEnd === 'in process'
      ? undefined
      : callButton({
          id: `remove-api-${name}`,
          method: 'DELETE',
          path: `/apis/${name}`,
          done: `${name} is removed.`,
          label: 'Remove',
          about: name,
          confirm: `Remove ${name} and its products? Applications that have them can call it again once it is added again.`,
        }),
  ],
});

const fields: Html = html`${areaField({
  name: 'text',
  label: 'OpenAPI file (YAML or JSON)',
  hint: html`A definition of several files is added on the command line: <code>alongside api add FILE</code>.`,
  rows: 10,
  attributes: html`data-empty data-whole required`,
})}${textField({ name: 'basePath', label: 'Base path', hint: 'Such as /my-api; needed if the file names none.' })}${textField(
  {
    name: 'upstream',
    label: 'Address of the back end',
    type: 'url',
    hint: 'Leave it empty to answer with the examples of the file.',
  },
)}${selectField({
  name: 'open',
  label: 'Operations for which the file names no access',
  options: [
    ['', 'refuse the file'],
    ['true', 'anyone may call them'],
  ],
})}`;

export const apisPage = definePage({
  path: '/apis',
  roles: [],
  navigation: { group: 'register', label: 'APIs' },
  parts: {
    list: {
      on: ['application'],
      async render({ console: { apis } }) {
        return table(
          'APIs behind the gateway',
          ['API', 'Address', 'Back end', numberColumn('Operations'), hiddenColumn('Change')],
          (await apis.list()).map(row),
        );
      },
    },
  },
  async render({ part }) {
    return {
      title: 'APIs',
      lead: 'What the gateway protects. An application may call those of its products.',
      main: html`${await part('list')}<section class="panel" aria-labelledby="h-add"><h2 id="h-add">Add an API</h2>${callForm(
        {
          id: 'add-api',
          method: 'POST',
          path: '/apis',
          done: 'The API is added. Products of it can be chosen at once.',
          submit: 'Add the API',
          fields,
        },
      )}</section>`,
    };
  },
});
