import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { type Answer, json } from './answer.ts';
import { reasonOf } from './errors.ts';
import { uuid } from './ids.ts';
import type { Log } from './log.ts';
import { withSecurityHeaders } from './security-headers.ts';

/** A request that the server itself refused: before its endpoint saw it, or before it was a request at all. */
export interface EarlyRefusal {
  /** 413 for a body that is too large, 431 for its headers, 408 when it took too long, else 400. */
  status: number;
  reason: string;
}

/** What a listener answers to bytes that are no request; `id` is for the answer and the log. */
export type OnMalformed = (refused: EarlyRefusal & { id: string }) => Promise<Answer>;

const kinds: Readonly<Record<string, EarlyRefusal>> = {
  HPE_HEADER_OVERFLOW: { status: 431, reason: 'The headers and the address are longer than 16 KiB.' },
  ERR_HTTP_REQUEST_TIMEOUT: { status: 408, reason: 'The request did not come to its end in time.' },
};
const other: EarlyRefusal = { status: 400, reason: 'This is no well-formed HTTP request.' };

/** The answer as it goes over the wire; the connection ends with it. */
function inBytes({ status, headers, body }: Answer, isHttps: boolean): Buffer {
  const content = Buffer.from(body as Uint8Array);
  const lines = Object.entries({
    ...withSecurityHeaders(headers, isHttps),
    'content-length': String(content.length),
    connection: 'close',
  }).map(([name, value]) => `${name}: ${value}\r\n`);
  const first = `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n`;
  return Buffer.concat([Buffer.from(`${first}${lines.join('')}\r\n`), content]);
}

const plain = ({ status, reason, id }: EarlyRefusal & { id: string }): Answer =>
  json(status, { error: 'invalid_request', error_description: reason, id });

/** Answers bytes that are no request, with an id under which the reason is found, and ends the connection. */
export async function answerMalformed(
  error: Error & { code?: string },
  socket: Socket,
  {
    onMalformed,
    log,
    name,
    isHttps = false,
  }: { onMalformed?: OnMalformed; log: Log; name: string; isHttps?: boolean },
): Promise<void> {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy(error);
    return;
  }
  const refused = { ...(kinds[error.code ?? ''] ?? other), id: uuid() };
  log.info({ id: refused.id, listener: name, code: error.code, address: socket.remoteAddress }, 'malformed');
  const answer = await (onMalformed?.(refused) ?? Promise.resolve(plain(refused))).catch((failure) => {
    log.error({ id: refused.id, reason: reasonOf(failure) }, 'the answer to a malformed request failed');
    return plain(refused);
  });
  socket.end(inBytes(answer, isHttps));
}
