import { type Answer, json, noContent, StreamAnswer } from '@alongside/kernel/answer';
import { Refusal, type Refuse, reasonOf } from '@alongside/kernel/errors';
import type { HttpRequest } from '@alongside/kernel/http';
import { type OutboundMethod, outbound, outboundStream } from '@alongside/kernel/outbound';
import {
  administratorHeader,
  importProgressType,
  type PeopleAnswer,
  type Person,
  paths,
} from '../../cis/protocol.ts';
import { errors } from './errors.ts';

/** The address of another service of the installation, and the secret that it shares with the console. */
export interface NeighbourAddress {
  url: string;
  secret: string;
}

/** A call to a neighbour. A text body is sent unchanged with `type`; others are sent as JSON. */
export interface NeighbourCall {
  /** `GET` by default. */
  method?: OutboundMethod;
  /** Without a query. */
  path: string;
  /** Absent and undefined members are left out. */
  query?: Readonly<Record<string, string | undefined>>;
  ifMatch?: string;
  /** Id of the administrator who acts. */
  administrator?: string | undefined;
  body?: unknown;
  type?: string;
  /** Allows more time and a longer response, for the whole directory. */
  isLong?: boolean;
}

export interface NeighbourAnswer {
  status: number;
  etag: string | undefined;
  location: string | undefined;
  /** Undefined for an empty body. */
  body: unknown;
}

interface NeighbourSettings {
  /** Undefined if the installation has no such service. */
  address: NeighbourAddress | undefined;
  unreachable: Refuse;
  /** Thrown if the service does not accept the console's secret. */
  refused: Refuse;
}

const defaultLimits = { milliseconds: 5_000, maxBytes: 8_388_608 };
const longLimits = { milliseconds: 60_000, maxBytes: 134_217_728 };

/** Milliseconds of a call that streams: an import without progress answers at its end. */
const streamTimeouts = { connect: 5_000, headers: 3_600_000, idle: 600_000 };

const mediaTypes: Partial<Record<OutboundMethod, string>> = {
  PATCH: 'application/merge-patch+json',
};

async function send(
  { url, secret }: NeighbourAddress,
  { method = 'GET', path, query = {}, ifMatch, administrator, body, type, isLong }: NeighbourCall,
): Promise<NeighbourAnswer> {
  const { milliseconds, maxBytes } = isLong ? longLimits : defaultLimits;
  const contentType = type ?? mediaTypes[method] ?? 'application/json';
  const given = Object.entries(query).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, value]],
  );
  const search = new URLSearchParams(given).toString();
  const answer = await outbound(
    url + path + (search === '' ? '' : `?${search}`),
    { privateAddresses: true, maxBytes },
    {
      method,
      headers: {
        authorization: `Bearer ${secret}`,
        ...(body === undefined ? {} : { 'content-type': contentType }),
        ...(ifMatch === undefined ? {} : { 'if-match': ifMatch }),
        ...(administrator === undefined ? {} : { [administratorHeader]: administrator }),
      },
      body: body === undefined || typeof body === 'string' ? body : JSON.stringify(body),
      milliseconds,
    },
  );
  const { etag, location, 'content-type': answered } = answer.headers;
  const read = () => (answered?.startsWith('application/json') ? JSON.parse(answer.body) : answer.body);
  return { status: answer.status, etag, location, body: answer.body === '' ? undefined : read() };
}

const errorOf = ({ body }: NeighbourAnswer): unknown => (body as { error?: unknown } | undefined)?.error;

/** The error codes with which our services refuse an unknown secret. */
const secretErrors: readonly unknown[] = ['service_unknown', 'invalid_token', 'insufficient_scope'];

/** Another service of the installation, called over HTTP with the shared secret. */
export class Neighbour {
  readonly #settings: NeighbourSettings;

  constructor(settings: NeighbourSettings) {
    this.#settings = settings;
  }

  /** Whether the installation has this service. */
  get exists(): boolean {
    return this.#settings.address !== undefined;
  }

  /** Returns the response, also an error. Throws if the service fails or does not accept the secret. */
  async call(call: NeighbourCall): Promise<NeighbourAnswer> {
    const { address, unreachable, refused } = this.#settings;
    const name = `${call.method ?? 'GET'} ${call.path}`;
    if (!address) throw unreachable('none is configured');
    let answer: NeighbourAnswer;
    try {
      answer = await send(address, call);
    } catch (error) {
      throw unreachable(`${name}: ${reasonOf(error)}`, {}, error);
    }
    const { status } = answer;
    const error = errorOf(answer);
    if ((status === 401 || status === 403) && secretErrors.includes(error))
      throw refused(`it answered ${status}`);
    // `directory_unreachable` names another service that failed, so the console passes it on.
    if (status >= 500 && error !== 'directory_unreachable')
      throw unreachable(`${name}: it answered ${status}`);
    return answer;
  }

