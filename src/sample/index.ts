import { ClientError, createApi, createPds } from '@alongside/client';
import type { SignInFailure, WebSession } from '@alongside/client/web';
import { Answer, type Headers as AnswerHeaders, redirect } from '@alongside/kernel/answer';
import { reasonOf } from '@alongside/kernel/errors';
import { type Endpoint, type HttpRequest, isShownToUser, plainError } from '@alongside/kernel/http';
import { continuePage, stylesheetRoutes } from '@alongside/kernel/layout';
import { nothingHere } from '@alongside/kernel/respond';
import { type Handler, readOnly, route, withoutMethodErrors } from '@alongside/kernel/route';
import type { Service } from '../service.ts';
import { helloPage, homePage, problemPage, rolePage, service, signInPage } from './pages.ts';
import {
  type Pattern,
  patternsOf,
  type SampleSession,
  type SampleSettings,
  tracedFetch,
} from './patterns.ts';

/** Returns a request of the listener as the client library takes it. */
function requestOf({ method, path, query, headers: given, body }: HttpRequest, origin: string): Request {
  const hasBody = method !== 'GET' && method !== 'HEAD';
  return new Request(`${origin}${path}${query === '' ? '' : `?${query}`}`, {
    method,
    headers: headersOf(given),
    ...(hasBody ? { body } : {}),
  });
}

/** Returns a response of the client library as an answer of a service. */
async function answerOf(response: Response): Promise<Answer> {
  const headers: AnswerHeaders = Object.fromEntries(response.headers);
  const cookies = response.headers.getSetCookie();
  if (cookies.length > 0) headers['set-cookie'] = cookies;
  return new Answer(response.status, headers, await response.text());
}

/** Returns an answer of a service as a response of the client library. */
function responseOf({ status, headers: given, body }: Answer): Response {
  return new Response(String(body), { status, headers: headersOf(given) });
}

function headersOf(given: Readonly<Record<string, string | string[] | undefined>>): Headers {
  const headers = new Headers();
  for (const [name, value] of Object.entries(given)) {
    for (const item of [value].flat()) if (item !== undefined) headers.append(name, item);
  }
  return headers;
}

type Page = (session: SampleSession, request: HttpRequest) => Promise<Answer> | Answer;

