import { type Html, html } from '@alongside/kernel/html';
import { counted } from '@alongside/kernel/operator';
import { cut } from '../../../journeys/text.ts';
import { tagOf } from '../../model/revisions.ts';

interface Control {
  id: string;
  method: 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Below the path of the API. */
  path: string;
  body?: object;
  /** Message after success. */
  done: string;
  label: string;
  /** Rest of the label for screen readers. */
  about?: string;
  /** Question before the call. */
  confirm?: string;
  /** The page that is opened after success. */
  next?: string;
  /** `secondary` by default. */
  tone?: 'primary' | 'secondary' | 'danger';
}

export const callButton = ({
  id,
  method,
  path,
  body,
  done,
  label,
  about,
  confirm,
  next,
  tone = 'secondary',
}: Control): Html => html`<button type="button" id="${id}" class="small ${tone} needs-script" data-method="${method}"
 data-path="${path}" data-done="${done}"${body && html` data-body="${JSON.stringify(body)}"`}${confirm && html` data-confirm="${confirm}"`}${
   next && html` data-next="${next}"`
 }>${label}${about ? html`<span class="visually-hidden"> ${about}</span>` : undefined}</button>`;

interface CallForm extends Pick<Control, 'id' | 'method' | 'path' | 'done' | 'next' | 'confirm'> {
  fields: Html;
  submit: string;
  /** More buttons. */
  actions?: Html;
  /** `danger` for what cannot be undone. */
  tone?: 'danger';
}

/**
 * A form that the script sends to the API as JSON: a name with dots is a path, `data-type` (`number`, `boolean`, `json`, `lines`) converts
 * a value, and an empty field is left out unless it has `data-empty`. An error stays at its field, with everything that was typed.
 */
export const callForm = ({
  id,
  method,
  path,
  done,
  next,
  confirm,
  fields,
  submit,
  actions,
  tone,
}: CallForm): Html => html`
<form method="dialog" id="${id}" class="call" data-method="${method}" data-path="${path}" data-done="${done}"${next && html` data-next="${next}"`}${confirm && html` data-confirm="${confirm}"`} novalidate>
<div class="error-summary" role="alert" tabindex="-1" hidden></div>
${fields}
<div class="actions"><button type="submit" class="needs-script${tone ? ` ${tone}` : ''}">${submit}</button>${actions}</div>
</form>`;

interface EditForm extends Pick<CallForm, 'path' | 'fields'> {
  id: string;
  revision: number;
  /** The value as it is stored, with at least the members of the fields. */
  before: object;
  /** More buttons. */
  actions?: Html;
}

/** A form for a stored value, which keeps what someone else changes at the same time; see `edit` of the form tools. */
export const editForm = ({ id, path, revision, before, fields, actions }: EditForm): Html => html`
<form method="dialog" id="${id}" novalidate data-path="${path}" data-tag="${tagOf(revision)}" data-before="${JSON.stringify(before)}">
<div class="error-summary" id="problems" role="alert" tabindex="-1" hidden></div>
<div id="conflict" class="warning" role="alert" tabindex="-1" hidden></div>
${fields}
<div class="actions"><button type="submit" id="submit" class="needs-script">Save</button>${actions}</div></form>`;

interface FormField {
  name: string;
  /** Of the control; its name by default. */
  id?: string;
  label: string;
  hint?: Html | string | undefined;
  error?: string | undefined;
}

/** The attributes by which a control belongs to its field. */
const ownedBy = ({ name, id = name }: Pick<FormField, 'name' | 'id'>): Html =>
  html`id="${id}" name="${name}" aria-describedby="${describedBy(id)}"`;

/** The value of `aria-describedby` for the control of a field. */
export const describedBy = (id: string): string => `${id}-hint ${id}-error`;

/** A label, a hint and a place for the error of one control. */
const field = ({
  name,
  id = name,
  label,
  hint,
  error,
  control,
}: FormField & { control: Html }): Html => html`<div class="field">
<label for="${id}">${label}</label>
<p class="hint" id="${id}-hint">${hint}</p>
${control}
<p class="error-message" id="${id}-error"${error ? undefined : html` hidden`}>${error}</p>
</div>`;

interface TextField extends FormField {
  value?: string | undefined;
  type?: 'text' | 'search' | 'url' | 'email' | 'password' | 'datetime-local' | 'number';
  required?: boolean;
  maxlength?: number;
  /** More attributes, such as how the script reads the value. */
  attributes?: Html;
}

export const textField = (text: TextField): Html => {
  const { value = '', type = 'text', required, maxlength = 2_000, attributes } = text;
  return field({
    ...text,
    control: html`<input type="${type}" ${ownedBy(text)} value="${value}" maxlength="${maxlength}"
 autocomplete="off" spellcheck="false"${required ? html` required` : undefined} ${attributes}>`,
  });
};

interface AreaField extends FormField, Pick<TextField, 'value' | 'maxlength' | 'attributes'> {
  rows: number;
}

