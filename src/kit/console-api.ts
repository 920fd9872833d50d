import { reasonOf } from '@alongside/kernel/errors';
import { OperatorError } from '@alongside/kernel/operator';
import { type OutboundMethod, outbound } from '@alongside/kernel/outbound';

/** The longest answer in bytes, for the export of a large installation: V8 holds no longer text. */
const longest = 500_000_000;

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

/** Client of a console API. */
export class ConsoleApi {
  readonly origin: string;
  readonly #token: string | undefined;

  /** @param token access token for commands, in production */
  constructor(origin: string, token?: string) {
    this.origin = origin;
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
        `No running instance responds at ${this.origin} (${cause}). Start one with "npx alongside up", or select one with --port-base.`,
      );
    }
  }

  /** Calls the API; throws unless it succeeds. */
  async must<T>(method: OutboundMethod, path: string, body?: unknown, patience?: number): Promise<T> {
    const answer = await this.call(method, path, body, patience);
    if (answer.status >= 300) throw new RefusedCall(answer);
    return answer.body as T;
  }

  /** Does the same for a named entry; throws the given sentence if it does not exist. */
  async mustFind<T>(
    missing: string | ((api: this) => Promise<string>),
    method: OutboundMethod,
    path: string,
    body?: unknown,
  ): Promise<T> {
    const answer = await this.call(method, path, body);
    if (answer.status === 404 && answer.body.error === 'not_found')
      throw new OperatorError(typeof missing === 'string' ? missing : await missing(this));
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
