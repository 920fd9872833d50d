import { z } from 'zod';
import type { StoredApplication } from '../../../oauth/applications.ts';
import { seededSecrets } from '../../../seed/registrations.ts';
import type { ConsoleContext } from '../../model/dependencies.ts';
import { mistakesOf, withMistakes } from './mistakes.ts';
import { type RequestField, type RequestKind, requestField, requestKinds } from './request-kinds.ts';
import { type SentRequest, sentRequest, snippetsOf } from './snippets.ts';

/** A field with the changes that were made to it. */
const previewField = requestField.extend({ isMistake: z.boolean() });
export type PreviewField = z.output<typeof previewField>;

export const preview = z.strictObject({
  kind: z.string(),
  label: z.string(),
  application: z.string(),
  isNavigation: z.boolean().describe('Whether only a browser can send it'),
  fields: z.array(previewField),
  mistakes: z.array(z.strictObject({ id: z.string(), label: z.string(), isChosen: z.boolean() })),
  /** Null without an assertion. */
  assertion: z
    .strictObject({
      header: z.record(z.string(), z.string()),
      claims: z.record(z.string(), z.union([z.string(), z.number()])),
    })
    .nullable()
    .describe('To sign where the key is'),
  request: sentRequest,
  /** With `$NAME` for the values that are filled in when it is sent. */
  message: z.string().describe('The exact message'),
  snippets: z.array(z.strictObject({ language: z.string(), code: z.string() })),
});
export type Preview = z.output<typeof preview>;

interface PreviewOrder {
  readonly kind: RequestKind;
  readonly application: StoredApplication;
  /** By name; instead of the usual ones. An empty optional value is left out. */
  readonly values?: Readonly<Record<string, string>>;
  readonly mistakes?: readonly string[];
}

const numbers: readonly string[] = ['iat', 'exp', 'nbf'];
const claimValue = ({ name, value }: RequestField): string | number =>
  numbers.includes(name) && /^-?\d{1,15}$/.test(value) ? Number(value) : value;

const entries = (fields: readonly RequestField[], place: RequestField['place']): RequestField[] =>
  fields.filter((field) => field.place === place && field.value !== '');

/** Encodes a value and leaves variables readable. */
const encoded = (value: string): string => encodeURIComponent(value).replaceAll(/%24(?=[A-Z])/g, '$');

/** Returns the exact bytes of a request as text. */
function messageOf({ method, url, headers, form }: SentRequest): string {
  const { host, pathname, search } = new URL(url);
  const body = form.map(({ name, value }) => `${encoded(name)}=${encoded(value)}`).join('&');
  const lines = [
    `${method} ${pathname}${search} HTTP/1.1`,
    `Host: ${host}`,
    ...headers.map(({ name, value }) => `${name}: ${value}`),
    ...(form.length > 0 ? ['Content-Type: application/x-www-form-urlencoded'] : []),
  ];
  return [...lines, '', ...(body === '' ? [] : [body])].join('\n');
}

/** Replaces the public secrets of the seed by a variable, so that a copied program never has one. */
const withoutSecrets = (request: SentRequest): SentRequest => ({
  ...request,
  form: request.form.map(({ name, value }) => ({
    name,
    value: name === 'client_secret' && [...seededSecrets.values()].includes(value) ? '$CLIENT_SECRET' : value,
  })),
});

/** Makes a request with its rules, its message and its programs. Sends nothing. */
export function previewOf(console: ConsoleContext, order: PreviewOrder): Preview {
  const { kind, application, values = {}, mistakes = [] } = order;
  const usual = kind.draft({ console, application });
  const given = usual.fields.map((field) => ({
    ...field,
    value: Object.hasOwn(values, field.name) ? (values[field.name] ?? '') : field.value,
  }));
  const url = values.url ?? usual.url;
  const { draft, changed } = withMistakes({ ...usual, url, fields: given }, mistakes);
  const { fields } = draft;
  const address = entries(fields, 'query').map(({ name, value }) => `${encoded(name)}=${encoded(value)}`);
  const plain = (field: RequestField) => ({ name: field.name, value: field.value });
  const request: SentRequest = {
    method: draft.method,
    url: draft.url + (address.length > 0 ? `?${address.join('&')}` : ''),
    headers: entries(fields, 'header').map(plain),
    form: entries(fields, 'form').map(plain),
  };
  const header = entries(fields, 'assertion header');
  return {
    kind: kind.id,
    label: kind.label,
    application: application.id,
    isNavigation: kind.isNavigation ?? false,
    fields: fields.map((field) => ({ ...field, isMistake: changed.has(field.name) })),
    mistakes: mistakesOf(usual).map(({ id, label }) => ({ id, label, isChosen: mistakes.includes(id) })),
    assertion:
      header.length === 0
        ? null
        : {
            header: Object.fromEntries(header.map(({ name, value }) => [name, value])),
            claims: Object.fromEntries(
              entries(fields, 'assertion claim').map((field) => [field.name, claimValue(field)]),
            ),
          },
    request,
    message: messageOf(request),
    snippets: snippetsOf(withoutSecrets(request)),
  };
}

export const findKind = (id: string | null | undefined): RequestKind =>
  requestKinds.find((kind) => kind.id === id) ?? (requestKinds[0] as RequestKind);

/** Returns the applications that can send a request of this kind. */
export const suited = (kind: RequestKind, applications: readonly StoredApplication[]): StoredApplication[] =>
  applications.filter((application) => application[kind.half] !== null);
