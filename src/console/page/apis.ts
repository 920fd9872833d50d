import { type Html, html } from '@alongside/kernel/html';
import type { ListedApi } from '../../gateway/protocol.ts';
import { callButton, copied } from './controls.ts';
import type { Section } from './section.ts';

const row = (
  { name, basePath, title, backEnd, operations, warnings }: ListedApi,
  origin: string,
): Html => html`<tr role="row">
<th role="rowheader" scope="row"><strong>${name}</strong><br><span class="quiet">${title}</span></th>
<td role="cell">${copied(origin + basePath, `the address of ${name}`)}</td>
<td role="cell">${backEnd}</td>
<td role="cell">${operations === 0 ? undefined : String(operations)}${
  warnings === 0
    ? undefined
    : html` <span class="tag warn">${warnings} ${warnings === 1 ? 'warning' : 'warnings'}</span>`
}</td>
<td role="cell" class="act">${
  backEnd === 'in process'
    ? undefined
    : callButton({
        id: `remove-api-${name}`,
        method: 'DELETE',
        path: `/apis/${name}`,
        done: `${name} is removed.`,
        label: 'Remove',
        about: name,
        confirm: `Remove ${name} and its products?`,
      })
}</td>
</tr>`;

/** The APIs behind the gateway, and a form to add one. */
export const apisSection: Section = {
  id: 'apis',
  title: 'APIs',
  live: true,
  async render({ console: { apis, urls } }) {
    const all = await apis.list();
    return html`
<table role="table" class="stacks">
<caption class="visually-hidden">APIs behind the gateway</caption>
<thead role="rowgroup"><tr role="row"><th role="columnheader" scope="col">API</th><th role="columnheader" scope="col">Address</th>
<th role="columnheader" scope="col">Back end</th><th role="columnheader" scope="col">Operations</th><th role="columnheader" scope="col"><span class="visually-hidden">Change</span></th></tr></thead>
<tbody role="rowgroup">${all.map((api) => row(api, urls.api))}</tbody>
</table>
<details id="add-api"><summary>Add an API</summary>
<form class="needs-script" data-method="POST" data-path="/apis" data-done="The API is added.">
<p><label for="api-text">OpenAPI file (YAML or JSON)</label><br><textarea id="api-text" name="text" rows="8" cols="60" required></textarea></p>
<p><label for="api-base">Base path, if the file names none</label><br><input id="api-base" name="basePath" placeholder="/my-api"></p>
<p><label for="api-upstream">Address of the back end. Leave it empty to answer with the examples of the file.</label><br><input id="api-upstream" name="upstream" type="url" placeholder="http://localhost:9000"></p>
<p><button type="submit">Add the API</button></p>
</form>
<p class="quiet">A definition of several files is added on the command line: <code>alongside api add FILE</code>.</p></details>`;
  },
};