/** A field for a longer text. */
export const areaField = (area: AreaField): Html =>
  field({
    ...area,
    control: html`<textarea ${ownedBy(area)} rows="${area.rows}"${area.maxlength ? html` maxlength="${area.maxlength}"` : undefined} spellcheck="false" autocomplete="off" ${area.attributes}>${area.value}</textarea>`,
  });

/** A field for a list, one entry a line. */
export const linesField = ({
  values = [],
  ...area
}: Omit<AreaField, 'value' | 'rows'> & { values?: readonly string[]; rows?: number }): Html =>
  areaField({
    rows: Math.min(12, values.length + 2),
    attributes: html`data-type="lines"`,
    ...area,
    value: values.join('\n'),
  });

/** Values with their labels, or values that are their labels. */
type Options = readonly (string | readonly [value: string, label: string])[];

const optionsOf = (options: Options, chosen: string | undefined): Html[] =>
  options
    .map((option) => (typeof option === 'string' ? ([option, option] as const) : option))
    .map(
      ([value, label]) =>
        html`<option value="${value}"${value === chosen ? html` selected` : undefined}>${label}</option>`,
    );

interface SelectField extends FormField {
  options: Options;
  value?: string | undefined;
}

/** A field with a list of choices. */
export const selectField = (select: SelectField): Html =>
  field({
    ...select,
    control: html`<select ${ownedBy(select)}>${optionsOf(select.options, select.value)}</select>`,
  });

export interface Filter extends Pick<TextField, 'name' | 'id' | 'maxlength'> {
  /** A filter without a label comes from a link: it is hidden, and kept. */
  label?: string;
  type?: 'search' | 'text' | 'date';
  /** The choices besides any. */
  options?: Options;
  /** Likely texts. */
  suggestions?: Options;
}

/** The filters of a list, with their values in the query. A choice applies at once, a text with the button. */
export function filterForm(
  path: string,
  query: URLSearchParams,
  filters: readonly Filter[],
  submit = 'Search',
): Html {
  const control = ({ name, id = name, label, type = 'search', maxlength = 200, ...more }: Filter) => {
    const value = (query.get(name) ?? '').trim().slice(0, maxlength);
    if (label === undefined)
      return value === '' ? undefined : html`<input type="hidden" name="${name}" value="${value}">`;
    const { options, suggestions } = more;
    const list = suggestions ? `${id}-list` : undefined;
    return html`<div><label for="${id}">${label}</label>${
      options
        ? html`<select id="${id}" name="${name}">${optionsOf([['', 'any'], ...options], value)}</select>`
        : html`<input type="${type}" id="${id}" name="${name}" value="${value}" maxlength="${maxlength}" autocomplete="off" spellcheck="false"${list ? html` list="${list}"` : undefined}>`
    }${list ? html`<datalist id="${list}">${optionsOf(suggestions ?? [], undefined)}</datalist>` : undefined}</div>`;
  };
  return html`<form class="filters" data-filter action="${path}">${filters.map(control)}
<button type="submit" class="secondary">${submit}</button></form>`;
}

/** A value with a button that copies it. */
export const copied = (value: string, about: string): Html => html`<span class="copied"><code>${value}</code>
<button type="button" class="small secondary needs-script" data-copy="${value}">Copy<span class="visually-hidden"> ${about}</span></button></span>`;

/** A block of text with a button that copies it. */
export const copiedBlock = (value: string, about: string): Html => html`<div class="block">
<button type="button" class="small secondary needs-script" data-copy="${value}">Copy<span class="visually-hidden"> ${about}</span></button>
<pre tabindex="0">${value}</pre></div>`;

const outcomes = {
  succeeded: { mark: '✓', tone: 'good' },
  ok: { mark: '✓', tone: 'good' },
  on: { mark: '●', tone: 'good' },
  refused: { mark: '✕', tone: 'bad' },
  failed: { mark: '!', tone: 'bad' },
  lost: { mark: '!', tone: 'bad' },
  waiting: { mark: '◌', tone: 'warn' },
  abandoned: { mark: '–', tone: 'plain' },
} as const;

/** An outcome as a mark and a word, so that its colour says nothing alone. */
export function outcomeTag(outcome: keyof typeof outcomes): Html {
  const { mark, tone } = outcomes[outcome];
  return html`<span class="tag ${tone}"><span aria-hidden="true">${mark}</span> ${outcome}</span>`;
}

export const tag = (text: string, tone: 'good' | 'bad' | 'warn' | 'plain' = 'plain'): Html =>
  html`<span class="tag ${tone}">${text}</span>`;

/** Text from outside: cut, and isolated so that its writing direction changes nothing around it. */
export const foreign = (text: string, longest?: number): Html => html`<bdi>${cut(text, longest)}</bdi>`;

/** A term of a summary and its value; nothing without a value. */
export const summaryRow = (term: string, value: Html | string | null | undefined): Html | undefined =>
  value === undefined || value === null || value === '' ? undefined : html`<dt>${term}</dt><dd>${value}</dd>`;

