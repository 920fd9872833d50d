import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import { reasonOf } from '@alongside/kernel/errors';
import type { Log } from '@alongside/kernel/log';
import type { ApiModel, Content, OperationModel, Parameter } from './model.ts';
import type { CheckAnswer, CheckAsked } from './validation-worker.ts';

/** Milliseconds for the first check of an operation, which compiles its schemas, and for each other one. */
const patience = { first: 5_000, next: 250 };

interface Waiting {
  resolve(problem: string | undefined): void;
  timer: NodeJS.Timeout;
}

/** The result for a value that took too long to check. */
const unchecked = 'it could not be checked in time';

/**
 * Checks values against the schemas of definitions in a thread of its own, because patterns of strangers may run for ever. The thread
 * starts at the first check, and a new one replaces it if a check takes too long.
 */
export class Validation {
  readonly #log: Log;
  #worker: Worker | undefined;
  readonly #waiting = new Map<number, Waiting>();
  /** Schemas that the running thread has. */
  readonly #sent = new Set<string>();
  #next = 0;

  constructor(log: Log) {
    this.#log = log;
  }

  async close(): Promise<void> {
    const worker = this.#worker;
    this.#stop();
    await worker?.terminate();
  }

  /** Returns the first problem of a value; undefined if it conforms. */
  check(
    key: string,
    schema: object,
    schemas: ApiModel['schemas'],
    value: unknown,
  ): Promise<string | undefined> {
    const isFirst = !this.#sent.has(key);
    const id = this.#next++;
    const worker = this.#running();
    this.#sent.add(key);
    const asked: CheckAsked = {
      id,
      key,
      value,
      ...(isFirst ? { schema: { ...schema, $defs: schemas } } : {}),
    };
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.#late(key), isFirst ? patience.first : patience.next);
      this.#waiting.set(id, { resolve, timer });
      worker.ref();
      worker.postMessage(asked);
    });
  }

  #running(): Worker {
    if (this.#worker) return this.#worker;
    const program = new URL(`./validation-worker${extname(import.meta.url)}`, import.meta.url);
    const worker = new Worker(program, { resourceLimits: { maxOldGenerationSizeMb: 256 } });
    worker.on('message', ({ id, problem }: CheckAnswer) => {
      const waiting = this.#waiting.get(id);
      this.#waiting.delete(id);
      clearTimeout(waiting?.timer);
      waiting?.resolve(problem);
      if (this.#waiting.size === 0) worker.unref();
    });
    worker.on('error', (error) => {
      this.#log.warn({ reason: reasonOf(error) }, 'the thread that checks against definitions failed');
      if (this.#worker === worker) this.#stop();
    });
    worker.unref();
    this.#worker = worker;
    return worker;
  }

  #late(key: string): void {
    this.#log.warn({ check: key }, 'a check against a definition took too long');
    void this.#worker?.terminate();
    this.#stop();
  }

  /** Ends every open check. */
  #stop(): void {
    this.#worker = undefined;
    this.#sent.clear();
    for (const { resolve, timer } of this.#waiting.values()) {
      clearTimeout(timer);
      resolve(unchecked);
    }
    this.#waiting.clear();
  }
}

/** The content for a media type: its own, else that of JSON of the same kind, else of any type. */
export function contentFor(content: Readonly<Record<string, Content>>, type: string): Content | undefined {
  const plain = (type.split(';', 1)[0] ?? '').trim().toLowerCase();
  const entries = Object.entries(content).map(
    ([name, one]) => [(name.split(';', 1)[0] ?? '').trim(), one] as const,
  );
  const found = entries.find(([name]) => name === plain) ?? entries.find(([name]) => name === '*/*');
  return found?.[1];
}

/** A parameter as a schema sees it: a number or a flag where it expects one. */
function typed(value: string, { schema }: Parameter): unknown {
  const type = schema?.type;
  if ((type === 'integer' || type === 'number') && /^-?\d{1,15}(\.\d{1,15})?$/.test(value))
    return Number(value);
  if (type === 'boolean' && (value === 'true' || value === 'false')) return value === 'true';
  return type === 'array' ? value.split(',') : value;
}

/** Headers that the gateway reads itself, whatever the definition says of them. */
const ofGateway = new Set(['authorization', 'apikey', 'accept', 'content-type', 'nhsd-session-urid']);

export interface CheckedRequest {
  operation: OperationModel;
  params: Readonly<Record<string, string>>;
  query: URLSearchParams;
  header(name: string): string | undefined;
  type: string;
  /** The parsed body; undefined without one, null if it is damaged. */
  body: { value: unknown } | undefined | null;
}

/** Returns the schema of the parameters of an operation as one object, and the values of a request. */
function parametersOf({ operation, params, query, header }: CheckedRequest) {
  const properties: Record<string, object> = {};
  const values: Record<string, unknown> = {};
  const required: string[] = [];
  for (const parameter of operation.parameters) {
    const { in: where, name } = parameter;
    if (where === 'header' && ofGateway.has(name)) continue;
    const value =
      where === 'path' ? params[name] : where === 'query' ? (query.get(name) ?? undefined) : header(name);
    const shown = `${where} parameter ${name}`;
    if (parameter.required) required.push(shown);
    properties[shown] = parameter.schema ?? {};
    if (value !== undefined) values[shown] = typed(value, parameter);
  }
  return { schema: { type: 'object', properties, required }, values };
}

/** Returns the first problem of a request; undefined if it conforms. */
export async function problemOfRequest(
  validation: Validation,
  api: string,
  schemas: ApiModel['schemas'],
  request: CheckedRequest,
): Promise<string | undefined> {
  const { operation, type, body } = request;
  if (operation.parameters.length > 0) {
    const { schema, values } = parametersOf(request);
    const problem = await validation.check(`${api} ${operation.key} parameters`, schema, schemas, values);
    if (problem !== undefined) return problem;
  }
  const wanted = operation.requestBody;
  if (!wanted) return undefined;
  if (body === undefined) return wanted.required ? 'the body is missing' : undefined;
  const content = contentFor(wanted.content, type);
  if (!content) {
    const types = Object.keys(wanted.content);
    return types.length === 0
      ? undefined
      : `the content type ${type || 'is missing,'} is not one of ${types.join(', ')}`.replace(
          'is missing, is',
          'is missing; it is',
        );
  }
  if (body === null) return 'the body is not JSON';
  return (
    content.schema &&
    validation.check(
      `${api} ${operation.key} body ${type.split(';', 1)[0]}`,
      content.schema,
      schemas,
      body.value,
    )
  );
}
