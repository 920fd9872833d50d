import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ClientError } from './errors.ts';

/** The two paths of the loopback listener. */
export interface LoopbackPaths {
  /** Path of the authorization response; `/callback` by default. */
  callback?: string | undefined;
  /** Path to which the browser is redirected, so that the code does not stay in its history; `/done` by default. */
  done?: string | undefined;
}

/** A listener for one authorization response. */
export interface Loopback {
  /** `http://127.0.0.1:PORT/callback` */
  redirectUri: string;
  /** The parameters of the one response. */
  answer: Promise<URLSearchParams>;
  /** Resolves when the last page was sent to the browser. */
  donePageSent: Promise<void>;
  close(): Promise<void>;
}

const LONGEST_QUERY = 16_384;

/**
 * Listens on 127.0.0.1, on a free port, for exactly one response on exactly one path. // RFC 8252 section 7.3. Requests with
 * another host name, from a script or a frame, or after the first, get an error and change nothing.
 */
export async function listenOnLoopback(paths: LoopbackPaths = {}): Promise<Loopback> {
  const callback = checkedPath('paths.callback', paths.callback ?? '/callback');
  const done = checkedPath('paths.done', paths.done ?? '/done');
  if (callback === done)
    throw new ClientError('settings_invalid', 'The paths callback and done must differ.');
  const answer = later<URLSearchParams>();
  const page = later<void>();
  let outcome: 'none' | 'code' | 'error' = 'none';
  let host = '';

  // In this order: the first match refuses the request before anything changes.
  const refusals: readonly Refusal[] = [
    // Another host name on this port is a page that resolves its name to this address (DNS rebinding).
    { status: 421, applies: ({ request }) => request.headers.host !== host },
    { status: 404, applies: ({ path }) => path !== callback && (path !== done || outcome === 'none') },
    { status: 405, applies: ({ request }) => request.method !== 'GET', headers: { allow: 'GET' } },
    { status: 403, applies: ({ request }) => !isNavigation(request) },
    { status: 410, applies: ({ path }) => path === callback && outcome !== 'none' },
    { status: 414, applies: ({ query }) => query.length > LONGEST_QUERY },
  ];

  const takeAnswer = (query: string, response: ServerResponse): void => {
    const parameters = new URLSearchParams(query);
    outcome = parameters.has('error') ? 'error' : 'code';
    response.writeHead(302, { ...LOOPBACK_HEADERS, location: done });
    response.end();
    answer.resolve(parameters);
  };

  const showDone = (response: ServerResponse): void => {
    response.on('finish', page.resolve);
    response.writeHead(200, { ...LOOPBACK_HEADERS, 'content-type': 'text/html; charset=utf-8' });
    response.end(donePage(outcome === 'code'));
  };

  const receive = (request: IncomingMessage, response: ServerResponse): void => {
    const [path, query = ''] = split(request.url ?? '');
    const refusal = refusals.find(({ applies }) => applies({ request, path, query }));
    if (refusal) refuse(response, refusal);
    else if (path === done) showDone(response);
    else takeAnswer(query, response);
  };

  const server = createServer(
    { requestTimeout: 10_000, headersTimeout: 10_000, maxHeaderSize: 32_768 },
    receive,
  );
  server.maxConnections = 64;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host: '127.0.0.1', port: 0 }, resolve);
  });
  host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    redirectUri: `http://${host}${callback}`,
    answer: answer.promise,
    donePageSent: page.promise,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

interface Refusal {
  status: number;
  applies(received: { request: IncomingMessage; path: string; query: string }): boolean;
  headers?: Record<string, string>;
}

function refuse(response: ServerResponse, { status, headers }: Refusal): void {
  response.writeHead(status, {
    ...LOOPBACK_HEADERS,
    ...headers,
    'content-type': 'text/plain; charset=utf-8',
  });
  response.end();
}

// A page may make its browser fetch or frame this address. Browsers announce this; other programs send no such header.
function isNavigation(request: IncomingMessage): boolean {
  return (request.headers['sec-fetch-dest'] ?? 'document') === 'document';
}

function split(url: string): [path: string, query?: string] {
  const start = url.indexOf('?');
  return start === -1 ? [url] : [url.slice(0, start), url.slice(start + 1)];
}

function checkedPath(setting: string, path: string): string {
  if (!/^\/[A-Za-z0-9/_.-]*$/.test(path))
    throw new ClientError('settings_invalid', `The setting ${setting} must be a path such as /callback.`);
  return path;
}

// The oldest supported Node does not have Promise.withResolvers.
function later<T>(): { promise: Promise<T>; resolve: (value: T) => void } {
  let resolve!: (value: T) => void;
  const promise = new Promise<T>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}

// Browsers let a page close its window only if the user did not click on the way, so the text does not promise it.
const SCRIPT = 'window.close();';
const STYLE = [
  ':root{color-scheme:light dark;font:1.125rem/1.5 system-ui,sans-serif}',
  'body{max-width:34rem;margin:4rem auto;padding:0 1rem}',
].join('');

const HANDED_BACK = {
  title: 'You can go back to the application',
  text: 'The sign-in has been handed to the application. If this window is still open, you can close it.',
};
const NOT_FINISHED = {
  title: 'The sign-in did not finish',
  text: 'The application can say more. If this window is still open, you can close it.',
};

/** Returns the last page of a native sign-in, which only explains how to continue. */
function donePage(succeeded: boolean): string {
  const { title, text } = succeeded ? HANDED_BACK : NOT_FINISHED;
  return [
    `<!doctype html><html lang="en"><meta charset="utf-8"><title>${title}</title>`,
    `<meta name="viewport" content="width=device-width"><style>${STYLE}</style>`,
    `<main><h1>${title}</h1><p>${text}</p></main><script>${SCRIPT}</script></html>`,
  ].join('');
}

/** Headers of every response of the loopback listener. */
const LOOPBACK_HEADERS: Readonly<Record<string, string>> = {
  'cache-control': 'no-store',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'cross-origin-opener-policy': 'same-origin',
  'content-security-policy': [
    "default-src 'none'",
    `script-src '${hashSource(SCRIPT)}'`,
    `style-src '${hashSource(STYLE)}'`,
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; '),
};

function hashSource(text: string): string {
  return `sha256-${createHash('sha256').update(text, 'utf8').digest('base64')}`;
}
