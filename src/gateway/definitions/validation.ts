import type { Log } from '@alongside/kernel/log';
import { type Checker, startChecker } from './checker.ts';
import type { ApiModel, ApiRecord, Content, OperationModel, Parameter } from './model.ts';
import type { CheckAsked } from './validation-worker.ts';

/** Milliseconds for the first check of an operation, which compiles its schemas, and for each other one. */
const patience = { first: 5_000, next: 250 };
/** Maximum number of checks that wait. */
const mostWaiting = 1_000;

interface Waiting {
  schema: object;
  asked: CheckAsked;
  resolve(problem: string | undefined): void;
}

/** The result for a value that took too long to check. */
const unchecked = 'it could not be checked in time';

/**
 * Checks values against the schemas of definitions, one after another, outside of this thread, because patterns of strangers may run
 * for ever. A check that takes too long ends the thread; a new one continues with the others.
 */
export class Validation {
  readonly #log: Log;
  #checker: Checker | undefined;
  /** In the order in which they are carried out. */
  readonly #waiting = new Map<number, Waiting>();
  /** Schemas that the running thread has. */
  readonly #sent = new Set<string>();
  /** Schemas against which it has checked a value. */
  readonly #compiled = new Set<string>();
  #timer: NodeJS.Timeout | undefined;
  #next = 0;

  constructor(log: Log) {
    this.#log = log;
  }

  async close(): Promise<void> {
    for (const { resolve } of this.#waiting.values()) resolve(unchecked);
    this.#waiting.clear();
    await this.#end();
  }

  /** Returns the first problem of a value; undefined if it conforms. */
  check(
    key: string,
    schema: object,
    schemas: ApiModel['schemas'],
    value: unknown,
  ): Promise<string | undefined> {
    if (this.#waiting.size >= mostWaiting) return Promise.resolve(unchecked);
    const id = this.#next++;
    return new Promise((resolve) => {
      const waiting = { schema: { ...schema, $defs: schemas }, asked: { id, key, value }, resolve };
      this.#waiting.set(id, waiting);
      this.#send(waiting);
      if (this.#waiting.size === 1) this.#watch();
    });
  }

  #send({ schema, asked }: Waiting): void {
    this.#checker ??= startChecker({
      answered: ({ id, problem }) => this.#answered(id, problem),
      failed: (reason) => this.#failed(reason),
    });
    const isFirst = !this.#sent.has(asked.key);
    this.#sent.add(asked.key);
    this.#checker.send(isFirst ? { ...asked, schema } : asked);
  }

  /** Gives the check that runs now its time. */
  #watch(): void {
    clearTimeout(this.#timer);
    const [running] = this.#waiting.values();
    this.#checker?.hold(running !== undefined);
    if (!running) return;
    const { key } = running.asked;
    const isCompiled = this.#compiled.has(key);
    this.#timer = setTimeout(
      () => this.#failed(`the check ${key} took too long`),
      isCompiled ? patience.next : patience.first,
    );
  }

  #answered(id: number, problem: string | undefined): void {
    const waiting = this.#waiting.get(id);
    if (!waiting) return;
    this.#waiting.delete(id);
    this.#compiled.add(waiting.asked.key);
    waiting.resolve(problem);
    this.#watch();
  }

  /** Gives up the check that runs now, and continues with the others. */
  #failed(reason: string): void {
    this.#log.warn({ reason }, 'a check against a definition was given up');
    const [running] = this.#waiting.values();
    if (running) {
      this.#waiting.delete(running.asked.id);
      running.resolve(unchecked);
    }
    void this.#end();
    for (const waiting of this.#waiting.values()) this.#send(waiting);
    this.#watch();
  }

  #end(): Promise<void> {
    clearTimeout(this.#timer);
    const checker = this.#checker;
    this.#checker = undefined;
    this.#sent.clear();
    this.#compiled.clear();
    return checker?.stop() ?? Promise.resolve();
  }
}

