import { setTimeout as delay } from 'node:timers/promises';
import type { Browser, OpenBrowser } from './browser/browser.ts';
import { ClientError } from './errors.ts';
import { type Fetch, type HttpAnswer, jsonObject, send, untilAborted } from './http.ts';
import type { Loopback, LoopbackPaths } from './loopback.ts';
import { listenOnLoopback } from './loopback.ts';
import { oauthErrorOf } from './token-endpoint.ts';

/** How a native application shows the sign-in. */
export interface SignInWindowOptions {
  browser: Browser;
  /** Time limit in milliseconds; 60,000 by default. */
  timeoutMs?: number | undefined;
  /** Aborts the sign-in. */
  signal?: AbortSignal | undefined;
  paths?: LoopbackPaths | undefined;
}

/** Steps before and after the browser. */
export interface SignInSteps<T> {
  /** Returns the address to open, given the redirect address, and the state of its response. */
  address(redirectUri: string, signal: AbortSignal): Promise<{ url: string; state: string }>;
  /** Converts the response into the application's result. */
  redeem(answer: URLSearchParams, redirectUri: string, signal: AbortSignal): Promise<T>;
}

const DEFAULT_TIMEOUT_MS = 60_000;
const LAST_PAGE_MS = 1000;
const LATE_WINDOW_MS = 1000;
const CLOSING_GRACE_MS = 150;

/**
 * Runs one sign-in in a browser: listens on loopback, opens the browser, waits for one response, redeems it, and always closes
 * both. Throws `cancelled` if the user closed the window, `timeout`, `aborted`, `browser_failed`, or an error of the steps.
 */
export async function signInInWindow<T>(options: SignInWindowOptions, steps: SignInSteps<T>): Promise<T> {
  const giveUp = limits(options);
  const loopback = await listenOnLoopback(options.paths);
  const closing: (() => Promise<void>)[] = [];
  try {
    const { url, state } = await giveUp.race(steps.address(loopback.redirectUri, giveUp.signal));
    const opening = options.browser.open(loopback.begin(url, state));
    // A window that opens after the end is closed too; one that never opens is not waited for.
    const closed = () => opening.then((opened) => opened.close()).catch(() => undefined);
    closing.push(() => Promise.race([closed(), neverOpened(opening)]));
    const opened = await giveUp.race(opening);
    const answer = await giveUp.race(Promise.race([loopback.answer, windowClosed(opened)]));
    closing.unshift(() => lastPage(loopback));
    return await giveUp.race(steps.redeem(answer, loopback.redirectUri, giveUp.signal));
  } catch (error) {
    const strangers = loopback.strangers();
    if (!(error instanceof ClientError) || error.code !== 'timeout' || strangers === 0) throw error;
    throw new ClientError('timeout', error.message, {
      advice: error.advice,
      expected: 'a response with the state of this sign-in',
      received: `${strangers} with another state or none`,
    });
  } finally {
    giveUp.end();
    for (const close of closing) await close();
    await loopback.close();
  }
}

interface Limits {
  signal: AbortSignal;
  race<T>(work: Promise<T>): Promise<T>;
  end(): void;
}

function limits({ timeoutMs = DEFAULT_TIMEOUT_MS, signal }: SignInWindowOptions): Limits {
  const controller = new AbortController();
  const aborted = (): void => controller.abort(new ClientError('aborted', 'The sign-in was aborted.'));
  const text = `The sign-in was not finished within ${Math.ceil(timeoutMs / 1000)} seconds.`;
  const advice =
    'See the page in the browser: if the server refused the request, only that page may say why.';
  const timer = setTimeout(() => controller.abort(new ClientError('timeout', text, { advice })), timeoutMs);
  if (signal?.aborted) aborted();
  signal?.addEventListener('abort', aborted, { once: true });
  return {
    signal: controller.signal,
    race: (work) => untilAborted(controller.signal, work),
    end: () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', aborted);
    },
  };
}

/** Statuses of a server that refuses the request; others may be those of a proxy that admits only browsers. */
const REFUSED: readonly number[] = [400, 401, 404];
const QUICK_MS = 5000;

/** Statuses of a server that serves the page only by GET. */
const ONLY_GET: readonly number[] = [405, 501];

/**
 * Requests the first page, and throws if it is an error: only the user is told about a wrong client or redirect address
 * (RFC 6749 section 4.1.2.1), so the sign-in would wait for its time limit. HEAD begins no sign-in besides that of the browser; the
 * reason of an error is in the body of GET.
 */
export async function checkFirstPage(fetcher: Fetch, url: string, signal: AbortSignal): Promise<void> {
  const { pathname, origin } = new URL(url);
  const request = { url, publicUrl: origin + pathname, timeoutMs: QUICK_MS, signal };
  const isSuspect = ({ status }: HttpAnswer) => REFUSED.includes(status) || ONLY_GET.includes(status);
  const head = await send(fetcher, { ...request, method: 'HEAD' }).catch(() => undefined);
  if (!head || !isSuspect(head)) return;
  const answer = await send(fetcher, request).catch(() => undefined);
  if (!answer || !REFUSED.includes(answer.status)) return;
  const body = jsonObject(answer);
  if (body) throw oauthErrorOf(answer, body, []);
  const sentence = `The server refuses the sign-in with a page: ${origin}${pathname} answered ${answer.status}.`;
  throw new ClientError('oauth', sentence, {
    advice:
      'See that the client id is registered there, with the redirect address http://127.0.0.1/callback.',
  });
}

// A response may still be in flight when its window closes.
async function windowClosed(opened: OpenBrowser): Promise<never> {
  await opened.closed;
  await delay(CLOSING_GRACE_MS);
  throw new ClientError('cancelled', 'The sign-in window was closed before the sign-in was finished.');
}

// Settles only if no window has opened some time after the end; one that opened late needs time to close.
async function neverOpened(opening: Promise<OpenBrowser>): Promise<void> {
  const late = delay(LATE_WINDOW_MS, 'late', { ref: false });
  const outcome = await Promise.race([opening.catch(() => undefined), late]);
  if (outcome !== 'late') await new Promise(() => undefined);
}

// A browser that cannot be closed should at least not end on an error page.
async function lastPage(loopback: Loopback): Promise<void> {
  await Promise.race([loopback.donePageSent, delay(LAST_PAGE_MS, undefined, { ref: false })]);
}
