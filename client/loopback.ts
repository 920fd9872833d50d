import { createHash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { ClientError } from './errors.ts';
import { isOwnPeer } from './peer-user.ts';
import { randomToken, sameSecret } from './secrets.ts';

// An import of node:http would also load undici, for its WebSocket.
const { createServer } = process.getBuiltinModule('node:http');

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
  /**
   * Returns an address that redirects to the sign-in once. Other users see the command line of a browser, so it must not contain the
   * address itself. Responses with another state are refused from now on.
   */
  begin(address: string, state: string): string;
  /** The parameters of the one response. */
  answer: Promise<URLSearchParams>;
  /** Returns the number of responses with another state. */
  strangers(): number;
  /** Resolves when the last page was sent to the browser. */
  donePageSent: Promise<void>;
  close(): Promise<void>;
}

const LONGEST_QUERY = 16_384;

interface Begun {
  /** The one-time path that redirects to the sign-in. */
  path: string;
  address: string;
  state: string;
  used: boolean;
}

/**
 * Listens on 127.0.0.1, on a free port, for exactly one response on exactly one path. // RFC 8252 section 7.3. Requests with
 * another host name, of another user, from a script or a frame, with another state, or after the first, get an error and change
 * nothing.
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
  let begun: Begun | undefined;
  let strangers = 0;
  const peers = new WeakMap<Socket, Promise<boolean>>();

  // In this order: the first match refuses the request before anything changes.
  const refusals: readonly Refusal[] = [
    // Another host name on this port is a page that resolves its name to this address (DNS rebinding).
    { status: 421, applies: ({ request }) => request.headers.host !== host },
    {
      status: 404,
      applies: ({ path }) =>
        path !== begun?.path && path !== callback && (path !== done || outcome === 'none'),
    },
    { status: 405, applies: ({ request }) => request.method !== 'GET', headers: { allow: 'GET' } },
    { status: 403, applies: ({ request }) => !isNavigation(request) },
    { status: 403, applies: async ({ request: { socket } }) => !(await isOurs(socket)) },
    { status: 414, applies: ({ query }) => query.length > LONGEST_QUERY },
    { status: 400, applies: ({ path, query }) => path === callback && isStranger(query) },
  ];

  // Once for each connection: the system's tables take milliseconds.
  const isOurs = (socket: Socket): Promise<boolean> => {
    const known = peers.get(socket) ?? isOwnPeer(socket);
    peers.set(socket, known);
    return known;
  };

  const isStranger = (query: string): boolean => {
    const states = new URLSearchParams(query).getAll('state');
    const fits = begun !== undefined && states.length === 1 && sameSecret(states[0] ?? '', begun.state);
    if (!fits) strangers += 1;
    return !fits;
  };

  const redirect = (response: ServerResponse, location: string): void => {
    response.writeHead(302, { ...LOOPBACK_HEADERS, location });
    response.end();
  };

  const takeAnswer = (query: string, response: ServerResponse): void => {
    const parameters = new URLSearchParams(query);
    outcome = parameters.has('error') ? 'error' : 'code';
    redirect(response, done);
    answer.resolve(parameters);
  };

  const showDone = (response: ServerResponse): void => {
    response.on('finish', page.resolve);
    response.writeHead(200, { ...LOOPBACK_HEADERS, 'content-type': 'text/html; charset=utf-8' });
    response.end(donePage(outcome === 'code'));
  };

  const receive = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const [path, query = ''] = split(request.url ?? '');
    for (const refusal of refusals)
      if (await refusal.applies({ request, path, query })) return refuse(response, refusal);
    if (path === done) return showDone(response);
    // Last, because another request may be first while the user of this one is looked up.
    const isStart = path === begun?.path;
    if (isStart ? begun?.used : outcome !== 'none') return refuse(response, { status: 410 });
    if (!isStart) return takeAnswer(query, response);
    if (!begun) return;
    begun.used = true;
    redirect(response, begun.address);
  };

  const server = createServer(
    { requestTimeout: 10_000, headersTimeout: 10_000, maxHeaderSize: 32_768 },
    (request, response) => void receive(request, response),
  );
  server.maxConnections = 64;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host: '127.0.0.1', port: 0 }, resolve);
  });
  host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    redirectUri: `http://${host}${callback}`,
    begin(address, state) {
      begun = { path: `/${randomToken()}`, address, state, used: false };
      return `http://${host}${begun.path}`;
    },
    answer: answer.promise,
    strangers: () => strangers,
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
  applies(received: { request: IncomingMessage; path: string; query: string }): boolean | Promise<boolean>;
  headers?: Record<string, string>;
}

const REFUSED: Readonly<Record<number, string>> = {
  400: 'This answer does not belong to the sign-in that the application waits for.',
  403: 'The application accepts only the browser of its own user.',
  410: 'This address was used. Start the sign-in in the application again.',
};

function refuse(response: ServerResponse, { status, headers }: Pick<Refusal, 'status' | 'headers'>): void {
  response.writeHead(status, {
    ...LOOPBACK_HEADERS,
    ...headers,
    connection: 'close',
    'content-type': 'text/plain; charset=utf-8',
  });
  response.end(REFUSED[status]);
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