  /** Sends the body of a request on while it arrives, and its response back: lines of progress, or one result. */
  async stream(request: HttpRequest, path: string, query: Readonly<Record<string, string>>): Promise<Answer> {
    const { address, unreachable } = this.#settings;
    if (!address) throw unreachable('none is configured');
    const { body, gone } = request.incoming ?? {};
    const kept = ['content-type', 'content-length', 'accept'] as const;
    const headers = Object.fromEntries(kept.map((name) => [name, request.headers[name] ?? '']));
    if (headers['content-length'] === '') delete headers['content-length'];
    try {
      const answer = await outboundStream(
        `${address.url}${path}?${new URLSearchParams(query)}`,
        { privateAddresses: true },
        {
          purpose: 'cis',
          method: 'POST',
          headers: { ...headers, authorization: `Bearer ${address.secret}` },
          body: body ?? Buffer.alloc(0),
          timeouts: streamTimeouts,
          signal: gone,
        },
      );
      if (answer.headers['content-type'] === importProgressType)
        return new StreamAnswer(
          answer.status,
          { 'content-type': importProgressType, 'x-accel-buffering': 'no' },
          async function* lines(left) {
            try {
              yield* answer.body;
            } catch (error) {
              if (!left.aborted) throw error;
            }
          },
        );
      const parts: Buffer[] = [];
      for await (const part of answer.body) parts.push(part);
      const value: unknown = JSON.parse(Buffer.concat(parts).toString('utf8'));
      return relayed({ status: answer.status, etag: undefined, location: undefined, body: value });
    } catch (error) {
      throw unreachable(`POST ${path}: ${reasonOf(error)}`, {}, error);
    }
  }

  /** Returns the response to a read. Throws `not_found`. */
  async read<T>(path: string, query: NeighbourCall['query'] = {}): Promise<T> {
    const answer = await this.call({ path, query });
    if (answer.status >= 400) {
      const reason = publicReason(answer.body);
      throw answer.status === 404 ? errors.notFound(reason) : errors.neighbourRefused(reason);
    }
    return answer.body as T;
  }

  /** Calls the service and passes its response on. */
  async relay(call: NeighbourCall): Promise<Answer> {
    return relayed(await this.call(call));
  }
}

/** Returns the error code and the description of a refusal. */
export const publicReason = (body: unknown): string => {
  const { error = '', error_description: description = '' } = (body ?? {}) as Record<string, unknown>;
  return `${String(error)}: ${String(description)}`;
};

/** Returns a neighbour's response as the console's own. */
export function relayed(
  { status, etag, body }: NeighbourAnswer,
  headers: Record<string, string> = {},
): Answer {
  if (status === 204) return noContent();
  const answer = json(status, body ?? {}, { ...(etag === undefined ? {} : { etag }), ...headers });
  return status < 400 ? answer : answer.refusing(errors.neighbourRefused(publicReason(body)));
}

const uidPattern = /^\d{12}$/;

export class CisDirectory extends Neighbour {
  constructor(address: NeighbourAddress) {
    super({ address, unreachable: errors.cisUnreachable, refused: errors.cisRefused });
  }

  /** Returns all people, ordered by uid. */
  async everyone(): Promise<Person[]> {
    const people: Person[] = [];
    for (let after: string | null = ''; after !== null; ) {
      const page: PeopleAnswer = await this.#list({ after });
      people.push(...page.people);
      after = page.next || null;
    }
    return people;
  }

  /** Returns the uid for a uid or persona. Throws `not_found` for an unknown persona. */
  async uidOf(name: string): Promise<string> {
    if (uidPattern.test(name)) return name;
    const [person] = (await this.#list({ persona: name })).people;
    if (!person) throw errors.notFound(`There is no person ${name.slice(0, 40)}.`);
    return person.uid;
  }

  /** Returns the person with a uid or persona. Throws `not_found`. */
  async person(name: string): Promise<Person> {
    const { status, body } = await this.call({ path: paths.person(await this.uidOf(name)) });
    if (status !== 200) throw errors.notFound(`There is no person ${name.slice(0, 40)}.`);
    return body as Person;
  }

  async #list(query: Record<string, string>): Promise<PeopleAnswer> {
    return (await this.call({ path: paths.people, query })).body as PeopleAnswer;
  }
}

/** Resolves to null if a neighbour refuses or does not respond, so that the page shows the rest. */
export async function orNull<T>(response: Promise<T>): Promise<T | null> {
  try {
    return await response;
  } catch (error) {
    if (error instanceof Refusal) return null;
    throw error;
  }
}
