import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { proxyNote } from '@alongside/kernel/direct-calls';
import { reasonOf } from '@alongside/kernel/errors';
import { OperatorError } from '@alongside/kernel/operator';
import { OutboundError, type OutboundMethod, outbound, outboundStream } from '@alongside/kernel/outbound';
import type { components, paths } from './console-api-types.d.ts';

/** The longest answer in bytes, for the export of a large installation: V8 holds no longer text. */
const longest = 500_000_000;

/** Milliseconds after which the end of a child process is certainly known once its connections are closed. */
const exitDelay = 1_000;

export interface ApiAnswer {
  status: number;
  body: Record<string, unknown>;
  /** Id with which `explain` finds a refusal. */
  messageId?: string | undefined;
}

/** A named shape of the API. */
export type ApiSchema<Name extends keyof components['schemas']> = components['schemas'][Name];

/** Templates of the paths that have this method. */
export type PathOf<M extends OutboundMethod> = {
  [P in keyof paths]: Lowercase<M> extends keyof paths[P] ? P : never;
}[keyof paths];

type OperationOf<M extends OutboundMethod, P extends keyof paths> = paths[P][Lowercase<M> & keyof paths[P]];

type JsonOf<T> = T extends { content: { 'application/json': infer Body } } ? Body : Record<string, never>;

/** The body of a success. */
export type ResultOf<M extends OutboundMethod, P extends PathOf<M>> =
  OperationOf<M, P> extends { responses: infer Responses } ? JsonOf<Responses[keyof Responses]> : never;

/** A value as it is sent: the server validates texts, and nothing changes lists. */
type Sent<T> = T extends string
  ? string
  : T extends readonly (infer Entry)[]
    ? readonly Sent<Entry>[]
    : T extends object
      ? { readonly [Name in keyof T]: Sent<T[Name]> }
      : T;

/** The body of a call; an empty one may be left out. */
type BodyOf<Operation> = Operation extends { requestBody: { content: { 'application/json': infer Body } } }
  ? { body: Sent<Body> }
  : Operation extends { requestBody?: { content: { 'application/json': infer Body } } }
    ? { body?: Sent<Body> }
    : { body?: never };

/** The parameters and the body of a call, as the OpenAPI document describes them. */
type InputOf<M extends OutboundMethod, P extends PathOf<M>> = BodyOf<OperationOf<M, P>> &
  (OperationOf<M, P> extends {
    parameters: { path: infer Path };
  }
    ? { path: Path }
    : unknown) &
  (OperationOf<M, P> extends { parameters: { query?: infer Query } } ? { query?: Query } : unknown) & {
    /** Time limit of the whole response in milliseconds. */
    timeout?: number;
  };

export type CallBody<M extends OutboundMethod, P extends PathOf<M>> = InputOf<M, P>['body'];

interface AnyInput {
  path?: Record<string, unknown>;
  query?: Record<string, unknown>;
  body?: unknown;
  timeout?: number;
}

/** The input may be left out if all its members may. */
type InputsOf<M extends OutboundMethod, P extends PathOf<M>> =
  Record<never, never> extends InputOf<M, P> ? [input?: InputOf<M, P>] : [input: InputOf<M, P>];

/** A call that the console refused. */
export class RefusedCall extends OperatorError {
  readonly status: number;
  /** The `error` of the response. */
  readonly error: string;
  readonly messageId: string | undefined;

  constructor(answer: ApiAnswer) {
    super(sentence(answer));
    this.status = answer.status;
    this.error = String(answer.body.error ?? 'refused');
    this.messageId = answer.messageId;
  }
}

export class ConsoleApi {
  readonly origin: string;
  readonly #token: string | undefined;
  readonly #ended: Promise<string> | undefined;

  /**
   * @param token access token for commands, in production
   * @param ended resolves with the reason when the instance has ended, if its process is a child of this one
   */
  constructor(origin: string, { token, ended }: { token?: string; ended?: Promise<string> } = {}) {
    this.origin = origin;
    this.#token = token;
    this.#ended = ended;
  }

