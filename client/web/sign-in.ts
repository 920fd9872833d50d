import type { Clock } from '../clock.ts';
import { systemClock } from '../clock.ts';
import type { Combined } from '../combined.ts';
import { checkedUrl } from '../config.ts';
import { ClientError } from '../errors.ts';
import type { Separate } from '../exchange.ts';
import type { Fapi2 } from '../fapi2.ts';
import { readBytes } from '../http.ts';
import type { LogoutNotice, LogoutReceiver } from '../logout.ts';
import type { SessionLimits } from '../session-limits.ts';
import { CARE_IDENTITY_LIMITS } from '../session-limits.ts';
import type { TokenSet } from '../tokens.ts';
import { stateOf } from '../transaction.ts';
import { cookiesAt, pendingName } from './cookies.ts';
import { liveSessions, type WebSession, type WithHeaders } from './live-sessions.ts';
import { patternOf, type WebSignInOptions } from './pattern.ts';
import {
  failurePage,
  onwardPage,
  redirect,
  type SignInFailure,
  signedOutPage,
  withCookie,
} from './responses.ts';
import { memorySessions, type SessionStore, type User } from './sessions.ts';
import { pendingSignIns } from './transactions.ts';

/** The settings of a web application's sign-in. */
export interface WebSignInSettings {
  /** The application's own origin, for example `https://clinic.example`. */
  origin: string;
  /** The result of `createCombined`, `createSeparate` or `createFapi2`; its callback address is `origin` and `paths.callback`. */
  pattern: Combined | Separate | Fapi2;
  /** Returns the user to whom tokens belong: only for `createFapi2`, whose server has no claims about users. */
  user?: ((tokens: TokenSet) => Promise<User>) | undefined;
  /** Level and age of the authentication; `maxAge` is 300 seconds by default (separate pattern). */
  signIn?: WebSignInOptions | undefined;
  /** Store of the sessions; `memorySessions()` by default, for one process. */
  sessions?: SessionStore | undefined;
  /** The same in every process, 32 characters or more; seals sign-ins under way. By default one of this process. */
  secret?: string | undefined;
  /** Ends sessions that CIS2 ends: the result of `createLogoutReceiver`; separate pattern only. */
  logout?: LogoutReceiver | undefined;
  /** Paths that `handle` responds to. */
  paths?: Partial<WebPaths> | undefined;
  /** Shown after sign-out, also when CIS2 sends the browser back; by default a page of this library at `paths.signedOut`. */
  afterSignOut?: string | undefined;
  /** 15 minutes without use, 12 hours at most. */
  limits?: SessionLimits | undefined;
  /** Distinguishes applications at one host, in the names of cookies; `app` by default. */
  name?: string | undefined;
  /** Responds to a failed sign-in; by default with a plain page. */
  onFailure?: ((failure: SignInFailure) => Response | Promise<Response>) | undefined;
  /** Leads the browser to CIS2 after sign-out, with a page: a redirect would break the policy `form-action 'self'`. */
  onward?: ((to: string) => Response) | undefined;
  clock?: Clock | undefined;
}

/** The paths of the handlers. */
export interface WebPaths {
  /** GET: starts a sign-in. `?to=/path` is shown afterwards; `?role=changed` asks for another role (separate pattern). */
  signIn: string;
  /** GET: the callback. */
  callback: string;
  /** POST: ends the session. */
  signOut: string;
  /** GET: the page after sign-out. In the separate pattern, register it at CIS2 (`postLogoutRedirectUris`). */
  signedOut: string;
  /**
   * POST with `role`: selects one of the user's roles; `to` is shown afterwards. If the user selected the current role at CIS2, the
   * browser goes there to select another: the ID token contains the role, and the platform accepts no other in `NHSD-Session-URID`.
   */
  role: string;
  /** POST by CIS2: back-channel logout. */
  logout: string;
}

const PATHS: WebPaths = {
  signIn: '/sign-in',
  callback: '/callback',
  signOut: '/sign-out',
  signedOut: '/signed-out',
  role: '/role',
  logout: '/backchannel-logout',
};

