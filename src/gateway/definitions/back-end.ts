import { setTimeout as sleep } from 'node:timers/promises';
import { type Answer, StreamAnswer } from '@alongside/kernel/answer';
import { Refusal } from '@alongside/kernel/errors';
import { readBody } from '@alongside/kernel/incoming';
import type { Log } from '@alongside/kernel/log';
import { sha256 } from '@alongside/kernel/secrets';
import type { BackEnd, BackEndRequest } from '../api.ts';
import { errors } from '../errors/catalogue.ts';
import { contentFor, isReadAsJson, problemOfRequest } from './conformance.ts';
import { type ExactJson, exactJson } from './exact-json.ts';
import { mockAnswer } from './mock.ts';
import type { FoundOperation, OperationFinder } from './operation-finder.ts';
import type { ApiDefinitions, RecordedExample, StoredApi } from './store.ts';
import { isJson, Upstream, type UpstreamParts } from './upstream.ts';
import type { Validation } from './validation.ts';

interface BackEndParts {
  find: OperationFinder;
  definitions: ApiDefinitions;
  validation: Validation;
  log: Log;
  development: boolean;
  upstream: Omit<UpstreamParts, 'name' | 'settings' | 'security' | 'url' | 'responseHeaders'>;
}

/** A back end that may keep connections open. */
export interface OpenBackEnd {
  backEnd: BackEnd;
  close(): void;
}

/** A body that was read, with its value if it is JSON that every program reads in the same way. */
interface ReadBody {
  bytes: Buffer;
  json: ExactJson;
}

async function bodyOf({ incoming }: BackEndRequest, limit: number): Promise<ReadBody | undefined> {
  if (!incoming?.body) return undefined;
  const bytes = await readBody(incoming.body, limit);
  if (bytes instanceof Refusal) throw bytes;
  return { bytes, json: exactJson(bytes) };
}

/** Carries out the first fault that concerns a call: a delay, a broken connection, or a status. */
async function faultsOf({ settings }: StoredApi, request: BackEndRequest, key: string, turns: number[]) {
  const { application, messageId, incoming } = request;
  for (const [at, fault] of settings.faults.entries()) {
    const isMeant = (fault.operation ?? key) === key && (fault.application ?? application) === application;
    if (!isMeant) continue;
    turns[at] = (turns[at] ?? 0) + 1;
    if (fault.every !== undefined && (turns[at] ?? 0) % fault.every !== 0) continue;
    if (fault.delay) await sleep(fault.delay, undefined, incoming ? { signal: incoming.gone } : {});
    if (fault.drop) return { answer: broken() };
    const more: Record<string, number> =
      fault.retryAfter === undefined ? {} : { retryAfter: fault.retryAfter };
    if (fault.status !== undefined && fault.example === undefined)
      throw errors.injectedFault(`a fault of x-alongside.faults: ${fault.status}`, {
        status: fault.status,
        messageId,
        ...more,
      });
    if (fault.example !== undefined)
      return {
        prefer: `${fault.status === undefined ? '' : `code=${fault.status}, `}example=${fault.example}`,
      };
  }
  return {};
}

/** A response that ends after its headers. */
const broken = () =>
  new StreamAnswer(200, { 'content-type': 'application/octet-stream' }, async function* breaksOff() {
    yield Buffer.alloc(0);
    throw new Error('a fault of x-alongside.faults breaks the connection off');
  });

/** Returns the problem of a response, which never changes it. */
async function problemOfAnswer(
  { name, version, model }: StoredApi,
  { operation }: FoundOperation,
  answer: Answer,
  validation: Validation,
) {
  const type = String(answer.headers['content-type'] ?? '');
  if (answer instanceof StreamAnswer || !isJson(type) || answer.headers['content-encoding'] !== undefined)
    return undefined;
  const { status } = answer;
  const { responses } = operation;
  const response =
    responses.find((one) => one.status === String(status)) ??
    responses.find((one) => one.status === `${Math.floor(status / 100)}XX`) ??
    responses.find((one) => one.status === 'DEFAULT');
  if (!response) return `the status ${status} is not in the definition`;
  const content = contentFor(response.content, type);
  if (!content?.schema) return undefined;
  const parsed = exactJson(Buffer.from(answer.body as Uint8Array));
  if ('problem' in parsed) return parsed.problem;
  return validation.check(
    `${name}@${version} ${operation.key} ${response.status} ${content.name}`,
    content.schema,
    model.schemas,
    parsed.value,
  );
}

/** Stores a response as an example for its path and query. Does not store the request's headers and body. */
async function keep(
  { name }: StoredApi,
  { operation, params }: FoundOperation,
  { query }: BackEndRequest,
  answer: Answer,
  definitions: ApiDefinitions,
) {
  const contentType = String(answer.headers['content-type'] ?? '');
  if (answer instanceof StreamAnswer || answer.status >= 500 || !isJson(contentType)) return;
  const parsed = exactJson(Buffer.from(answer.body as Uint8Array));
  if ('problem' in parsed) return;
  const values = { ...params, ...Object.fromEntries(new URLSearchParams(query)) };
  const example: RecordedExample = { status: answer.status, contentType, values, value: parsed.value };
  const id = sha256(JSON.stringify([operation.key, values])).slice(0, 16);
  await definitions.database.run(definitions.exampleStatement(name, operation.key, id, example));
}

