import { channel } from 'node:diagnostics_channel';
import { lookup as dnsLookup } from 'node:dns';
import type { Agent, ClientRequest, IncomingHttpHeaders, IncomingMessage } from 'node:http';
import https from 'node:https';
import { isIP, type LookupFunction, type Socket } from 'node:net';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { outcomeOf } from './activity.ts';
import { isCalledDirectly } from './direct-calls.ts';
import type { Ask } from './in-process.ts';
import { isMetadata, isSpecial } from './networks.ts';
import { http } from './node-http.ts';

/** How a call failed: no connection, no answer in time, or an answer that broke off or is not HTTP. */
type OutboundFailure = 'unreachable' | 'late' | 'broken';

/** The reason why a call got no whole answer, for the log. */
export class OutboundError extends Error {
  override name = 'OutboundError';
  readonly failure: OutboundFailure;

  constructor(message: string, options?: ErrorOptions & { failure?: OutboundFailure }) {
    super(message, options);
    this.failure = options?.failure ?? 'broken';
  }
}

/** The limits of a call to another server. */
export interface OutboundPolicy {
  /** Whether loopback and private addresses may be called. The metadata services of clouds never are. */
  privateAddresses: boolean;
  /** The longest answer in bytes; 1 MiB by default. */
  maxBytes?: number;
  /** Resolves names; `dns.lookup` by default. */
  lookup?: typeof dnsLookup;
  /** Own kept connections. A kept connection that the server has just closed is replaced once. */
  agents?: OutboundAgents;
  /** Never uses the proxy of the environment. The addresses of this machine and of the installation never do. */
  direct?: boolean;
}

/** The purpose of a call to another server, a label of the metrics. */
export type Purpose =
  | 'cis'
  | 'crl'
  | 'discovery'
  | 'jwks'
  | 'logout'
  | 'ocsp'
  | 'other'
  | 'token'
  | 'upstream'
  | 'userinfo';

/** A call as the channels report it: the same object at its beginning and at its end. */
export interface OutboundCall {
  readonly purpose: Purpose;
  readonly method: string;
  /** Only for its host and port: a path or a query may contain secrets. */
  readonly url: URL;
  /** Headers that a subscriber of the beginning adds. */
  readonly headers: Record<string, string>;
  /** `unreachable` until there is an answer. */
  outcome: 'ok' | 'refused' | 'failed' | 'unreachable';
  /** Undefined without an answer. */
  status: number | undefined;
  seconds: number;
}

/** The beginning and the end of each call. Programs without metrics and traces do not subscribe. */
export const outboundStarts = channel('alongside.outbound.start');
export const outboundCalls = channel('alongside.outbound');

/** Connections kept open between calls. */
export class OutboundAgents {
  readonly plain: Agent;
  readonly tls: https.Agent;

  /**
   * @param certificate PEM of a client certificate with its key
   * @param timeout milliseconds without a byte until an unused connection is closed; without it, the server closes it
   */
  constructor(maxSockets = 16, certificate?: string, timeout?: number) {
    const kept = { keepAlive: true, maxSockets, ...(timeout === undefined ? {} : { timeout }) };
    this.plain = new http.Agent(kept);
    this.tls = new https.Agent(
      certificate === undefined ? kept : { ...kept, cert: certificate, key: certificate },
    );
  }

  close(): void {
    this.plain.destroy();
    this.tls.destroy();
  }
}

export type OutboundMethod = 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** The members of a request that are reported. */
interface OutboundFacts {
  /** `other` by default. */
  purpose?: Purpose;
  method?: string;
  headers?: Record<string, string>;
}

export interface OutboundRequest extends OutboundFacts {
  method?: OutboundMethod;
  body?: string | Uint8Array | undefined;
  /** The time limit of the whole answer; 3,000 by default. */
  milliseconds?: number;
  /** Ends the call. */
  signal?: AbortSignal;
}

export interface OutboundAnswer {
  status: number;
  headers: IncomingHttpHeaders;
  bytes: Buffer;
  /** The bytes as UTF-8 text. */
  body: string;
}

const usual = { bytes: 1_048_576, milliseconds: 3_000 };

/**
 * Calls an HTTP or HTTPS address and follows no redirect.
 * @throws OutboundError without a whole answer within the limits; every status is an answer
 */
export async function outbound(
  address: string,
  policy: OutboundPolicy,
  request: OutboundRequest = {},
): Promise<OutboundAnswer> {
  const url = allowedUrl(address, policy);
  const sendOnce = (reported: OutboundRequest) => send(url, policy, reported);
  return report(url, request, resent(policy.agents !== undefined, sendOnce), (_, end) => end());
}