/** The content for a media type, with its name in the definition: its own, else that of any type. */
export function contentFor(
  content: Readonly<Record<string, Content>>,
  type: string,
): (Content & { name: string }) | undefined {
  const plain = (type.split(';', 1)[0] ?? '').trim().toLowerCase();
  const entries = Object.entries(content).map(([name, one]) => ({
    ...one,
    name: (name.split(';', 1)[0] ?? '').trim(),
  }));
  return entries.find(({ name }) => name === plain) ?? entries.find(({ name }) => name === '*/*');
}

/** A parameter as a schema sees it: a number or a flag where it expects one. */
function typed(value: string, { schema }: Parameter): unknown {
  const type = schema?.type;
  if ((type === 'integer' || type === 'number') && /^-?\d{1,15}(\.\d{1,15})?$/.test(value))
    return Number(value);
  if (type === 'boolean' && (value === 'true' || value === 'false')) return value === 'true';
  return type === 'array' ? value.split(',') : value;
}

/** Headers that the gateway reads itself, even if the definition describes them differently. */
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

/** Maximum number of values of one query parameter that is not a list. */
const mostRepeated = 20;

/** Returns the values of a query parameter: one list, or each of them, because upstreams differ in which they take. */
function queryValues(query: URLSearchParams, { name, schema }: Parameter): (string | undefined)[] {
  const values = query.getAll(name);
  return schema?.type === 'array' && values.length > 1 ? [values.join()] : values;
}

/** Returns the schema of the parameters of an operation as one object, and the values of a request at a repetition of the query. */
function parametersOf({ operation, params, query, header }: CheckedRequest, repetition: number) {
  const properties: Record<string, object> = {};
  const values: Record<string, unknown> = {};
  const required: string[] = [];
  for (const parameter of operation.parameters) {
    const { in: where, name } = parameter;
    if (where === 'header' && ofGateway.has(name)) continue;
    let value = where === 'path' ? params[name] : header(name);
    if (where === 'query') value = queryValues(query, parameter)[repetition] ?? query.get(name) ?? undefined;
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
    const counts = operation.parameters.map((parameter) =>
      parameter.in === 'query' ? queryValues(request.query, parameter).length : 1,
    );
    const most = Math.max(1, ...counts);
    if (most > mostRepeated) return `a query parameter has more than ${mostRepeated} values`;
    for (let repetition = 0; repetition < most; repetition++) {
      const { schema, values } = parametersOf(request, repetition);
      const problem = await validation.check(`${api} ${operation.key} parameters`, schema, schemas, values);
      if (problem !== undefined) return problem;
    }
  }
  const wanted = operation.requestBody;
  if (!wanted) return undefined;
  if (body === undefined) return wanted.required ? 'the body is missing' : undefined;
  const content = contentFor(wanted.content, type);
  if (!content) {
    const types = Object.keys(wanted.content);
    return types.length === 0
      ? undefined
      : `the content type ${type || 'is missing; it'} is not one of ${types.join(', ')}`;
  }
  if (body === null) return 'the body is not JSON';
  return (
    content.schema &&
    // Named by the definition: each name that a caller chose would be compiled and kept.
    validation.check(`${api} ${operation.key} body ${content.name}`, content.schema, schemas, body.value)
  );
}

/** Returns a warning for each example of a definition that does not conform to its own schema. */
export async function warningsOfExamples(
  { name, model }: ApiRecord,
  validation: Validation,
): Promise<string[]> {
  const warnings: string[] = [];
  for (const { key, requestBody, responses } of model.operations)
    for (const [part, content] of [
      ['request', requestBody?.content ?? {}] as const,
      ...responses.map((response) => [response.status, response.content] as const),
    ])
      for (const [type, { schema, examples }] of Object.entries(content))
        for (const example of schema ? examples : []) {
          const about = `${name} ${key} ${part} ${type}`;
          const problem = await validation.check(about, schema ?? {}, model.schemas, example.value);
          if (problem !== undefined)
            warnings.push(
              `The example "${example.name}" of ${key}, ${part}, ${problem === unchecked ? 'was not checked' : 'does not conform'}: ${problem}.`,
            );
        }
  return warnings;
}