/** The sign-in of a web application. */
export interface WebSignIn {
  /** The application's origin. */
  readonly origin: string;
  /** Responds to requests for its own paths; returns undefined for others. */
  handle(request: Request): Promise<Response | undefined>;
  /** Returns the live session of a request, and counts the request as use. */
  session(request: WithHeaders): Promise<WebSession | undefined>;
  /**
   * Calls a page for signed-in users and returns its result. Others go to the sign-in: by a redirect, or by a page after
   * a form. A script gets 401. If the platform has ended the tokens, for example after the card was removed, ends the session first.
   */
  guard<T>(request: Request, page: (session: WebSession) => Promise<T> | T): Promise<T | Response>;
}

/** Seconds for which a sign-in may be under way, as for the packed state. */
const SIGN_IN_SECONDS = 900;
const LONGEST_FORM = 65_536;
/** A loop of redirects calls the API sooner after each sign-in. */
const LOOP_MS = 10_000;
const signingIn = 'Signing in again';

/** Creates the handlers of a web application. Throws `settings_invalid` with the name of the setting. */
export function createWebSignIn(settings: WebSignInSettings): WebSignIn {
  const clock = settings.clock ?? systemClock;
  const { origin } = new URL(checkedUrl('origin', settings.origin));
  const pattern = patternOf(settings.pattern, { ...settings.signIn, user: settings.user });
  const store = settings.sessions ?? memorySessions({ clock });
  const limits = settings.limits ?? CARE_IDENTITY_LIMITS;
  const paths = { ...PATHS, ...settings.paths };
  const cookies = cookiesAt(origin, settings.name ?? 'app');
  const sessions = liveSessions({ store, cookies, limits, pattern, clock });
  const pending = pendingSignIns(settings.secret);
  const { logout } = settings;
  const fail = settings.onFailure ?? failurePage;
  const onward = settings.onward ?? ((to: string) => onwardPage(to, 'Signing out'));

  async function begin(request: Request, query: URLSearchParams): Promise<Response> {
    let url: string;
    let state: string;
    try {
      ({ url, state } = await pattern.begin({ changesRole: query.get('role') === 'changed' }));
    } catch (error) {
      if (!(error instanceof ClientError)) throw error;
      return fail({ status: 503, message: error.message, error, request });
    }
    const sealed = await pending.seal({ state, returnTo: ownPath(query.get('to')) });
    const name = pendingName(stateOf(state));
    return redirect(url, 302, [cookies.set(name, sealed, SIGN_IN_SECONDS)]);
  }

  async function finish(request: Request, query: URLSearchParams): Promise<Response> {
    const name = pendingName(query.get('state') ?? '');
    const started = await pending.open(cookies.read(request, name));
    if (!started) {
      const message = 'This sign-in was not started in this browser, or it was finished before.';
      return fail({ status: 400, message, request });
    }
    try {
      const signedIn = await pattern.finish(query, started.state);
      await (await sessions.of(request))?.session.end();
      return redirect(started.returnTo, 302, [await sessions.start(signedIn), cookies.clear(name)]);
    } catch (error) {
      if (!(error instanceof ClientError)) throw error;
      return withCookie(
        await fail({ status: 400, message: error.message, error, request }),
        cookies.clear(name),
      );
    }
  }

  async function signOut(request: Request): Promise<Response> {
    const live = await sessions.of(request);
    await live?.session.end();
    const after = new URL(settings.afterSignOut ?? paths.signedOut, origin).href;
    let elsewhere: string | undefined;
    try {
      elsewhere = live && (await pattern.signOutUrl(live.stored, after));
    } catch (error) {
      if (!(error instanceof ClientError)) throw error;
      const message = `You are signed out of this application, but CIS2 may not have ended its session. ${error.message}`;
      return withCookie(await fail({ status: 503, message, error, request }), sessions.cleared());
    }
    const leaves = elsewhere ?? (new URL(after).origin === origin ? undefined : after);
    const response = leaves === undefined ? redirect(after, 303) : onward(leaves);
    return withCookie(response, sessions.cleared());
  }

  async function selectRole(request: Request, form: URLSearchParams): Promise<Response> {
    const live = await sessions.of(request);
    const to = ownPath(form.get('to'));
    if (!live) return onwardPage(to, signingIn);
    const role = live.session.user.roles.find(({ person_roleid }) => person_roleid === form.get('role'));
    if (role && live.session.isRoleOfCis2 && role.person_roleid !== live.session.roleId) {
      const query = new URLSearchParams({ role: 'changed', to });
      return onwardPage(`${paths.signIn}?${query}`, 'Selecting a role at CIS2');
    }
    if (role) await live.change({ roleId: role.person_roleid });
    return redirect(to, 303);
  }

  /** Accepts forms of the application's own pages only. */
  async function withForm(
    request: Request,
    act: (request: Request, form: URLSearchParams) => Promise<Response>,
  ): Promise<Response> {
    const site = request.headers.get('sec-fetch-site');
    // `Origin` is `null` without a referrer, so fetch metadata takes precedence.
    const isOwn = site === null ? request.headers.get('origin') === origin : site === 'same-origin';
    if (!isOwn) return fail({ status: 403, message: 'This form was sent by another site.', request });
    const form = await formOf(request);
    return form === undefined ? tooLong(request) : act(request, new URLSearchParams(form));
  }

  async function receiveLogout(request: Request, receiver: LogoutReceiver): Promise<Response> {
    const end = (notice: LogoutNotice) => store.deleteNamed(notice);
    const form = await formOf(request);
    if (form === undefined) return tooLong(request);
    const { status, headers, body } = await receiver.receive(form, end);
    return new Response(body, { status, headers });
  }

  const tooLong = async (request: Request): Promise<Response> =>
    fail({ status: 413, message: 'The form is too long.', request });

  function toSignIn(request: Request): Response {
    const cleared = sessions.cleared();
    const { pathname, search } = new URL(request.url);
    if (request.method === 'GET' || request.method === 'HEAD') {
      const returnTo = encodeURIComponent(`${pathname}${search}`);
      return redirect(`${paths.signIn}?to=${returnTo}`, 302, [cleared]);
    }
    // Form data is lost; a script gets a status.
    const isForm = request.headers.get('accept')?.includes('text/html') === true;
    const response = isForm ? onwardPage(paths.signIn, signingIn) : new Response(null, { status: 401 });
    return withCookie(response, cleared);
  }

  return {
    origin,

    async handle(request) {
      const { pathname, searchParams } = new URL(request.url);
      const is = (method: string, path: string) => request.method === method && pathname === path;
      if (is('GET', paths.signIn)) return begin(request, searchParams);
      if (is('GET', paths.callback)) return finish(request, searchParams);
      if (is('POST', paths.signOut)) return withForm(request, signOut);
      if (is('GET', paths.signedOut)) return signedOutPage(paths.signIn);
      if (is('POST', paths.role)) return withForm(request, selectRole);
      if (is('POST', paths.logout) && logout) return receiveLogout(request, logout);
      return undefined;
    },

    session: async (request) => (await sessions.of(request))?.session,

    async guard(request, page) {
      const live = await sessions.of(request);
      if (!live) return toSignIn(request);
      try {
        return await page(live.session);
      } catch (error) {
        if (!(error instanceof ClientError) || error.code !== 'sign_in_required') throw error;
        await live.session.end();
        // Tokens that are refused right after a sign-in may be refused again: no endless redirects.
        if (clock.now() - live.stored.startedAt >= LOOP_MS) return toSignIn(request);
        const response = await fail({ status: 403, message: error.message, error, request });
        return withCookie(response, sessions.cleared());
      }
    },
  };
}

/** Returns the body of a request; undefined if it is too long. */
async function formOf(request: Request): Promise<string | undefined> {
  try {
    return new TextDecoder().decode(await readBytes(request, LONGEST_FORM));
  } catch (error) {
    if (error instanceof ClientError) return undefined;
    throw error;
  }
}

/** Returns a path of the application; `/` for anything that a browser would take for another site. */
function ownPath(path: string | null): string {
  return path !== null && /^\/(?![/\\])[\x21-\x7e]{0,1000}$/.test(path) ? path : '/';
}
