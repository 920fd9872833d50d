import { createLogoutReceiver, createPds, memoryReplayStore } from '@alongside/client';
import { Answer, redirect } from '@alongside/kernel/answer';
import { CookieNames, readCookies } from '@alongside/kernel/cookies';
import { reasonOf } from '@alongside/kernel/errors';
import type { HttpRequest, Route } from '@alongside/kernel/http';
import { randomToken } from '@alongside/kernel/ids';
import { continuePage, stylesheetRoute } from '@alongside/kernel/layout';
import { sha256 } from '@alongside/kernel/secrets';
import type { Service } from '../service.ts';
import { homePage, rolePage, signInFailedPage, signInPage } from './pages.ts';
import { patternsOf } from './patterns.ts';
import { type WebSession, WebSessions } from './sessions.ts';
import type { SampleSettings } from './settings.ts';

/** Seconds. */
const tenMinutes = 600;
/** A cookie for each sign-in: two tabs that begin at once, before the browser has one, would overwrite it for each other. */
const begunBy = (state: string): string => `begun-${sha256(state).slice(0, 16)}`;

type ForSession = (session: WebSession, request: HttpRequest) => Promise<Answer>;

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
  const home = redirect('/', 303);

  const withSession =
    (endpoint: ForSession) =>
    async (request: HttpRequest): Promise<Answer> => {
      const session = sessions.find(cookie(request, 'session'));
      return session ? endpoint(session, request) : redirect('/');
    };

  /** Only this application's own pages may post to it. Where fetch metadata tells it, `Origin` is not asked: without a referrer it is `null`. */
  const ownForm =
    (endpoint: ForSession): ForSession =>
    async (session, request) => {
      const site = request.headers['sec-fetch-site'];
      const foreign = site === undefined ? request.headers.origin !== origin : site !== 'same-origin';
      return foreign
        ? signInFailedPage(403, 'That came from another site.', development)
        : endpoint(session, request);
    };

  async function begin(request: HttpRequest, patternId: string): Promise<Answer> {
    const pattern = patterns.find(({ id }) => id === patternId);
    if (!pattern) return redirect('/');
    const changeRole = new URLSearchParams(request.query).get('role') === 'changed';
    const { url, state } = await pattern.begin(changeRole);
    const browser = randomToken();
    const sent = new URL(url).searchParams.get('state') ?? '';
    sessions.start(browser, sent, pattern, state);
    return redirect(url, 302, { 'set-cookie': cookies.set(begunBy(sent), browser, tenMinutes) });
  }

  async function callback(request: HttpRequest): Promise<Answer> {
    const sent = new URLSearchParams(request.query).get('state') ?? '';
    const started = sessions.take(cookie(request, begunBy(sent)) ?? '', sent);
    if (!started)
      return signInFailedPage(
        400,
        'This sign-in was not started in this browser, or it has been used.',
        development,
      );
    try {
      const person = await started.pattern.finish(
        `${origin}${request.path}?${request.query}`,
        started.transaction,
      );
      // The browser has one session: the old one goes with its tokens, so that nobody who knows its id goes on with it.
      sessions.end(cookie(request, 'session'));
      const session = sessions.create(started.pattern, person);
      return redirect('/', 302, {
        'set-cookie': [cookies.set('session', session.id), cookies.clear(begunBy(sent))],
      });
    } catch (error) {
      log.info({ detail: reasonOf(error) }, 'a sign-in failed');
      return signInFailedPage(400, reasonOf(error), development);
    }
  }

  async function findPatient(session: WebSession, request: HttpRequest): Promise<Answer> {
    const asked = (new URLSearchParams(request.query).get('nhs-number') ?? '').slice(0, 20);
    const pds = createPds({
      baseUrl: `${settings.api}/personal-demographics/FHIR/R4`,
      token: () => session.person.tokens.freshToken(),
      ...(session.roleId ? { sessionUrid: session.roleId } : {}),
    });
    try {
      return homePage(session, development, { asked, patient: await pds.patient(asked) });
    } catch (error) {
      return homePage(session, development, { asked, error });
    }
  }

  async function chooseRole(session: WebSession, request: HttpRequest): Promise<Answer> {
    const roleId = new URLSearchParams(request.body).get('role');
    if (session.person.roles.some((role) => role.person_roleid === roleId)) session.roleId = roleId;
    return home;
  }

  async function signOut(session: WebSession): Promise<Answer> {
    sessions.end(session.id);
    const cleared = { 'set-cookie': cookies.clear('session') };
    const { signOutUrl } = session.person;
    if (signOutUrl === null) return redirect('/?signed-out=combined', 303, cleared);
    return continuePage({
      title: 'Signing out',
      service: 'Sample clinical application',
      development,
      to: signOutUrl,
    }).with(cleared);
  }

  async function front(request: HttpRequest): Promise<Answer> {
    const session = sessions.find(cookie(request, 'session'));
    if (session) return homePage(session, development);
    const combined = new URLSearchParams(request.query).get('signed-out') === 'combined';
    const message = combined
      ? 'You are signed out here: the tokens are forgotten. In the combined pattern an application has no ID token, so your session at CIS2 and at the desk goes on until you take the card out.'
      : undefined;
    return signInPage(patterns, development, settings.console, message);
  }

  async function backchannel(request: HttpRequest): Promise<Answer> {
    const { status, headers, body } = await logout.receive(request.body, (notice) =>
      sessions.endNamed(notice),
    );
    return new Answer(status, headers, body);
  }

  const get = (path: string, endpoint: Route['endpoint']): Route => ({ methods: ['GET'], path, endpoint });
  const post = (path: string, endpoint: Route['endpoint']): Route => ({ methods: ['POST'], path, endpoint });
  return {
    routes: [
      stylesheetRoute,
      get('/', front),
      ...patterns.flatMap(({ id }) => [
        get(`/sign-in/${id}`, (request) => begin(request, id)),
        get(`/${id}/callback`, callback),
      ]),
      get('/patient', withSession(findPatient)),
      get(
        '/role',
        withSession(async (session) => rolePage(session, development)),
      ),
      post('/role', withSession(ownForm(chooseRole))),
      post('/sign-out', withSession(ownForm(signOut))),
      post('/backchannel-logout', backchannel),
    ],
  };
}
