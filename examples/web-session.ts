import { randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { sessionState } from '@alongside/client';

// Shared by the web examples. A real application uses its framework's sessions.

/** One browser's session, in memory. */
export interface WebSession<T> {
  id: string;
  data: Partial<T>;
  /** Milliseconds since the epoch. */
  startedAt: number;
  lastUsedAt: number;
}

/** Sessions of a small web application, identified by a cookie. */
export class WebSessions<T> {
  readonly #cookie: string;
  readonly #sessions = new Map<string, WebSession<T>>();

  constructor(cookie: string) {
    this.#cookie = cookie;
  }

  /** Returns the session of a request, or a new one. */
  of(request: IncomingMessage, response: ServerResponse): WebSession<T> {
    const pairs = (request.headers.cookie ?? '').split(';').map((pair) => pair.trim().split('='));
    const id = pairs.find(([name]) => name === this.#cookie)?.[1] ?? '';
    const session = this.#sessions.get(id);
    // 15 minutes without use, 12 hours at most.
    if (session && sessionState(session) === 'live') {
      session.lastUsedAt = Date.now();
      return session;
    }
    this.#sessions.delete(id);
    return this.renew(response);
  }

  /** Creates a session with a new id, also at sign-in, so that no one else knows the id of a signed-in session. */
  renew(response: ServerResponse, data: Partial<T> = {}): WebSession<T> {
    const now = Date.now();
    const session = { id: randomBytes(32).toString('base64url'), data, startedAt: now, lastUsedAt: now };
    this.#sessions.set(session.id, session);
    // For an https address, add Secure and a name that begins with __Host-.
    response.setHeader('set-cookie', `${this.#cookie}=${session.id}; Path=/; HttpOnly; SameSite=Lax`);
    return session;
  }

  end(session: WebSession<T>): void {
    this.#sessions.delete(session.id);
  }
}

/** Escapes text for HTML. */
export function escaped(text: unknown): string {
  return String(text).replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

/** Sends a small page. */
export function showPage(response: ServerResponse, body: string, status = 200): void {
  response.writeHead(status, {
    'content-type': 'text/html; charset=utf-8',
    'content-security-policy': "default-src 'none'; form-action 'self'; frame-ancestors 'none'",
    'cache-control': 'no-store',
  });
  response.end(
    `<!doctype html><html lang="en"><meta charset="utf-8"><title>Example</title><main>${body}</main></html>`,
  );
}

/** Redirects the browser; 303 in response to a POST. */
export function goTo(response: ServerResponse, url: string, status = 302): void {
  response.writeHead(status, { location: url, 'cache-control': 'no-store' }).end();
}
