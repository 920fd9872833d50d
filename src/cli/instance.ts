import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { reasonOf } from '@alongside/kernel/errors';
import { parseOwnJson } from '@alongside/kernel/json';
import { environment, OperatorError, UsageError } from '@alongside/kernel/operator';
import { type OutboundMethod, outbound } from '@alongside/kernel/outbound';
import { z } from 'zod';
import type { LocalOperator, StateFile } from '../state-file.ts';

/** The longest answer in bytes, for the export of a large installation: V8 holds no longer text. */
const longest = 500_000_000;

/** Flags of every command that calls a running instance. */
export const instanceFlags = {
  portBase: z.string().optional().describe('First port of the instance'),
  data: z.string().optional().describe('Data folder of the instance'),
  state: z.string().optional().describe('State file of the instance'),
  config: z.string().optional().describe('Configuration file of the instance'),
  json: z.boolean().optional().describe('Print one JSON line'),
};

/** The selected instance, from the flags. */
export interface InstanceSelection {
  portBase?: string;
  data?: string;
  state?: string;
  config?: string;
  tlsAuthority?: string;
}

/** Returns the path of the configuration file, if set. */
export const configFileOf = (flags: Record<string, unknown>): string | undefined =>
  (flags.config as string | undefined) ?? environment().ALONGSIDE_CONFIG;

/** Reads the location of the instance from its configuration file, which is otherwise for the instance only. */
function configured(
  wish: InstanceSelection,
): Record<'portBase' | 'data' | 'state' | 'tlsAuthority', string | undefined> {
  const file = configFileOf({ ...wish });
  let settings: Record<string, unknown> = {};
  try {
    if (file) settings = { ...JSON.parse(readFileSync(file, 'utf8')) };
  } catch (error) {
    throw new OperatorError(`The configuration file ${file} cannot be read: ${reasonOf(error)}`);
  }
  const text = (value: unknown) => (value === undefined || value === null ? undefined : String(value));
  return {
    portBase: text(settings.portBase),
    data: text(settings.data),
    state: text(settings.state),
    tlsAuthority: text(settings.tlsAuthority),
  };
}

/** Reads an instance's state file. Throws if it is unreadable. */
export function readStateFile(file: string): StateFile & { operator?: LocalOperator } {
  try {
    const state = parseOwnJson<StateFile & { operator?: LocalOperator }>(readFileSync(file, 'utf8'));
    if (typeof state.urls.console === 'string') return state;
  } catch (error) {
    throw new OperatorError(`The state file ${file} cannot be read: ${reasonOf(error)}`);
  }
  throw new OperatorError(`${file} is not the state file of an instance.`);
}

/** The expected location of the selected instance: by its first port, or by its state file. */
export type Place = { origin: string; stateFile: undefined } | { origin: undefined; stateFile: string };

const atPort = (port: string): Place => ({ origin: `http://localhost:${port}`, stateFile: undefined });

/** Returns the selected data folder. */
export const dataFolderOf = (wish: InstanceSelection): string =>
  wish.data ?? environment().ALONGSIDE_DATA ?? configured(wish).data ?? '.alongside';

/** Returns the file with more authorities that the instance trusts. */
export const tlsAuthorityOf = (wish: InstanceSelection): string | undefined =>
  wish.tlsAuthority ?? (environment().ALONGSIDE_TLS_AUTHORITY || configured(wish).tlsAuthority);

/** Returns the expected location of the selected instance, whether it runs or not. */
export function placeOf(wish: InstanceSelection): Place {
  const variables = environment();
  const portBase = wish.portBase ?? variables.ALONGSIDE_PORT_BASE;
  const fallback = configured(wish);
  const named =
    wish.state ?? variables.ALONGSIDE_STATE ?? (wish.data === undefined ? fallback.state : undefined);
  if (wish.state === undefined && portBase !== undefined && portBase !== '0') {
    if (!/^\d{1,5}$/.test(portBase))
      throw new UsageError(`The port base must be a port number, not "${portBase}".`);
    return atPort(portBase);
  }
  if (named) return { origin: undefined, stateFile: named };
  const file = join(dataFolderOf(wish), 'state.json');
  if (existsSync(file)) return { origin: undefined, stateFile: file };
  return atPort(fallback.portBase === undefined || fallback.portBase === '0' ? '8400' : fallback.portBase);
}

