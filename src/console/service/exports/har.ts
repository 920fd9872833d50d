import { http } from '@alongside/kernel/node-http';
import type { Captured, Field, Journey, Message } from '../../../journeys/model.ts';
import { titleOf } from '../../../journeys/text.ts';

type Pair = { name: string; value: string };

const pairs = (fields: readonly Field[] = []): Pair[] => fields.map(({ name, value }) => ({ name, value }));

const headerOf = (captured: Captured | null, name: string): string =>
  captured?.headers.find((header) => header.name.toLowerCase() === name)?.value ?? '';

/** Writes parameters as they were sent. Secrets are cut. */
const written = (fields: readonly Field[] = []): string =>
  new URLSearchParams(fields.map(({ name, value }) => [name, value])).toString();

function urlOf({ request, route }: Message): string {
  const query = written(request?.query);
  const address = `${request?.url ?? `http://not-captured.invalid${route ?? '/'}`}${query === '' ? '' : `?${query}`}`;
  // Encodes the braces of parameters of the path.
  return URL.parse(address)?.href ?? address;
}

function requestOf(message: Message): object {
  const { request, method } = message;
  const text = request?.form ? written(request.form) : request?.body;
  const mimeType = headerOf(request, 'content-type') || 'application/octet-stream';
  return {
    method: method ?? 'GET',
    url: urlOf(message),
    httpVersion: 'HTTP/1.1',
    cookies: [],
    headers: pairs(request?.headers),
    queryString: pairs(request?.query),
    ...(text === undefined || text === ''
      ? {}
      : { postData: { mimeType, text, params: pairs(request?.form) } }),
    headersSize: -1,
    bodySize: text === undefined ? -1 : Buffer.byteLength(text),
  };
}

/** Status 0 is a request without a response, as browsers write it. */
function responseOf({ response, status }: Message): object {
  const body = response?.body ?? '';
  return {
    status: status ?? 0,
    statusText: status === null ? '' : (http.STATUS_CODES[status] ?? ''),
    httpVersion: 'HTTP/1.1',
    cookies: [],
    headers: pairs(response?.headers),
    content: {
      size: Buffer.byteLength(body),
      mimeType: headerOf(response, 'content-type') || 'x-unknown',
      ...(body === '' ? {} : { text: body }),
    },
    redirectURL: headerOf(response, 'location'),
    headersSize: -1,
    bodySize: -1,
  };
}

function entryOf(message: Message): object {
  const time = message.durationMs ?? 0;
  return {
    pageref: message.journey,
    startedDateTime: message.startedAt,
    time,
    request: requestOf(message),
    response: responseOf(message),
    cache: {},
    timings: { send: 0, wait: time, receive: 0 },
    comment: `${message.number}. ${message.words} (${message.from} to ${message.to}, message ${message.id})`,
  };
}

/** Returns the HTTP exchanges of a journey as HAR 1.2, with secrets cut as they were captured. */
export const harOf = (journey: Journey, version: string): object => ({
  log: {
    version: '1.2',
    creator: { name: 'Alongside', version },
    pages: [
      {
        id: journey.id,
        startedDateTime: journey.startedAt,
        title: titleOf(journey),
        pageTimings: { onContentLoad: -1, onLoad: -1 },
      },
    ],
    entries: journey.messages.filter(({ kind }) => kind !== 'act').map(entryOf),
    comment: 'Secrets are cut to their first characters and signatures of tokens are missing.',
  },
});
