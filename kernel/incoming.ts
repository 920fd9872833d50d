import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import type { Activity } from './activity.ts';
import { type Answer, inBytes, json } from './answer.ts';
import { type Refusal, type Refuse, reasonOf } from './errors.ts';
import { uuid } from './ids.ts';
import { kernelErrors } from './kernel-errors.ts';
import type { Peer } from './peer.ts';
import type { HttpRequest, Incoming } from './request.ts';
import { noteRefusal, type RespondOptions } from './respond.ts';

/** Largest body in bytes, where neither the route nor the listener has another limit. */
export const defaultBodyLimit = 65_536;

/** Media types with binary bodies. */
const binaryTypes: ReadonlySet<string> = new Set(['application/ocsp-request']);
const mediaType = /^[\w!#$&^.+-]+\/[\w!#$&^.+-]+\s*(?:;|$)/;
const isBinary = (type: string | undefined): boolean =>
  type !== undefined && binaryTypes.has((type.split(';', 1)[0] ?? '').trim().toLowerCase());

/** Methods with bodies that are read. For the others, a body has no defined meaning (RFC 9110 section 9.3). */
const methodsWithBody: ReadonlySet<string> = new Set(['POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);

/** Returns whether a request has a body to wait for. */
export const hasBody = ({ method = '', headers }: IncomingMessage): boolean =>
  methodsWithBody.has(method) &&
  (headers['transfer-encoding'] !== undefined || (headers['content-length'] ?? '0') !== '0');

export const bodyTooLarge = (): Refusal => kernelErrors.bodyTooLarge('Request body is too large');

/**
 * Resolves with the whole body, or with a refusal as soon as it is known to be larger than the limit. The rest is not read: the
 * response must close the connection.
 */
export function readBody(raw: IncomingMessage, limit: number): Promise<Buffer | Refusal> {
  return new Promise((resolve) => {
    if (Number(raw.headers['content-length']) > limit) return resolve(bodyTooLarge());
    const parts: Buffer[] = [];
    let size = 0;
    const take = (part: Buffer) => {
      size += part.length;
      if (size <= limit) parts.push(part);
      else {
        raw.off('data', take);
        resolve(bodyTooLarge());
      }
    };
    const end = () => resolve(parts.length === 1 ? (parts[0] as Buffer) : Buffer.concat(parts, size));
    const fail = (error: Error) => resolve(kernelErrors.requestMalformed(error.message));
    raw.on('data', take).on('end', end).on('error', fail);
  });
}

/** Returns the unread body of a request, and the signal of its client. */
export function incomingOf(raw: IncomingMessage, response: ServerResponse): Incoming {
  const gone = new AbortController();
  response.once('close', () => {
    if (!response.writableFinished) gone.abort();
  });
  return { body: hasBody(raw) ? raw : undefined, gone: gone.signal };
}

/** The path and the query of a request target. */
export interface Target {
  path: string;
  query: string;
}

/** The start of a request target in absolute form (RFC 9112 section 3.2.2). */
const absoluteForm = /^https?:\/\/([^/?#]*)/i;

/** Splits a request target at its first `?`. The authority of the absolute form is not part of the path. */
export function targetOf(address: string): Target {
  const own = address.startsWith('/') ? address : address.replace(absoluteForm, '');
  const mark = own.indexOf('?');
  return mark === -1
    ? { path: own || '/', query: '' }
    : { path: own.slice(0, mark) || '/', query: own.slice(mark + 1) };
}

/** A host and a port as in an address (RFC 3986 section 3.2), or nothing. */
const hostAndPort = /^(?:[\w.~!$&'()*+,;=%-]*|\[[\da-f:.]+\])(?::\d*)?$/i;

/**
 * Returns the refusal of a request that the parser accepts, but that proxies may read in another way: another version of HTTP,
 * several or malformed `Host` headers, or a `Host` that differs from the target (RFC 9112 sections 2.3 and 3.2).
 */
export function ambiguous({ httpVersion, rawHeaders, url = '/' }: IncomingMessage): Refusal | undefined {
  if (httpVersion !== '1.1' && httpVersion !== '1.0')
    return kernelErrors.requestMalformed(`HTTP/${httpVersion} is not supported`);
  let host: string | undefined;
  for (let place = 0; place < rawHeaders.length; place += 2) {
    const name = rawHeaders[place] ?? '';
    if (name.length !== 4 || name.toLowerCase() !== 'host') continue;
    if (host !== undefined) return kernelErrors.requestMalformed('several Host headers');
    host = rawHeaders[place + 1] ?? '';
  }
  if (host && !hostAndPort.test(host)) return kernelErrors.requestMalformed('the Host header is malformed');
  const authority = url.startsWith('/') ? undefined : absoluteForm.exec(url)?.[1];
  return authority !== undefined && host !== undefined && authority.toLowerCase() !== host.toLowerCase()
    ? kernelErrors.requestMalformed('the Host header differs from the request target')
    : undefined;
}

const noBytes = Buffer.alloc(0);

/** Returns a request as endpoints get it. */
export function requestOf(
  raw: IncomingMessage,
  { path, query }: Target,
  params: HttpRequest['params'],
  body: Buffer | undefined,
  { address, clientUnknown, certificate, certificateChain }: Peer,
  incoming?: Incoming,
  activity?: Activity,
): HttpRequest {
  const { method = '', headers, rawHeaders, socket } = raw;
  const type = headers['content-type'];
  // The endpoint refuses an invalid Content-Type in its own format.
  if (type !== undefined && !mediaType.test(type)) headers['content-type'] = 'application/octet-stream';
  const binary = methodsWithBody.has(method) && isBinary(type);
  return {
    id: uuid(),
    method,
    path,
    params,
    query,
    headers,
    rawHeaders,
    body: binary || !body ? '' : body.toString('utf8'),
    bytes: binary ? (body ?? noBytes) : undefined,
    incoming,
    address,
    clientUnknown,
    port: socket.remotePort ?? 0,
    localAddress: socket.localAddress,
    connection: socket,
    certificate,
    certificateChain,
    activity,
  };
}

/** Responds to bytes that are not a valid request; `id` is for the response and the log. */
export type OnMalformed = (refused: {
  id: string;
  /** 431 for oversized headers, 408 for a time-out, else 400. */
  status: number;
  reason: string;
}) => Promise<Answer>;

const kinds: Readonly<Record<string, Refuse>> = {
  HPE_HEADER_OVERFLOW: kernelErrors.headersTooLarge,
  ERR_HTTP_REQUEST_TIMEOUT: kernelErrors.requestSlow,
};

/** Whether the TLS handshake has not ended. A response would wait for it, and keep the connection for ever. */
const isHandshaking = (socket: Socket): boolean =>
  socket instanceof TLSSocket &&
  (socket as TLSSocket & { secureConnecting?: boolean }).secureConnecting === true;

/** Responds to bytes that are not a valid request, with an id for the recorded reason, and closes the connection. */
export async function answerMalformed(
  error: Error & { code?: string },
  socket: Socket,
  {
    onMalformed,
    isHttps = false,
    linger,
    ...options
  }: { onMalformed?: OnMalformed; isHttps?: boolean; linger: number } & RespondOptions,
): Promise<void> {
  if (error.code === 'ECONNRESET' || !socket.writable || isHandshaking(socket)) {
    socket.destroy(error);
    return;
  }
  const id = uuid();
  const refusal = (kinds[error.code ?? ''] ?? kernelErrors.requestMalformed)(
    `the parser stopped at ${error.code}`,
  );
  const { status, code, description: reason } = refusal.entry;
  const plain = () => json(status, { error: code, error_description: reason, id }).refusing(refusal);
  const answer = await (onMalformed?.({ id, status, reason }) ?? Promise.resolve(plain())).catch(
    (failure) => {
      options.log.error({ id, reason: reasonOf(failure) }, 'the answer to a malformed request failed');
      return plain();
    },
  );
  const nowhere = { id, method: '', path: '(no request)', headers: {}, address: socket.remoteAddress ?? '' };
  socket.end(inBytes(noteRefusal(answer, nowhere, options), id, isHttps));
  // A client that never closes its side would keep the connection.
  const timer = setTimeout(() => socket.destroy(), linger);
  socket.once('close', () => clearTimeout(timer));
}