/** A clinical application built on the client library: both patterns, one patient, roles, sign-out. */
export function createSample(settings: SampleSettings): Service {
  const { log, origin, development } = settings;
  const patterns = patternsOf(settings, {
    onFailure({ status, message, error }: SignInFailure) {
      if (error) log.info({ detail: reasonOf(error) }, 'a sign-in failed');
      return responseOf(problemPage(status, 'You are not signed in', message, development));
    },
    onward: (to) => responseOf(continuePage({ title: 'Signing out', service, development, to })),
  });
  const queryOf = ({ query }: HttpRequest) => new URLSearchParams(query);

  /** Returns the pattern in which the browser is signed in. */
  async function patternFor(request: Request): Promise<Pattern | undefined> {
    for (const pattern of patterns) if (await pattern.web.session(request)) return pattern;
    return undefined;
  }

  async function roleNamesOf({ user }: WebSession): Promise<ReadonlyMap<string, string>> {
    try {
      return await settings.roleNames(user.id);
    } catch (error) {
      log.info({ detail: reasonOf(error) }, 'the directory does not name the roles');
      return new Map();
    }
  }

  const known = async (session: WebSession, pattern: Pattern): Promise<SampleSession> => ({
    ...session,
    pattern,
    roleNames: await roleNamesOf(session),
  });

  const withSession =
    (page: Page): Endpoint =>
    async (request) => {
      const asked = requestOf(request, origin);
      const pattern = await patternFor(asked);
      if (!pattern) return redirect('/');
      const outcome = await pattern.web.guard(asked, async (session) =>
        page(await known(session, pattern), request),
      );
      return outcome instanceof Answer ? outcome : answerOf(outcome);
    };

  /** Leaves a request to the handlers of the library. */
  const handledBy =
    (choose: (request: Request) => Promise<Pattern | undefined>): Endpoint =>
    async (request) => {
      const asked = requestOf(request, origin);
      const response = await (await choose(asked))?.web.handle(asked);
      return response ? answerOf(response) : redirect('/', request.method === 'POST' ? 303 : 302);
    };

  const finish =
    (pattern: Pattern): Endpoint =>
    async (request) => {
      const asked = requestOf(request, origin);
      const response = await pattern.web.handle(asked);
      if (!response) return redirect('/');
      // A browser is signed in with one pattern at a time.
      if (response.status === 302) {
        for (const other of patterns) if (other !== pattern) await (await other.web.session(asked))?.end();
      }
      return answerOf(response);
    };

  /** Asks for the role once if CIS2 did not: calls for a user with several roles must name one. */
  const needsRole = ({ user, roleId }: SampleSession): boolean =>
    roleId === undefined && user.roles.length > 1;

  /** The number is in the body, because addresses are stored in histories and logs. */
  const findPatient: Page = async (session, { body }) => {
    if (needsRole(session)) return redirect('/role', 303);
    const nhsNumber = (new URLSearchParams(body).get('nhs-number') ?? '').slice(0, 20);
    const pds = createPds({
      baseUrl: `${settings.api}/personal-demographics/FHIR/R4`,
      token: session.tokens,
      sessionUrid: session.roleId,
      fetch: tracedFetch,
      clock: settings.clock,
    });
    try {
      return homePage(session, development, { nhsNumber, patient: await pds.patient(nhsNumber) });
    } catch (error) {
      // For example, the card was removed: end the session here too.
      if (error instanceof ClientError && error.code === 'sign_in_required') throw error;
      return homePage(session, development, { nhsNumber, error });
    }
  };

  const greet = (
    { tokens }: WebSession,
    { attempts, timeoutMs }: { attempts?: number; timeoutMs?: number } = {},
  ): Promise<Response> =>
    createApi({
      baseUrl: `${settings.api}/hello-world`,
      token: tokens,
      fetch: tracedFetch,
      clock: settings.clock,
      retry: { attempts },
    }).fetch('/hello/user', { timeoutMs });

  /**
   * Asks whether the session behind the tokens has ended, for example because another person's card was inserted. In the combined
   * pattern the application learns that from the next call of an API alone: without an ID token there is no back-channel logout.
   */
  async function hasEnded(session: SampleSession): Promise<boolean> {
    if (session.pattern.id !== 'combined') return false;
    try {
      await greet(session, { attempts: 1, timeoutMs: 5_000 });
    } catch (error) {
      if (!(error instanceof ClientError)) throw error;
      if (error.code === 'sign_in_required') return true;
      // An API that does not respond says nothing about the session.
      log.info({ detail: reasonOf(error) }, 'the API platform was not reached');
    }
    return false;
  }

  /** Shows the greeting of an API, the first call of a new application. */
  const hello: Page = async (session) => {
    const response = await greet(session);
    return helloPage(session, { status: response.status, text: await response.text() }, development);
  };

  const home: Endpoint = async (request) => {
    const asked = requestOf(request, origin);
    const pattern = await patternFor(asked);
    const session = await pattern?.web.session(asked);
    if (pattern && session) {
      const signedIn = await known(session, pattern);
      if (await hasEnded(signedIn)) {
        await session.end();
        return signInPage(patterns, development, settings.console, 'ended');
      }
      return needsRole(signedIn) ? redirect('/role') : homePage(signedIn, development);
    }
    const isSignedOut = queryOf(request).get('signed-out') === 'combined';
    return signInPage(patterns, development, settings.console, isSignedOut ? 'signedOut' : undefined);
  };

  const chooseRole: Page = async (session) =>
    (await hasEnded(session)) ? redirect('/') : rolePage(session, development);

  const unknown: Endpoint = (request) =>
    isShownToUser(request)
      ? problemPage(404, 'There is nothing here', 'No page has this address.', development)
      : nothingHere.endpoint(request);

  const on = (endpoint: Endpoint): Handler<unknown> => ({ endpoint, errors: plainError });
  return {
    routes: [
      ...stylesheetRoutes,
      ...route('/', readOnly(on(home))),
      ...patterns.flatMap((pattern) => [
        ...route(`/sign-in/${pattern.id}`, { GET: on(handledBy(async () => pattern)) }),
        ...route(`/${pattern.id}/callback`, { GET: on(finish(pattern)) }),
      ]),
      ...route('/patient', {
        ...readOnly(on(async () => redirect('/'))),
        POST: on(withSession(findPatient)),
      }),
      ...route('/hello', { GET: on(withSession(hello)) }),
      ...route('/role', {
        ...readOnly(on(withSession(chooseRole))),
        POST: on(handledBy(patternFor)),
      }),
      ...route('/sign-out', { POST: on(handledBy(patternFor)) }),
      ...route('/backchannel-logout', {
        POST: on(handledBy(async () => patterns.find(({ id }) => id === 'separate'))),
      }),
      ...withoutMethodErrors(route('/*', { GET: on(unknown) })),
    ],
  };
}
