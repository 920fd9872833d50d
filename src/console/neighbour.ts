import { type Answer, json } from '@alongside/kernel/answer';
import { type Refuse, reasonOf } from '@alongside/kernel/errors';
import { type OutboundMethod, outbound } from '@alongside/kernel/outbound';
import { errors } from './errors.ts';

/** One call of a neighbour. A body that is text goes out as it is, with the type that is named. */
export interface NeighbourCall {
  method: OutboundMethod;
  path: string;
  ifMatch?: string;
  body?: unknown;
  type?: string;
  /** It carries many people: it may take longer, and the answer may be longer. */
  isLong?: boolean;
}

/** What a neighbour answered. `body` is undefined when there was none. */
export interface NeighbourAnswer {
  status: number;
  etag: string | undefined;
  location: string | undefined;
  body: unknown;
}

/** Another service of the installation, reached over HTTP with the secret that the two share. */
export interface Neighbour {
  /** Any status is an answer, but those that say that it is away or takes the console for a stranger: these are thrown. */
  call(call: NeighbourCall): Promise<NeighbourAnswer>;
}

/** Where a neighbour is, and what is thrown when it does not answer or does not know the console. */
export interface NeighbourSettings {
  /** Undefined where there is none. */
  at: { url: string; secret: string } | undefined;
  unreachable: Refuse;
  refused: Refuse;
}

const usualLimits = { milliseconds: 5_000, maxBytes: 8_388_608 };
const longLimits = { milliseconds: 60_000, maxBytes: 134_217_728 };

const mediaTypes: Partial<Record<OutboundMethod, string>> = {
  PATCH: 'application/merge-patch+json',
};

async function send(
  { url, secret }: { url: string; secret: string },
  { method, path, ifMatch, body, type, isLong }: NeighbourCall,
): Promise<NeighbourAnswer> {
  const { milliseconds, maxBytes } = isLong ? longLimits : usualLimits;
  const contentType = type ?? mediaTypes[method] ?? 'application/json';
  const answer = await outbound(
    `${url}${path}`,
    { privateAddresses: true, maxBytes },
    {
      method,
      headers: {
        authorization: `Bearer ${secret}`,
        ...(body === undefined ? {} : { 'content-type': contentType }),
        ...(ifMatch === undefined ? {} : { 'if-match': ifMatch }),
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

/** Codes by which our services say that a secret is not the one they share with the console. */
const strangerCodes: readonly unknown[] = ['service_unknown', 'invalid_token', 'insufficient_scope'];

/** Reaches a neighbour. */
export const neighbour = ({ at, unreachable, refused }: NeighbourSettings): Neighbour => ({
  async call(call) {
    if (!at) throw unreachable('none is configured');
    let answer: NeighbourAnswer;
    try {
      answer = await send(at, call);
    } catch (error) {
      throw unreachable(`${call.method} ${call.path}: ${reasonOf(error)}`, {}, error);
    }
    if ((answer.status === 401 || answer.status === 403) && strangerCodes.includes(errorOf(answer)))
      throw refused(`it answered ${answer.status}`);
    // A service that answers for another one says which, in its own words.
    if (answer.status >= 500 && errorOf(answer) !== 'directory_unreachable')
      throw unreachable(`${call.method} ${call.path}: it answered ${answer.status}`);
    return answer;
  },
});

const publicReason = (body: unknown): string => {
  const { error = '', error_description: description = '' } = (body ?? {}) as Record<string, unknown>;
  return `${String(error)}: ${String(description)}`;
};

/** What a neighbour answered, as the console's own answer. */
export function relayed(
  { status, etag, body }: NeighbourAnswer,
  headers: Record<string, string> = {},
): Answer {
  const answer = json(status, body ?? {}, { ...(etag === undefined ? {} : { etag }), ...headers });
  return status < 400 ? answer : answer.refusing(errors.neighbourRefused(publicReason(body)));
}
