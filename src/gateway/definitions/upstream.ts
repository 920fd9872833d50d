import type { IncomingMessage } from 'node:http';
import { pipeline, Transform } from 'node:stream';
import { Answer, type Chunks, type Headers, StreamAnswer } from '@alongside/kernel/answer';
import type { Clock } from '@alongside/kernel/clock';
import { Refusal } from '@alongside/kernel/errors';
import { newTraceparent } from '@alongside/kernel/ids';
import { bodyTooLarge } from '@alongside/kernel/incoming';
import {
  OutboundAgents,
  OutboundError,
  type OutboundStream,
  outboundStream,
} from '@alongside/kernel/outbound';
import type { BackEndRequest } from '../api.ts';
import { errors } from '../errors/catalogue.ts';
import type { ApiSettings, TargetSecurity } from './model.ts';
import { NoPlace, Places } from './places.ts';
import { passedHeaders } from './response-headers.ts';

/** Largest response that is read whole, so that a broken one becomes an error of the gateway. */
const wholeLimit = 1_048_576;

/** Milliseconds for such a response unless `timeouts.whole` is set: an upstream that sends a byte now and then is never idle. */
const defaultWholeTime = 60_000;

/** Milliseconds that a call waits for a connection unless `timeouts.queue` is set. */
const defaultQueueTime = 5_000;

/** Seconds after which a client may repeat a call that got no connection. */
const retryAfter = 1;

export interface UpstreamParts {
  clock: Clock;
  /** Name of the API. */
  name: string;
  /** Address of the upstream, without a slash at its end. */
  url: string;
  /** Public address of the API, which replaces that of the upstream in Location. */
  publicUrl: string;
  settings: ApiSettings;
  security: TargetSecurity | undefined;
  /** Names of response headers that the definition adds to the usual ones, in lower case. */
  responseHeaders: ReadonlySet<string>;
  /** Returns the secret of `security`; undefined if it is not set. */
  secret: () => Promise<string | undefined>;
}

/** A request to the upstream: that of the gateway, its body if that was read, and whether HTML may pass. */
export interface UpstreamRequest extends BackEndRequest {
  whole: Buffer | undefined;
  mayBeHtml: boolean;
}

const typeOf = ({ headers }: OutboundStream): string =>
  (headers['content-type']?.split(';', 1)[0] ?? '').trim().toLowerCase();
const isEventStream = (answer: OutboundStream): boolean => typeOf(answer) === 'text/event-stream';
export const isJson = (type: string): boolean => /^application\/([\w.+-]+\+)?json\b/.test(type);

/** Passes the bytes of a request on, and refuses more than the limit. */
function limited(body: IncomingMessage, limit: number): Transform {
  let size = 0;
  const counter = new Transform({
    transform(chunk: Buffer, _, done) {
      size += chunk.length;
      done(size > limit ? bodyTooLarge() : null, chunk);
    },
  });
  // The failure destroys the counter, which ends the call.
  return pipeline(body, counter, () => undefined);
}

/** An HTTP server behind the gateway, with its own kept connections. */
export class Upstream {
  readonly #parts: UpstreamParts;
  #agents: OutboundAgents | undefined;
  #secret: string | undefined;
  readonly #places: Places;
  #isClosed = false;

  constructor(parts: UpstreamParts) {
    const { sockets, queue, timeouts } = parts.settings;
    this.#parts = parts;
    this.#places = new Places({ places: sockets, queue, queueTimeout: timeouts.queue ?? defaultQueueTime });
  }

  /** Closes the connections, after the last open call. */
  close(): void {
    this.#isClosed = true;
    if (this.#places.isEmpty) this.#agents?.close();
  }

  /** Calls the upstream. A response that fails, breaks off, is HTML or a server error becomes a refusal of the gateway. */
  async call(request: UpstreamRequest): Promise<Answer> {
    const { messageId, incoming } = request;
    let leave = (): void => undefined;
    try {
      const free = await this.#places.take(incoming?.gone);
      leave = () => {
        free();
        if (this.#isClosed) this.close();
      };
      const answer = await this.#send(request);
      answer.body.once('close', leave);
      return await this.#answerOf(answer, request);
    } catch (error) {
      leave();
      throw this.#refusalOf(error, messageId);
    }
  }

  #refusalOf(error: unknown, messageId: string): unknown {
    if (error instanceof NoPlace) return errors.backEndBusy(error.message, { messageId, retryAfter });
    if (!(error instanceof OutboundError)) return error;
    if (error.cause instanceof Refusal) return error.cause;
    if (error.failure === 'late') return errors.backEndTimeout(error.message, { messageId });
    if (error.failure === 'unreachable') return errors.backEndUnreachable(error.message, { messageId });
    return errors.unexpected(`the answer of the upstream is broken: ${error.message}`, {
      messageId,
      status: 502,
    });
  }

  async #connections(): Promise<OutboundAgents> {
    const { security, settings, secret } = this.#parts;
    if (this.#agents) return this.#agents;
    this.#secret = security && (await secret());
    this.#agents ??= new OutboundAgents(
      settings.sockets,
      security?.type === 'mtls' ? this.#secret : undefined,
    );
    return this.#agents;
  }

