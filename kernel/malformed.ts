import type { Socket } from 'node:net';
import { type Answer, inBytes, json } from './answer.ts';
import { type Refuse, reasonOf } from './errors.ts';
import { uuid } from './ids.ts';
import { kernelErrors } from './kernel-errors.ts';
import { noteRefusal, type RespondOptions } from './respond.ts';

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

/** Responds to bytes that are not a valid request, with an id for the recorded reason, and closes the connection. */
export async function answerMalformed(
  error: Error & { code?: string },
  socket: Socket,
  {
    onMalformed,
    isHttps = false,
    ...options
  }: { onMalformed?: OnMalformed; isHttps?: boolean } & RespondOptions,
): Promise<void> {
  if (error.code === 'ECONNRESET' || !socket.writable) {
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
}