/** Returns the address of the selected instance's console and, in production, the access token for commands. */
function consoleOf(wish: InstanceSelection): { origin: string; token: string | undefined } {
  const place = placeOf(wish);
  if (place.origin !== undefined) return { origin: place.origin, token: undefined };
  const { urls, operator } = readStateFile(place.stateFile);
  return { origin: operator?.url ?? urls.console, token: operator?.token };
}

export interface ApiAnswer {
  status: number;
  body: Record<string, unknown>;
  /** Id with which `explain` finds a refusal. */
  messageId?: string | undefined;
}

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

/** Client of a running instance's console API. */
export class InstanceApi {
  readonly origin: string;
  /** Whether it is in production, with an access token from the state file. */
  readonly inProduction: boolean;
  readonly #token: string | undefined;

  constructor(wish: InstanceSelection) {
    const { origin, token } = consoleOf(wish);
    this.origin = origin;
    this.inProduction = token !== undefined;
    this.#token = token;
  }

  /**
   * Calls the API. Returns any status; throws one sentence if no server responds.
   * @param patience time limit of the whole response in milliseconds
   */
  async call<T = Record<string, unknown>>(
    method: OutboundMethod,
    path: string,
    body?: unknown,
    patience = 30_000,
  ): Promise<ApiAnswer & { body: T }> {
    const { text, ...answer } = await this.#ask(method, path, body, patience);
    return { ...answer, body: (text === '' ? {} : this.#object(text)) as T & ApiAnswer['body'] };
  }

  /** Reads a response that is not JSON, such as a CSV file. */
  async text(path: string): Promise<string> {
    const { text, ...answer } = await this.#ask('GET', path, undefined, 30_000);
    if (answer.status >= 300) throw new RefusedCall({ ...answer, body: this.#object(text) });
    return text;
  }

  async #ask(
    method: OutboundMethod,
    path: string,
    body: unknown,
    patience: number,
  ): Promise<{ status: number; messageId: string | undefined; text: string }> {
    try {
      const answer = await outbound(
        `${this.origin}/api/v1${path}`,
        { privateAddresses: true, maxBytes: longest },
        {
          method,
          headers: {
            ...(this.#token === undefined ? {} : { authorization: `Bearer ${this.#token}` }),
            ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          },
          body: body === undefined ? undefined : JSON.stringify(body),
          milliseconds: patience,
        },
      );
      const messageId = [answer.headers['x-message-id']].flat()[0];
      return { status: answer.status, messageId, text: answer.body };
    } catch (error) {
      const cause = reasonOf(error);
      throw new OperatorError(
        `No running instance responds at ${this.origin} (${cause}). Start one with "npm start", or select one with --port-base.`,
      );
    }
  }

  /** Calls the API; throws unless it succeeds. */
  async must<T>(method: OutboundMethod, path: string, body?: unknown, patience?: number): Promise<T> {
    const answer = await this.call(method, path, body, patience);
    if (answer.status >= 300) throw new RefusedCall(answer);
    return answer.body as T;
  }

  /** Does the same for a named thing; throws the given sentence if it does not exist. */
  async mustFind<T>(missing: string, method: OutboundMethod, path: string, body?: unknown): Promise<T> {
    const answer = await this.call(method, path, body);
    if (answer.status === 404 && answer.body.error === 'not_found') throw new OperatorError(missing);
    if (answer.status >= 300) throw new RefusedCall(answer);
    return answer.body as T;
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

/** Formats an error response of the API for people, with the invalid member, if named. */
export function sentence({ status, body }: ApiAnswer): string {
  if (body.error === 'sign_in_required')
    return `${body.error_description} On its own machine, commands need its state file: use --data, --state or --config, not --port-base.`;
  const said = String(
    body.error_description ?? body.message ?? body.error ?? `The console answered ${status}.`,
  );
  if (typeof body.problem !== 'string') return said;
  return typeof body.field === 'string'
    ? `${said} "${body.field}" ${body.problem}.`
    : `${said} ${body.problem}`;
}