/** Returns the response headers that the definition describes. One that was stored by an earlier version has none. */
const describedHeaders = ({ operations }: StoredApi['model']): string[] =>
  operations.flatMap(({ responses }) => responses.flatMap(({ headers = [] }) => headers));

function upstreamOf(
  { backEnd, settings, model, name }: StoredApi,
  parts: BackEndParts,
): Upstream | undefined {
  if (backEnd.kind !== 'upstream') return undefined;
  return new Upstream({
    ...parts.upstream,
    name,
    url: backEnd.url ?? '',
    settings,
    security: model.target.security,
    responseHeaders: new Set([...settings.responseHeaders, ...describedHeaders(model)]),
  });
}

/** Returns the recorded responses by operation. */
async function recordedExamples(
  { name }: StoredApi,
  definitions: ApiDefinitions,
): Promise<Map<string, RecordedExample[]>> {
  const recorded = new Map<string, RecordedExample[]>();
  for (const { operation, body } of await definitions.examples(name))
    recorded.set(operation, [...(recorded.get(operation) ?? []), body]);
  return recorded;
}

/** Refuses an invalid request where the definition is enforced, and else returns its problem. */
async function checkRequest(
  { name, version, model, settings }: StoredApi,
  found: FoundOperation,
  request: BackEndRequest,
  body: ReadBody | undefined,
  validation: Validation,
): Promise<string | undefined> {
  const problem = await problemOfRequest(validation, `${name}@${version}`, model.schemas, {
    ...found,
    rawQuery: request.query,
    header: (header) => {
      const value = request.headers.get(header) ?? (header === 'prefer' ? request.prefer : undefined);
      // The gateway sends an empty one where there is no user.
      return value === '' && model.identity.some((identity) => identity.header === header)
        ? undefined
        : value;
    },
    type: request.headers.get('content-type') ?? '',
    hasBody: request.incoming?.body !== undefined,
    body: body?.json,
  });
  if (problem !== undefined && settings.validate === 'enforce')
    throw errors.invalidByDefinition(problem, { problem: problem.slice(0, 300) });
  return problem;
}

/** Adds the problems of a call to its response. */
const withWarning = (answer: Answer, messageId: string, warning: string): Answer =>
  answer.with({
    'x-message-id': messageId,
    'x-definition-warning': warning.replace(/[^\x20-\x7e]/g, '?').slice(0, 500),
  });

/** Creates the back end of a definition: its faults, the checks of requests and responses, and the upstream or the mock. */
export async function openBackEnd(api: StoredApi, parts: BackEndParts): Promise<OpenBackEnd> {
  const { find, definitions, validation, log, development } = parts;
  const { settings, backEnd, name } = api;
  const upstream = upstreamOf(api, parts);
  const recorded = upstream ? new Map() : await recordedExamples(api, definitions);
  const turns: number[] = [];

  return {
    close: () => upstream?.close(),
    async backEnd(request) {
      const found = find(request.method, request.path);
      if (!found)
        throw errors.unsupportedPath('the definition has no such operation', { path: request.path });
      const fault =
        settings.faults.length > 0 ? await faultsOf(api, request, found.operation.key, turns) : {};
      if (fault.answer) return fault.answer;
      const type = request.headers.get('content-type') ?? '';
      const isChecked = settings.validate !== 'off';
      const body =
        !upstream || fault.prefer !== undefined || (isChecked && isReadAsJson(found.operation, type))
          ? await bodyOf(request, settings.bodyLimit)
          : undefined;
      const notes: string[] = [];
      if (isChecked) {
        const problem = await checkRequest(api, found, request, body, validation);
        if (problem !== undefined) notes.push(`request: ${problem}`);
      }
      const answer =
        upstream && fault.prefer === undefined
          ? await upstream.call({
              ...request,
              whole: body?.bytes,
              mayBeHtml: found.operation.responses.some(({ content }) => 'text/html' in content),
            })
          : mockAnswer(
              {
                ...found,
                query: request.query,
                headers: request.headers,
                prefer: fault.prefer ?? request.prefer,
                body: body && 'value' in body.json ? body.json.value : undefined,
              },
              recorded.get(found.operation.key),
            );
      if (isChecked && upstream) {
        const problem = await problemOfAnswer(api, found, answer, validation);
        if (problem !== undefined) notes.push(`response: ${problem}`);
      }
      if (backEnd.record && upstream) await keep(api, found, request, answer, definitions);
      if (notes.length === 0) return answer;
      const warning = notes.join('; ');
      log.warn(
        { id: request.messageId, api: name, operation: found.operation.key, warning },
        'a call does not conform to its definition',
      );
      request.note?.(warning);
      return development ? withWarning(answer, request.messageId, warning) : answer;
    },
  };
}