  /**
   * Calls the API. Returns any status; throws one sentence if no server responds.
   * @param timeout time limit of the whole response in milliseconds
   */
  async call<T = Record<string, unknown>>(
    method: OutboundMethod,
    path: string,
    body?: unknown,
    timeout = 30_000,
  ): Promise<ApiAnswer & { body: T }> {
    const { text, ...answer } = await this.#ask(method, path, body, timeout);
    return { ...answer, body: (text === '' ? {} : this.#object(text)) as T & ApiAnswer['body'] };
  }

  /** Reads a response that is not JSON, such as a CSV file. */
  async text(path: string): Promise<string> {
    const { text, ...answer } = await this.#ask('GET', path, undefined, 30_000);
    if (answer.status >= 300) throw new RefusedCall({ ...answer, body: this.#object(text) });
    return text;
  }

  /**
   * Sends a file as it is read, and returns the lines of the response, each a JSON object. A response that is one object is one
   * line with its status.
   * @throws OutboundError if the response breaks off
   */
  async *sendFile(
    path: string,
    file: { type: string; length: number; body: Readable },
    signal: AbortSignal,
  ): AsyncGenerator<Record<string, unknown>> {
    const answer = await outboundStream(
      `${this.origin}/api/v1${path}`,
      { privateAddresses: true, direct: true },
      {
        purpose: 'other',
        method: 'POST',
        headers: {
          ...(this.#token === undefined ? {} : { authorization: `Bearer ${this.#token}` }),
          'content-type': file.type,
          'content-length': String(file.length),
          accept: 'application/x-ndjson',
        },
        body: file.body,
        timeouts: { connect: 5_000, headers: 60_000, idle: 60_000 },
        signal,
      },
    );
    const isProgress = answer.headers['content-type'] === 'application/x-ndjson';
    for await (const line of createInterface({ input: answer.body }))
      yield isProgress ? this.#object(line) : { status: answer.status, result: this.#object(line) };
  }

  async #ask(
    method: OutboundMethod,
    path: string,
    body: unknown,
    timeout: number,
  ): Promise<{ status: number; messageId: string | undefined; text: string }> {
    try {
      const answer = await outbound(
        `${this.origin}/api/v1${path}`,
        { privateAddresses: true, direct: true, maxBytes: longest },
        {
          method,
          headers: {
            ...(this.#token === undefined ? {} : { authorization: `Bearer ${this.#token}` }),
            ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          },
          body: body === undefined ? undefined : JSON.stringify(body),
          milliseconds: timeout,
        },
      );
      const messageId = [answer.headers['x-message-id']].flat()[0];
      return { status: answer.status, messageId, text: answer.body };
    } catch (error) {
      const cause = reasonOf(error);
      const reason = await this.#reasonOfEnd();
      if (reason) throw new OperatorError(`The instance at ${this.origin} does not run any more: ${reason}.`);
      if (error instanceof OutboundError && error.failure === 'late')
        throw new OperatorError(
          `The instance at ${this.origin} runs but did not answer ${method} ${path} within ${timeout / 1_000} s. It may still carry it out: look before you repeat the command.`,
        );
      throw new OperatorError(
        `No running instance responds at ${this.origin} (${cause}). Start one with "npx alongside up", or select one with --port-base.${proxyNote(this.origin, { direct: true })}`,
      );
    }
  }

  /** Waits a moment for the end of the child process. The timer keeps this process running, which the child does not. */
  async #reasonOfEnd(): Promise<string | undefined> {
    if (!this.#ended) return undefined;
    const over = new AbortController();
    const late = sleep(exitDelay, undefined, { signal: over.signal }).catch(() => undefined);
    const reason = await Promise.race([this.#ended, late]);
    over.abort();
    return reason;
  }

  /** Calls the API by the template of a path; throws unless it succeeds. */
  async must<M extends OutboundMethod, P extends PathOf<M>>(
    method: M,
    template: P,
    ...[input]: InputsOf<M, P>
  ): Promise<ResultOf<M, P>> {
    const answer = await this.#send(method, template, input);
    if (answer.status >= 300) throw new RefusedCall(answer);
    return answer.body as ResultOf<M, P>;
  }

  /** Does the same for a named entry; throws the given sentence if it does not exist. */
  async mustFind<M extends OutboundMethod, P extends PathOf<M>>(
    missing: string | ((api: this) => Promise<string>),
    method: M,
    template: P,
    ...[input]: InputsOf<M, P>
  ): Promise<ResultOf<M, P>> {
    const answer = await this.#send(method, template, input);
    if (answer.status === 404 && /^(not_found|unknown_fault)$/.test(String(answer.body.error)))
      throw new OperatorError(typeof missing === 'string' ? missing : await missing(this));
    if (answer.status >= 300) throw new RefusedCall(answer);
    return answer.body as ResultOf<M, P>;
  }

  #send(method: OutboundMethod, template: string, input: AnyInput = {}): Promise<ApiAnswer> {
    const { path = {}, query = {}, body, timeout } = input;
    const filled = template.replaceAll(/\{(\w+)\}/g, (_, name) => encodeURIComponent(String(path[name])));
    const set = Object.entries(query).filter(([, value]) => value !== undefined);
    const search = new URLSearchParams(set.map(([name, value]) => [name, String(value)])).toString();
    return this.call(method, search === '' ? filled : `${filled}?${search}`, body, timeout);
  }

  #object(text: string): Record<string, unknown> {
    try {
      const value: unknown = JSON.parse(text);
      if (typeof value === 'object' && value !== null) return value as Record<string, unknown>;
    } catch {
      // Reported below.
    }
    throw new OperatorError(`The server at ${this.origin} is not the console of an instance.`);
  }
}

/** Reads all pages of a list. */
export async function allPages<Page extends { next?: string | null }>(
  read: (after: string) => Promise<Page>,
): Promise<Page[]> {
  const pages: Page[] = [];
  for (let after: string | null | undefined = ''; after !== undefined; ) {
    const page: Page = await read(after);
    pages.push(page);
    after = page.next || undefined;
  }
  return pages;
}

/** Formats an error response of the API for people, with the invalid member, if named. */
export function sentence({ status, body }: ApiAnswer): string {
  if (body.error === 'sign_in_required')
    return `${body.error_description} On its own machine, commands need its state file: use --data, --state or --config, not --port-base.`;
  const said = String(
    body.error_description ?? body.message ?? body.error ?? `The console answered ${status}.`,
  );
  if (typeof body.problem !== 'string') return said;
  return typeof body.field === 'string'
    ? `${said} "${body.field}" ${body.problem}${body.problem.endsWith('?') ? '' : '.'}`
    : `${said} ${body.problem}`;
}
