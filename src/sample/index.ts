import { createLogoutReceiver, createPds, memoryReplayStore } from '@alongside/client';
import { Answer, redirect } from '@alongside/kernel/answer';
import { CookieNames, readCookies } from '@alongside/kernel/cookies';
import { reasonOf } from '@alongside/kernel/errors';
import { type Endpoint, type HttpRequest, plainError } from '@alongside/kernel/http';
import { randomToken } from '@alongside/kernel/ids';
import { continuePage, stylesheetRoutes } from '@alongside/kernel/layout';
import { type Handler, route, withoutMethodErrors } from '@alongside/kernel/route';
import { sha256 } from '@alongside/kernel/secrets';
import type { Service } from '../service.ts';
import { homePage, rolePage, service, signInFailedPage, signInPage } from './pages.ts';
import { type Pattern, patternsOf, type SampleSettings } from './patterns.ts';
import { type WebSession, WebSessions } from './sessions.ts';

/** Seconds. */
const tenMinutes = 600;
/** One cookie per sign-in, so that two tabs that start at once do not overwrite each other's. */
const startCookie = (state: string): string => `begun-${sha256(state).slice(0, 16)}`;

type SessionEndpoint = (session: WebSession, request: HttpRequest) => Promise<Answer>;

/** A clinical application built on the client library: both patterns, one patient, roles, sign-out. */
export function createSample(settings: SampleSettings): Service {
  const { clock, log, origin, development } = settings;
  const cookies = new CookieNames(origin, 'sample');
  const sessions = new WebSessions(clock);
  const patterns = patternsOf(settings);
  const logout = createLogoutReceiver({
    issuer: settings.cis2Issuer,
    clientId: settings.separate.cis2.clientId,
    jwksUrl: `${settings.cis2Issuer}/connect/jwk_uri`,
    replay: memoryReplayStore({ clock }),
    clock,
  });

  const cookie = (request: HttpRequest, name: string) =>
    readCookies(request.headers.cookie).get(cookies.name(name));
  const queryOf = ({ query }: HttpRequest) => new URLSearchParams(query);
  const failed = (status: number, reason: string) => signInFailedPage(status, reason, development);

  const withSession =
    (endpoint: SessionEndpoint): Endpoint =>
    async (request) => {
      const session = sessions.find(cookie(request, 'session'));
      return session ? endpoint(session, request) : redirect('/');
    };

  /** Accepts forms of this application's own pages only. `Origin` is `null` without a referrer, so fetch metadata take precedence. */
  const ownForm = (endpoint: SessionEndpoint): Endpoint =>
    withSession(async (session, request) => {
      const site = request.headers['sec-fetch-site'];
      const isOwn = site === undefined ? request.headers.origin === origin : site === 'same-origin';
      return isOwn ? endpoint(session, request) : failed(403, 'This form was sent by another site.');
    });

  const begin =
    (pattern: Pattern): Endpoint =>
    async (request) => {
      const { url, state } = await pattern.begin(queryOf(request).get('role') === 'changed');
      const browser = randomToken();
      const sent = new URL(url).searchParams.get('state') ?? '';
      sessions.start(browser, sent, pattern, state);
      return redirect(url, 302, { 'set-cookie': cookies.set(startCookie(sent), browser, tenMinutes) });
    };

  const finish: Endpoint = async (request) => {
    const sent = queryOf(request).get('state') ?? '';
    const started = sessions.take(cookie(request, startCookie(sent)) ?? '', sent);
    if (!started) return failed(400, 'This sign-in was not started in this browser, or it has been used.');
    try {
      const address = `${origin}${request.path}?${request.query}`;
      const person = await started.pattern.finish(address, started.transaction);
      // Replaces the browser's session, so that its old id cannot be used any more.
      sessions.end(cookie(request, 'session'));
      const session = sessions.create(started.pattern, person);
      return redirect('/', 302, {
        'set-cookie': [cookies.set('session', session.id), cookies.clear(startCookie(sent))],
      });
    } catch (error) {
      log.info({ detail: reasonOf(error) }, 'a sign-in failed');
      return failed(400, reasonOf(error));
    }
  };

  const findPatient: SessionEndpoint = async (session, request) => {
    const nhsNumber = (queryOf(request).get('nhs-number') ?? '').slice(0, 20);
    const pds = createPds({
      baseUrl: `${settings.api}/personal-demographics/FHIR/R4`,
      token: () => session.person.tokens.freshToken(),
      ...(session.roleId ? { sessionUrid: session.roleId } : {}),
    });
    try {
      return homePage(session, development, { nhsNumber, patient: await pds.patient(nhsNumber) });
    } catch (error) {
      return homePage(session, development, { nhsNumber, error });
    }
  };

  const chooseRole: SessionEndpoint = async (session, request) => {
    const roleId = new URLSearchParams(request.body).get('role');
    if (session.person.roles.some((role) => role.person_roleid === roleId)) session.roleId = roleId;
    return redirect('/', 303);
  };

  const signOut: SessionEndpoint = async ({ id, person: { signOutUrl } }) => {
    sessions.end(id);
    const cleared = { 'set-cookie': cookies.clear('session') };
    if (signOutUrl === null) return redirect('/?signed-out=combined', 303, cleared);
    return continuePage({ title: 'Signing out', service, development, to: signOutUrl }).with(cleared);
  };

  const home: Endpoint = async (request) => {
    const session = sessions.find(cookie(request, 'session'));
    if (session) return homePage(session, development);
    const isSignedOut = queryOf(request).get('signed-out') === 'combined';
    return signInPage(patterns, development, settings.console, isSignedOut);
  };

  const receiveLogout: Endpoint = async (request) => {
    const { status, headers, body } = await logout.receive(request.body, (notice) =>
      sessions.endNamed(notice),
    );
    return new Answer(status, headers, body);
  };

  const on = (endpoint: Endpoint): Handler<unknown> => ({ endpoint, errors: plainError });
  return {
    routes: withoutMethodErrors([
      ...stylesheetRoutes,
      ...route('/', { GET: on(home) }),
      ...patterns.flatMap((pattern) => [
        ...route(`/sign-in/${pattern.id}`, { GET: on(begin(pattern)) }),
        ...route(`/${pattern.id}/callback`, { GET: on(finish) }),
      ]),
      ...route('/patient', { GET: on(withSession(findPatient)) }),
      ...route('/role', {
        GET: on(withSession(async (session) => rolePage(session, development))),
        POST: on(ownForm(chooseRole)),
      }),
      ...route('/sign-out', { POST: on(ownForm(signOut)) }),
      ...route('/backchannel-logout', { POST: on(receiveLogout) }),
    ]),
  };
}
