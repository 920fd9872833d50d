import { channel } from 'node:diagnostics_channel';
import { lookup as dnsLookup } from 'node:dns';
import http from 'node:http';
import https from 'node:https';
import { isIP, type LookupFunction } from 'node:net';
import type { Ask } from './in-process.ts';
import { isMetadata, isSpecial } from './networks.ts';

/** The reason why a call got no whole answer, for the log. */
export class OutboundError extends Error {
  override name = 'OutboundError';
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
}

/** What a call to another server is for, in the metrics. */
export type Purpose =
  | 'cis'
  | 'crl'
  | 'discovery'
  | 'jwks'
  | 'logout'
  | 'ocsp'
  | 'other'
  | 'token'
  | 'userinfo';

/** A call that has ended, as the channel `alongside.outbound` reports it. */
export interface OutboundCall {
  readonly purpose: Purpose;
  readonly outcome: 'ok' | 'refused' | 'failed' | 'unreachable';
  readonly seconds: number;
}

/** Programs without metrics have no subscriber. */
export const outboundCalls = channel('alongside.outbound');

/** Connections that are kept open between calls. */
export class OutboundAgents {
  readonly plain = new http.Agent({ keepAlive: true, maxSockets: 16 });
  readonly tls = new https.Agent({ keepAlive: true, maxSockets: 16 });

  close(): void {
    this.plain.destroy();
    this.tls.destroy();
  }
}

export type OutboundMethod = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

export interface OutboundRequest {
  /** `other` by default. */
  purpose?: Purpose;
  method?: OutboundMethod;
  headers?: Record<string, string>;
  body?: string | Uint8Array | undefined;
  /** The time limit of the whole answer; 3,000 by default. */
  milliseconds?: number;
}

export interface OutboundAnswer {
  status: number;
  headers: http.IncomingHttpHeaders;
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
  const url = URL.parse(address);
  if (!url || (url.protocol !== 'https:' && url.protocol !== 'http:'))
    throw new OutboundError('it is not an http or https address');
  const host = url.hostname.replace(/^\[|\]$/g, '');
  if (isIP(host) && isRefused(policy, host)) throw new OutboundError(`${host} is a private address`);
  return outboundCalls.hasSubscribers
    ? measured(request.purpose ?? 'other', () => sendAgain(url, policy, request))
    : sendAgain(url, policy, request);
}

async function sendAgain(
  url: URL,
  policy: OutboundPolicy,
  request: OutboundRequest,
): Promise<OutboundAnswer> {
  try {
    return await send(url, policy, request);
  } catch (error) {
    if (error instanceof ClosedConnection && policy.agents) return await send(url, policy, request);
    throw error;
  }
}

async function measured(purpose: Purpose, call: () => Promise<OutboundAnswer>): Promise<OutboundAnswer> {
  const began = performance.now();
  let outcome: OutboundCall['outcome'] = 'unreachable';
  try {
    const answer = await call();
    outcome = answer.status < 400 ? 'ok' : answer.status < 500 ? 'refused' : 'failed';
    return answer;
  } finally {
    const ended: OutboundCall = { purpose, outcome, seconds: (performance.now() - began) / 1000 };
    outboundCalls.publish(ended);
  }
}

/** Returns a caller of a service of this installation. The operator configures its address, so it may be private. */
export const askOver =
  (origin: string): Ask =>
  (path, call) =>
    outbound(`${origin}${path}`, { privateAddresses: true }, { ...call, purpose: 'cis' });

/** A kept connection was closed before the request reached the server. */
class ClosedConnection extends OutboundError {}

function send(url: URL, policy: OutboundPolicy, request: OutboundRequest): Promise<OutboundAnswer> {
  const secure = url.protocol === 'https:';
  const { maxBytes = usual.bytes } = policy;
  const { method = 'GET', headers = {}, body, milliseconds = usual.milliseconds } = request;
  return new Promise((resolve, reject) => {
    const call = (secure ? https : http).request(url, {
      method,
      // Node sends the body of a DELETE without its length otherwise.
      headers: body === undefined ? headers : { 'content-length': Buffer.byteLength(body), ...headers },
      lookup: guardedLookup(policy),
      agent: agentFor(policy, secure),
    });
    const timer = setTimeout(
      () => call.destroy(new OutboundError(`no whole answer within ${milliseconds} ms`)),
      milliseconds,
    );
    const fail = (error: Error) => {
      clearTimeout(timer);
      reject(outboundError(error, call.reusedSocket));
    };
    call.on('error', fail);
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
  // Several addresses of one name were tried: each has its own error, and the whole has no message.
  const [first] = error instanceof AggregateError ? error.errors : [];
  const reason = error.message || String(first?.message ?? error.code);
  return isReused && error.code === 'ECONNRESET'
    ? new ClosedConnection(reason, { cause: error })
    : new OutboundError(reason, { cause: error });
}

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

// A kept connection was checked by the policy of the caller that opened it, so a strict policy uses none.
const agentFor = ({ privateAddresses, agents }: OutboundPolicy, secure: boolean) => {
  if (!privateAddresses) return false;
  return secure ? agents?.tls : agents?.plain;
};
