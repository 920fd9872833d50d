import { type Html, html } from '@alongside/kernel/html';
import { z } from 'zod';
import { everyRole } from '../../../model/administrators/roles.ts';
import { type ApiCall, apiPath, templateOf } from '../../../service/api/call.ts';
import { bodySchemaOf } from '../../../service/api/openapi.ts';
import { apiCalls } from '../../../service/registry.ts';
import { copiedBlock, emptyState, filterForm, withQuery } from '../../frame/controls.ts';
import { definePage } from '../../frame/page.ts';

const path = '/api-calls';

interface Schema {
  type?: string | string[];
  description?: string;
  enum?: unknown[];
  default?: unknown;
  properties?: Record<string, Schema>;
  required?: string[];
  items?: Schema;
  minimum?: number;
  maximum?: number;
  pattern?: string;
  maxLength?: number;
}

/** Longer texts may have several lines. */
const maxLineLength = 1_000;

const schemaOf = (schema: z.ZodType): Schema =>
  z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as Schema;

const nameOf = ({ method, path }: Pick<ApiCall, 'method' | 'path'>): string =>
  `${method} ${templateOf(path)}`;

/** Returns the first part of a path, which groups the calls. */
const subjectOf = ({ path }: ApiCall): string => /^\/([^/]*)/.exec(path)?.[1] ?? '';

function inputOf(type: string, schema: Schema, isRequired: boolean, attributes: Html): Html {
  const options = type === 'boolean' ? ['true', 'false'] : schema.enum?.map(String);
  if (options)
    return html`<select ${attributes}><option value="">${isRequired ? '' : 'not sent'}</option>${options.map((option) => html`<option>${option}</option>`)}</select>`;
  if (type === 'object' || type === 'array' || (schema.maxLength ?? 0) > maxLineLength)
    return html`<textarea ${attributes} rows="4" spellcheck="false"></textarea>`;
  return html`<input type="text" ${attributes} autocomplete="off" spellcheck="false"${schema.pattern ? html` data-pattern="${schema.pattern}"` : undefined}>`;
}

function control(place: string, name: string, schema: Schema, isRequired: boolean): Html {
  const id = `${place}-${name}`;
  const type = String(schema.type ?? (schema.enum ? 'string' : 'object'));
  const hint = [
    schema.description ?? '',
    schema.default === undefined ? '' : `${JSON.stringify(schema.default)} by default`,
    type === 'object' || type === 'array' ? 'JSON' : '',
  ]
    .filter(Boolean)
    .join('; ');
  const attributes = html`id="${id}" data-place="${place}" data-name="${name}" data-kind="${type}" aria-describedby="${id}-hint"`;
  const input = inputOf(type, schema, isRequired, attributes);
  return html`<div class="field"><label for="${id}">${name}${isRequired ? undefined : html` <span class="quiet">optional</span>`}</label>
<p class="hint" id="${id}-hint">${hint}</p>${input}<p class="error-message" id="${id}-error" hidden></p></div>`;
}

function controls(place: string, schema: Schema): Html[] {
  return Object.entries(schema.properties ?? {}).map(([name, member]) =>
    control(place, name, member, schema.required?.includes(name) ?? false),
  );
}

const part = (title: string, fields: Html[]): Html | undefined =>
  fields.length === 0 ? undefined : html`<fieldset><legend>${title}</legend>${fields}</fieldset>`;

/** The form of a call: path, query and body, the same as curl, and the answer. */
function tryIt(call: ApiCall, origin: string, isProduction: boolean): Html {
  const { method, path, summary, query, answers } = call;
  const bodySchema = bodySchemaOf(call) as Schema | undefined;
  const bodyFields = bodySchema ? controls('body', bodySchema) : [];
  const parameters = [...path.matchAll(/:(\w+)/g)].map(([, name = '']) =>
    control('path', name, { type: 'string' }, true),
  );
  return html`<section class="panel" aria-labelledby="h-call"><h2 id="h-call"><code>${nameOf(call)}</code></h2><p>${summary}</p>
<form method="dialog" id="call" data-call-method="${method}" data-call-path="${apiPath}${path}" data-origin="${origin}" data-sign-in="${isProduction}" novalidate>
${part('Path', parameters)}${part('Query', controls('query', schemaOf(query)))}
${
  bodySchema && bodyFields.length === 0
    ? part('Body', [
        html`<div class="field"><label for="body-whole">JSON</label><p class="hint" id="body-whole-hint"></p><textarea id="body-whole" data-place="whole" data-kind="object" rows="8" spellcheck="false" aria-describedby="body-whole-hint">{}</textarea><p class="error-message" id="body-whole-error" hidden></p></div>`,
      ])
    : part('Body', bodyFields)
}
<div class="actions"><button type="submit" class="needs-script${method === 'DELETE' ? ' danger' : ''}">Send</button></div></form>
<h3>The same as curl</h3>${copiedBlock(`curl${method === 'GET' ? '' : ` -X ${method}`} '${origin}${apiPath}${templateOf(path)}'`, 'the command')}
<div id="answer" role="status" hidden></div>
<h3>Answers</h3><dl class="summary">${Object.entries(answers).map(([status, meaning]) => html`<dt>${status}</dt><dd>${meaning}</dd>`)}</dl>
<p class="quiet">Errors are JSON with <code>error</code>, <code>error_description</code> and, for an invalid member, <code>field</code> and <code>problem</code>.</p></section>`;
}

function list(calls: readonly ApiCall[], query: URLSearchParams, chosen: string | undefined): Html {
  const subjects = [...new Set(calls.map(subjectOf))];
  return html`${subjects.map(
    (subject) =>
      html`<h2>${subject}</h2><ul class="calls">${calls
        .filter((call) => subjectOf(call) === subject)
        .map((call) => {
          const name = nameOf(call);
          return html`<li><a href="${withQuery(path, query, { call: name })}#h-call"${name === chosen ? html` aria-current="true"` : undefined}><code>${name}</code></a> ${call.summary}</li>`;
        })}</ul>`,
  )}`;
}

/** Every call of the API as a form that tries it. */
export const apiPage = definePage({
  path,
  roles: everyRole,
  navigation: { group: 'operate', label: 'API' },
  program: 'pages/api/api',
  async render({ console, query }) {
    const calls = apiCalls(console);
    const q = query.get('q')?.trim().slice(0, 100).toLowerCase() ?? '';
    const matching = calls.filter((call) => `${nameOf(call)} ${call.summary}`.toLowerCase().includes(q));
    const chosen = calls.find((call) => nameOf(call) === query.get('call'));
    return {
      title: 'API',
      lead: html`${calls.length} calls: everything that this console does. <a href="${apiPath}/openapi.json">OpenAPI document</a>`,
      main: html`${chosen ? tryIt(chosen, console.urls.console, !console.development) : undefined}
${filterForm(path, query, [{ name: 'q', label: 'Find a call', maxlength: 100 }], 'Find')}
${matching.length === 0 ? emptyState(html`No call matches. <a href="${path}">Show all ${calls.length}</a>`) : list(matching, query, chosen && nameOf(chosen))}`,
    };
  },
});