/** Returns parts with a separator between them. */
export const joined = (parts: readonly (Html | string)[], separator = ', '): Html =>
  html`${parts.flatMap((part, index) => (index > 0 ? [separator, part] : [part]))}`;

const second = 1_000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;

/** Returns a duration in words, such as `2 minutes`. */
export function inWords(milliseconds: number): string {
  const size = Math.abs(milliseconds);
  if (size < minute) return counted(Math.round(size / second), 'second');
  if (size < hour) return counted(Math.round(size / minute), 'minute');
  if (size < 2 * day) return counted(Math.round(size / hour), 'hour');
  if (size < 1_000 * day) return counted(Math.round(size / day), 'day');
  return counted(Math.round(size / (365.25 * day)), 'year');
}

/** Returns a time relative to now, such as `2 minutes ago` or `in 3 days`. */
export function relative(iso: string, now: number): string {
  const from = now - Date.parse(iso);
  if (Math.abs(from) < 2 * second) return 'just now';
  return from > 0 ? `${inWords(from)} ago` : `in ${inWords(from)}`;
}

/** A time of day in UTC, or a date too if it is not of the last day, with its distance from now. */
export function when(iso: string, now: number): Html {
  const isToday = Math.abs(now - Date.parse(iso)) < day;
  const shown = `${isToday ? iso.slice(11, 19) : `${iso.slice(0, 10)} ${iso.slice(11, 16)}`} UTC`;
  return html`<time datetime="${iso}" title="${iso}">${shown}</time><br><span class="quiet">${relative(iso, now)}</span>`;
}

/** Returns the address of a page with changed parameters of the query; undefined removes one. */
export function withQuery(
  path: string,
  query: URLSearchParams,
  changed: Readonly<Record<string, string | undefined>>,
): string {
  const next = new URLSearchParams(query);
  for (const [name, value] of Object.entries(changed))
    if (value) next.set(name, value);
    else next.delete(name);
  const text = next.toString();
  return text === '' ? path : `${path}?${text}`;
}

interface Choice {
  label: Html | string;
  href: string;
  isChosen: boolean;
}

/** Links as joined segments, of which one is chosen. */
export const segmented = (about: string, choices: readonly Choice[]): Html =>
  html`<div class="segments" role="group" aria-label="${about}">${choices.map(
    ({ label, href, isChosen }) =>
      html`<a href="${href}"${isChosen ? html` aria-current="true"` : undefined}>${label}</a>`,
  )}</div>`;

export const tabs = (about: string, choices: readonly Choice[]): Html =>
  html`<nav class="tabs" aria-label="${about}"><ul>${choices.map(
    ({ label, href, isChosen }) =>
      html`<li><a href="${href}"${isChosen ? html` aria-current="page"` : undefined}>${label}</a></li>`,
  )}</ul></nav>`;

/** The label of a column, with its kind: `number` aligns right; `hidden` shows the label to screen readers only. */
type Column = string | { readonly label: string; readonly kind: 'number' | 'hidden' };

export const numberColumn = (label: string): Column => ({ label, kind: 'number' });
export const hiddenColumn = (label: string): Column => ({ label, kind: 'hidden' });

interface Row {
  /** The first is the header of the row. */
  cells: readonly (Html | string | number | undefined)[];
  /** Class of the row. */
  tone?: 'bad' | 'warn' | 'chosen' | undefined;
  /** Id of the row, which keeps the focus when it is drawn again. */
  id?: string;
}

/** A table whose rows become blocks on a narrow screen. */
export function table(caption: string, columns: readonly Column[], rows: readonly Row[]): Html {
  const heads = columns.map((column) =>
    typeof column === 'string' ? { label: column, kind: 'text' } : column,
  );
  return html`
<table role="table" class="stacks">
<caption class="visually-hidden">${caption}</caption>
<thead role="rowgroup"><tr role="row">${heads.map(
    ({ label, kind }) =>
      html`<th role="columnheader" scope="col" class="${kind}">${kind === 'hidden' ? html`<span class="visually-hidden">${label}</span>` : label}</th>`,
  )}</tr></thead>
<tbody role="rowgroup">${rows.map(
    ({ cells, tone, id }) =>
      html`<tr role="row" class="${tone ?? ''}"${id ? html` id="${id}"` : undefined}>${cells.map(
        (cell, index) =>
          index === 0
            ? html`<th role="rowheader" scope="row">${cell}</th>`
            : html`<td role="cell" class="${heads[index]?.kind ?? 'text'}" data-label="${heads[index]?.label ?? ''}">${cell}</td>`,
      )}</tr>`,
  )}</tbody>
</table>`;
}

/** What to do where there is nothing to show. */
export const emptyState = (text: Html | string, action?: Html): Html =>
  html`<div class="empty"><p>${text}</p>${action}</div>`;
