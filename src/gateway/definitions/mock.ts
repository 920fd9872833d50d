import { isDeepStrictEqual } from 'node:util';
import { Answer, type Headers } from '@alongside/kernel/answer';
import { isObject } from '@alongside/kernel/json';
import { parseParameters } from '../../oauth/parameters.ts';
import { errors } from '../errors/catalogue.ts';
import type { HeaderMap } from '../headers.ts';
import type { Content, NamedExample, OperationModel } from './model.ts';
import type { RecordedExample } from './store.ts';

export interface MockRequest {
  operation: OperationModel;
  /** Decoded parts of the path. */
  params: Readonly<Record<string, string>>;
  query: string;
  headers: HeaderMap;
  prefer: string | undefined;
  /** The parsed body; undefined without one or if it is not JSON. */
  body: unknown;
}

/** Reads the members of `Prefer` that choose a response, in Prism's terms: `code=404, example=name`. */
function preferenceOf(header = ''): { code?: string | undefined; example?: string | undefined } {
  const members = new Map(
    header
      .slice(0, 500)
      .split(/[,;]/)
      .map(
        (member) => member.split('=', 2).map((part) => part.trim().replace(/^"|"$/g, '')) as [string, string],
      ),
  );
  return { code: members.get('code'), example: members.get('example') };
}

type Response = OperationModel['responses'][number];

const statusOf = ({ status }: Response): number => {
  if (/^\d{3}$/.test(status)) return Number(status);
  return /^[1-5]XX$/.test(status) ? Number(status[0]) * 100 : 500;
};

/** Returns the response for a status: its own, else that of its class, else the default. */
const responseFor = (responses: readonly Response[], code: string): Response | undefined =>
  responses.find(({ status }) => status === code) ??
  responses.find(({ status }) => status === `${code[0]}XX`) ??
  responses.find(({ status }) => status === 'DEFAULT');

/** The published order of preference is that of the file. `*` and a missing header take the first. */
function typeFor(content: Readonly<Record<string, Content>>, accept = ''): string | undefined {
  const types = Object.keys(content);
  const wanted = accept
    .slice(0, 500)
    .split(',')
    .map((part) => (part.split(';', 1)[0] ?? '').trim().toLowerCase());
  return (
    wanted.flatMap((type) => types.find((one) => (one.split(';', 1)[0] ?? '').trim() === type) ?? [])[0] ??
    types[0]
  );
}

/** Values of a request that may name an example, as a whole and after the system of a token such as `system|value`. */
function valuesOf({ params, query }: MockRequest): Set<string> {
  const values = Object.values(params);
  const parameters = parseParameters(query);
  for (const [name] of new URLSearchParams(query)) values.push(...(parameters?.all(name) ?? []));
  return new Set(values.flatMap((value) => [value, value.slice(value.lastIndexOf('|') + 1)]).filter(Boolean));
}

/** Texts by which a resource is known. */
function idsOf(value: unknown): string[] {
  if (!isObject(value)) return [];
  const { id, identifier } = value;
  const list = Array.isArray(identifier) ? identifier : [identifier];
  return [id, ...list.map((entry) => (isObject(entry) ? entry.value : undefined))].filter(
    (text) => typeof text === 'string',
  );
}

/** Chooses among examples: by a value of the request, by the request example of the same name, else the first. */
function chosen(request: MockRequest, examples: readonly NamedExample[]): NamedExample | undefined {
  const values = valuesOf(request);
  const byValue = examples.find(
    ({ name, value }) => values.has(name) || idsOf(value).some((id) => values.has(id)),
  );
  if (byValue) return byValue;
  const sent = Object.values(request.operation.requestBody?.content ?? {})
    .flatMap((content) => content.examples)
    .find(({ value }) => request.body !== undefined && isDeepStrictEqual(value, request.body));
  return examples.find(({ name }) => name === sent?.name) ?? examples[0];
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));

/** A recorded response answers the same path and query. */
const recordedFor = (
  request: MockRequest,
  recorded: readonly RecordedExample[],
): RecordedExample | undefined => {
  const sent = { ...request.params, ...Object.fromEntries(new URLSearchParams(request.query)) };
  return recorded.find(({ values }) => isDeepStrictEqual(values, sent));
};

/** Answers with the examples of a definition. It keeps no state. */
export function mockAnswer(request: MockRequest, recorded: readonly RecordedExample[] = []): Answer {
  const { operation, headers } = request;
  const { code, example: named } = preferenceOf(request.prefer);
  const mirrored: Headers = { 'cache-control': 'no-store' };
  for (const name of ['x-request-id', 'x-correlation-id']) {
    const value = headers.get(name);
    if (value !== undefined) mirrored[name] = value;
  }
  const none = () => errors.noExample(`no example of ${operation.key}`, { operation: operation.key });
  if (code === undefined && named === undefined) {
    const known = recordedFor(request, recorded);
    if (known)
      return new Answer(
        known.status,
        { ...mirrored, 'content-type': known.contentType },
        textOf(known.value),
      );
  }
  const success = operation.responses.find(({ status }) => status.startsWith('2')) ?? operation.responses[0];
  const byName =
    code === undefined && named !== undefined
      ? operation.responses.find(({ content }) =>
          Object.values(content).some((one) => one.examples.some(({ name }) => name === named)),
        )
      : undefined;
  const response = code === undefined ? (byName ?? success) : responseFor(operation.responses, code);
  if (!response) throw none();
  const status = code !== undefined && /^[2-5]\d\d$/.test(code) ? Number(code) : statusOf(response);
  const type = typeFor(response.content, headers.get('accept'));
  const content = type === undefined ? undefined : response.content[type];
  if (type === undefined || !content) return new Answer(status, mirrored);
  const example =
    named === undefined
      ? chosen(request, content.examples)
      : content.examples.find(({ name }) => name === named);
  if (!example) throw none();
  return new Answer(status, { ...mirrored, 'content-type': type }, textOf(example.value));
}