/** Sends a request and publishes its beginning and its end, which is when `whenEnded` calls back. */
async function report<R extends OutboundFacts, A extends { status: number }>(
  url: URL,
  request: R,
  send: (request: R) => Promise<A>,
  whenEnded: (answer: A, end: () => void) => void,
): Promise<A> {
  if (!outboundStarts.hasSubscribers && !outboundCalls.hasSubscribers) return send(request);
  const { purpose = 'other', method = 'GET' } = request;
  const began = performance.now();
  const call: OutboundCall = {
    purpose,
    method,
    url,
    headers: {},
    outcome: 'unreachable',
    status: undefined,
    seconds: 0,
  };
  const end = () => {
    call.seconds = (performance.now() - began) / 1000;
    outboundCalls.publish(call);
  };
  outboundStarts.publish(call);
  try {
    const answer = await send({ ...request, headers: { ...request.headers, ...call.headers } });
    call.status = answer.status;
    call.outcome = outcomeOf(answer.status);
    whenEnded(answer, end);
    return answer;
  } catch (error) {
    end();
    throw error;
  }
}

/** Sends once more, where the request permits it, if the kept connection had been closed before. */
const resent =
  <R, A>(isPermitted: boolean, send: (request: R) => Promise<A>) =>
  async (request: R): Promise<A> => {
    try {
      return await send(request);
    } catch (error) {
      if (isPermitted && error instanceof ClosedConnection) return send(request);
      throw error;
    }
  };

function allowedUrl(address: string, policy: OutboundPolicy): URL {
  const url = URL.parse(address);
  if (!url || (url.protocol !== 'https:' && url.protocol !== 'http:'))
    throw new OutboundError('it is not an http or https address');
  const host = url.hostname.replace(/^\[|\]$/g, '');
  if (isIP(host) && isRefused(policy, host)) throw new OutboundError(`${host} is a private address`);
  return url;
}

/** A request that streams its body and its answer. */
export interface OutboundStreamRequest {
  purpose: Purpose;
  method: string;
  headers: Record<string, string>;
  /** A stream is sent as fast as the server reads it, and only once. */
  body: Readable | Uint8Array | undefined;
  /** Milliseconds to connect, to the headers of the answer, and without a byte afterwards. */
  timeouts: { connect: number; headers: number; idle: number };
  /** Ends the call. */
  signal: AbortSignal | undefined;
}

/** An answer whose body is still arriving. The caller reads it to its end or destroys it. */
export interface OutboundStream {
  status: number;
  headers: IncomingHttpHeaders;
  body: IncomingMessage;
}

/**
 * Calls an HTTP or HTTPS address, follows no redirect, and resolves with the headers of the answer. A GET on a kept connection that
 * the server has just closed is sent once more.
 * @throws OutboundError
 */
export async function outboundStream(
  address: string,
  policy: OutboundPolicy,
  request: OutboundStreamRequest,
): Promise<OutboundStream> {
  const url = allowedUrl(address, policy);
  const isRepeatable = request.method === 'GET' && request.body === undefined;
  const openOnce = (reported: OutboundStreamRequest) => open(url, policy, reported);
  return report(url, request, resent(isRepeatable, openOnce), ({ body }, end) => body.once('close', end));
}

/** Starts a request. `fail` may be called several times, also after an answer. */
function start(
  url: URL,
  policy: OutboundPolicy,
  request: { method: string; headers: Record<string, string>; signal: AbortSignal | undefined },
  fail: (error: Error) => void,
): ClientRequest {
  const { method, headers, signal } = request;
  const call = (url.protocol === 'https:' ? https : http).request(url, {
    method,
    headers,
    lookup: guardedLookup(policy),
    agent: agentFor(policy, url),
    ...(signal ? { signal } : {}),
  });
  call.on('error', fail);
  // After an answer with 101, Node.js closes the connection without an error.
  call.on('close', () => fail(new OutboundError('the connection was closed without an answer')));
  return call;
}