  async #send(request: UpstreamRequest): Promise<OutboundStream> {
    const { name, url, settings, security } = this.#parts;
    const agents = await this.#connections();
    const headers: Record<string, string> = Object.fromEntries(request.headers);
    const { whole, incoming, messageId } = request;
    headers.traceparent ??= newTraceparent(messageId);
    if (security !== undefined && this.#secret === undefined)
      throw errors.targetSecretMissing('the secret of the target is not stored', { messageId }).about({
        fix: `Store it: alongside api edit ${name} --secret ${security.secret}=@FILE.`,
      });
    if (security?.type === 'apikey') headers[security.header] = this.#secret ?? '';
    const unread = whole === undefined ? incoming?.body : undefined;
    const length = whole?.length ?? unread?.headers['content-length'];
    if (unread && Number(length ?? 0) > settings.bodyLimit) throw bodyTooLarge();
    if (length !== undefined) headers['content-length'] = String(length);
    const { connect, headers: first, idle } = settings.timeouts;
    return outboundStream(
      `${url}${request.path}${request.query === '' ? '' : `?${request.query}`}`,
      { privateAddresses: true, agents },
      {
        purpose: 'upstream',
        method: request.method,
        headers,
        body: unread ? limited(unread, settings.bodyLimit) : whole,
        timeouts: { connect, headers: first, idle },
        signal: incoming?.gone,
      },
    );
  }

  async #answerOf(answer: OutboundStream, request: UpstreamRequest): Promise<Answer> {
    const { status, body } = answer;
    const { messageId, mayBeHtml, incoming } = request;
    const discarded = (error: Refusal) => {
      body.destroy();
      return error;
    };
    const broken = (detail: string, as = 502) =>
      discarded(errors.unexpected(detail, { status: as, messageId }));
    if (status === 504) throw discarded(errors.backEndTimeout('the upstream answered 504', { messageId }));
    if (status >= 500 || status < 200)
      throw broken(`the upstream answered ${status}`, status > 599 || status < 200 ? 502 : status);
    if (/^(text\/html|application\/xhtml\+xml)$/.test(typeOf(answer)) && !mayBeHtml)
      throw broken('the upstream answered HTML, which the definition does not describe');
    const headers = this.#headersOf(answer);
    if (isEventStream(answer)) {
      body.setTimeout(0);
      return new StreamAnswer(status, headers, streamOf(body, [Buffer.alloc(0)], incoming?.gone));
    }
    const length = Number(answer.headers['content-length'] ?? Number.NaN);
    const isSmall = length <= wholeLimit || isJson(typeOf(answer));
    if (!isSmall) return new StreamAnswer(status, headers, streamOf(body, [], incoming?.gone));
    const { parts, isWhole } = await this.#readStart(body);
    if (isWhole) return new Answer(status, headers, Buffer.concat(parts));
    return new StreamAnswer(status, headers, streamOf(body, parts, incoming?.gone));
  }

  /** Reads a body up to the limit for whole responses. The time limit applies whenever a part arrives, else the idle one. */
  async #readStart(body: IncomingMessage): Promise<{ parts: Buffer[]; isWhole: boolean }> {
    const { clock, settings } = this.#parts;
    const { whole = defaultWholeTime } = settings.timeouts;
    const begun = clock.now();
    const parts: Buffer[] = [];
    let size = 0;
    return new Promise((resolve, reject) => {
      const done = (isWhole: boolean) => {
        body.off('data', take).off('end', end).off('error', fail);
        if (!isWhole) body.pause();
        resolve({ parts, isWhole });
      };
      const take = (part: Buffer) => {
        parts.push(part);
        size += part.length;
        if (clock.now() - begun > whole)
          body.destroy(new OutboundError(`no whole answer within ${whole} ms`, { failure: 'late' }));
        else if (size > wholeLimit) done(false);
      };
      const end = () => done(true);
      const fail = (error: Error) =>
        reject(error instanceof OutboundError ? error : new OutboundError(error.message, { cause: error }));
      body.on('data', take).on('end', end).on('error', fail);
    });
  }

  #headersOf({ headers, status }: OutboundStream): Headers {
    const { url, publicUrl, responseHeaders } = this.#parts;
    const kept = passedHeaders(headers, responseHeaders);
    for (const name of (headers.connection ?? '').split(',')) delete kept[name.trim().toLowerCase()];
    if (status === 204) delete kept['content-length'];
    for (const name of ['location', 'content-location']) {
      const value = String(kept[name] ?? '');
      if (value.startsWith(url)) kept[name] = publicUrl + value.slice(url.length);
    }
    return kept;
  }
}

/** Returns the chunks of a body after its start. Destroys it when its client has gone. */
const streamOf = (body: IncomingMessage, start: readonly Buffer[], before: AbortSignal | undefined): Chunks =>
  async function* chunks(gone) {
    const stop = () => void body.destroy();
    for (const signal of [gone, before]) signal?.addEventListener('abort', stop, { once: true });
    if (gone.aborted || before?.aborted) stop();
    try {
      yield* start;
      yield* body as AsyncIterable<Buffer>;
    } finally {
      body.destroy();
    }
  };