function open(url: URL, policy: OutboundPolicy, request: OutboundStreamRequest): Promise<OutboundStream> {
  const { method, body, timeouts, signal } = request;
  // Node sends the body of a DELETE or OPTIONS of unknown length without framing otherwise, as if it were the next request.
  const isFramed = body === undefined || request.headers['content-length'] !== undefined;
  const headers = isFramed ? request.headers : { ...request.headers, 'transfer-encoding': 'chunked' };
  return new Promise((resolve, reject) => {
    let timer: NodeJS.Timeout | undefined;
    let bodyFailure: Error | undefined;
    const call = start(url, policy, { method, headers, signal }, (error) => {
      clearTimeout(timer);
      reject(outboundError(bodyFailure ?? error, call.reusedSocket));
    });
    const within = (milliseconds: number, what: string) => {
      clearTimeout(timer);
      timer = setTimeout(
        () => call.destroy(new OutboundError(`${what} within ${milliseconds} ms`, { failure: 'late' })),
        milliseconds,
      );
    };
    call.on('socket', (socket: Socket) => {
      const connected = () => within(timeouts.headers, 'no answer');
      if (!socket.connecting) return connected();
      within(timeouts.connect, 'no connection');
      socket.once(url.protocol === 'https:' ? 'secureConnect' : 'connect', connected);
    });
    call.on('response', (answer) => {
      clearTimeout(timer);
      if (timeouts.idle > 0)
        answer.setTimeout(timeouts.idle, () =>
          answer.destroy(new OutboundError(`no byte within ${timeouts.idle} ms`, { failure: 'late' })),
        );
      resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body: answer });
    });
    if (body === undefined || body instanceof Uint8Array) call.end(body);
    else {
      // Destroying the call would hide why.
      body.once('error', (error) => {
        bodyFailure = error;
      });
      pipeline(body, call).catch((error) => call.destroy(error));
    }
  });
}

/** Returns a caller of a service of this installation. The operator configures its address, so it may be private. */
export const askOver =
  (origin: string): Ask =>
  (path, call) =>
    outbound(`${origin}${path}`, { privateAddresses: true }, { ...call, purpose: 'cis' });

/** A kept connection was closed before the request reached the server. */
class ClosedConnection extends OutboundError {}

function send(url: URL, policy: OutboundPolicy, request: OutboundRequest): Promise<OutboundAnswer> {
  const { maxBytes = usual.bytes } = policy;
  const { method = 'GET', body, milliseconds = usual.milliseconds, signal } = request;
  // Node sends the body of a DELETE without its length otherwise.
  const length = body === undefined ? undefined : { 'content-length': String(Buffer.byteLength(body)) };
  const headers = { ...length, ...request.headers };
  return new Promise((resolve, reject) => {
    const fail = (error: Error) => {
      clearTimeout(timer);
      reject(outboundError(error, call.reusedSocket));
    };
    const call = start(url, policy, { method, headers, signal }, fail);
    const timer = setTimeout(
      () => call.destroy(new OutboundError(`no whole answer within ${milliseconds} ms`, { failure: 'late' })),
      milliseconds,
    );
    call.on('response', (response) => {
      const parts: Buffer[] = [];
      let size = 0;
      response.on('data', (part: Buffer) => {
        size += part.length;
        if (size > maxBytes) call.destroy(new OutboundError(`the answer is larger than ${maxBytes} bytes`));
        else parts.push(part);
      });
      response.on('error', fail);
      response.on('end', () => {
        clearTimeout(timer);
        const bytes = Buffer.concat(parts);
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          bytes,
          body: bytes.toString('utf8'),
        });
      });
    });
    call.end(body);
  });
}

function outboundError(error: NodeJS.ErrnoException, isReused: boolean): OutboundError {
  if (error instanceof OutboundError) return error;
  // An AggregateError after trying several addresses of one name: its message is empty, those of its errors are not.
  const [first] = error instanceof AggregateError ? error.errors : [];
  const reason = error.message || String(first?.message ?? error.code);
  if (isReused && error.code === 'ECONNRESET') return new ClosedConnection(reason, { cause: error });
  const failure = unreachable.has(error.code ?? first?.code) ? 'unreachable' : 'broken';
  return new OutboundError(reason, { cause: error, failure });
}

/** Codes of errors before a connection. */
const unreachable = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH']);

const isRefused = ({ privateAddresses }: OutboundPolicy, address: string): boolean =>
  isMetadata(address) || (!privateAddresses && isSpecial(address));

// The connection is made to the checked address, so a second answer of DNS changes nothing.
const guardedLookup =
  (policy: OutboundPolicy): LookupFunction =>
  (hostname, options, callback) =>
    (policy.lookup ?? dnsLookup)(hostname, { ...options, all: true }, (error, addresses) => {
      if (error) return callback(error, '');
      const allowed = addresses.filter(({ address }) => !isRefused(policy, address));
      const first = allowed[0];
      if (!first) return callback(new OutboundError(`${hostname} leads to a private address`), '');
      if (options.all) return callback(null, allowed);
      return callback(null, first.address, first.family);
    });

/** Node.js's own agents would use the proxy of the environment. */
const direct = new OutboundAgents(Number.POSITIVE_INFINITY, undefined, 5_000);

// A kept connection was checked by the policy of the caller that opened it, so a strict policy uses none.
const agentFor = (policy: OutboundPolicy, { protocol, hostname }: URL) => {
  if (!policy.privateAddresses) return false;
  const kept = policy.agents ?? (policy.direct || isCalledDirectly(hostname) ? direct : undefined);
  return protocol === 'https:' ? kept?.tls : kept?.plain;
};
