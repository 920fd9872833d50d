import { ClientError, createApi, createPds } from '@alongside/client';
import type { SignInFailure, WebSession } from '@alongside/client/web';
import { Answer, redirect } from '@alongside/kernel/answer';
import { reasonOf } from '@alongside/kernel/errors';
import {
  type Endpoint,
  type HttpRequest,
  isShownToUser,
  plainError,
  type Route,
} from '@alongside/kernel/http';
import { continuePage, stylesheetRoutes } from '@alongside/kernel/layout';
import { nothingHere } from '@alongside/kernel/respond';
import { type Handler, readOnly, route, withoutMethodErrors } from '@alongside/kernel/route';
import type { Service } from '../service.ts';
import { answerOf, requestOf, responseOf } from './fetch-types.ts';
import { helloPage, homePage, problemPage, rolePage, service, signInPage } from './pages.ts';
import {
  type Pattern,
  patternsOf,
  type SampleSession,
  type SampleSettings,
  tracedFetch,
} from './patterns.ts';

type Page = (session: SampleSession, request: HttpRequest) => Promise<Answer> | Answer;

/** Asks for the role once if CIS2 did not: calls for a user with several roles must name one. */
const needsRole = ({ user, roleId }: SampleSession): boolean => roleId === undefined && user.roles.length > 1;

const on = (endpoint: Endpoint): Handler<unknown> => ({ endpoint, errors: plainError });

/** A clinical application built on the client library: both patterns, one patient, roles, sign-out. */
export const createSample = (settings: SampleSettings): Service => ({
  routes: new Sample(settings).routes(),
});

class Sample {
  readonly #settings: SampleSettings;
  readonly #patterns: readonly Pattern[];

  constructor(settings: SampleSettings) {
    const { log, development } = settings;
    this.#settings = settings;
    this.#patterns = patternsOf(settings, {
      onFailure({ status, message, error }: SignInFailure) {
        if (error) log.info({ detail: reasonOf(error) }, 'a sign-in failed');
        return responseOf(problemPage(status, 'You are not signed in', message, development));
      },
      onward: (to) => responseOf(continuePage({ title: 'Signing out', service, development, to })),
    });
  }

  routes(): Route[] {
    const current = (request: Request) => this.#patternFor(request);
    const separate = this.#patterns.find(({ id }) => id === 'separate');
    return [
      ...stylesheetRoutes,
      ...route('/', readOnly(on((request) => this.#home(request)))),
      ...this.#patterns.flatMap((pattern) => [
        ...route(`/sign-in/${pattern.id}`, { GET: on(this.#handledBy(async () => pattern)) }),
        ...route(`/${pattern.id}/callback`, { GET: on((request) => this.#finish(pattern, request)) }),
      ]),
      ...route('/patient', {
        ...readOnly(on(async () => redirect('/'))),
        POST: on(this.#withSession((session, request) => this.#findPatient(session, request))),
      }),
      ...route('/hello', { GET: on(this.#withSession((session) => this.#hello(session))) }),
      ...route('/role', {
        ...readOnly(on(this.#withSession((session) => this.#chooseRole(session)))),
        POST: on(this.#handledBy(current)),
      }),
      ...route('/sign-out', { POST: on(this.#handledBy(current)) }),
      ...route('/backchannel-logout', { POST: on(this.#handledBy(async () => separate)) }),
      ...withoutMethodErrors(route('/*', { GET: on((request) => this.#unknown(request)) })),
    ];
  }

  #requestOf(request: HttpRequest): Request {
    return requestOf(request, this.#settings.origin);
  }

  /** Returns the pattern in which the browser is signed in. */
  async #patternFor(request: Request): Promise<Pattern | undefined> {
    for (const pattern of this.#patterns) if (await pattern.web.session(request)) return pattern;
    return undefined;
  }

  async #known(session: WebSession, pattern: Pattern): Promise<SampleSession> {
    return { ...session, pattern, roleNames: await this.#roleNamesOf(session) };
  }

  async #roleNamesOf({ user }: WebSession): Promise<ReadonlyMap<string, string>> {
    try {
      return await this.#settings.roleNames(user.id);
    } catch (error) {
      this.#settings.log.info({ detail: reasonOf(error) }, 'the directory does not name the roles');
      return new Map();
    }
  }

  #withSession(page: Page): Endpoint {
    return async (request) => {
      const asked = this.#requestOf(request);
      const pattern = await this.#patternFor(asked);
      if (!pattern) return redirect('/');
      const outcome = await pattern.web.guard(asked, async (session) =>
        page(await this.#known(session, pattern), request),
      );
      return outcome instanceof Answer ? outcome : answerOf(outcome);
    };
  }

  /** Leaves a request to the handlers of the library. */
  #handledBy(choose: (request: Request) => Promise<Pattern | undefined>): Endpoint {
    return async (request) => {
      const asked = this.#requestOf(request);
      const response = await (await choose(asked))?.web.handle(asked);
      return response ? answerOf(response) : redirect('/', request.method === 'POST' ? 303 : 302);
    };
  }

  async #finish(pattern: Pattern, request: HttpRequest): Promise<Answer> {
    const asked = this.#requestOf(request);
    const response = await pattern.web.handle(asked);
    if (!response) return redirect('/');
    // A browser is signed in with one pattern at a time.
    if (response.status === 302) {
      for (const other of this.#patterns)
        if (other !== pattern) await (await other.web.session(asked))?.end();
    }
    return answerOf(response);
  }

  /** The number is in the body, because addresses are stored in histories and logs. */
  async #findPatient(session: SampleSession, { body }: HttpRequest): Promise<Answer> {
    if (needsRole(session)) return redirect('/role', 303);
    const { api, clock, development } = this.#settings;
    const nhsNumber = (new URLSearchParams(body).get('nhs-number') ?? '').slice(0, 20);
    const pds = createPds({
      baseUrl: `${api}/personal-demographics/FHIR/R4`,
      token: session.tokens,
      sessionUrid: session.roleId,
      fetch: tracedFetch,
      clock,
    });
    try {
      return homePage(session, development, { nhsNumber, patient: await pds.patient(nhsNumber) });
    } catch (error) {
      // For example, the card was removed: end the session here too.
      if (error instanceof ClientError && error.code === 'sign_in_required') throw error;
      return homePage(session, development, { nhsNumber, error });
    }
  }

  #greet(
    { tokens }: WebSession,
    { attempts, timeoutMs }: { attempts?: number; timeoutMs?: number } = {},
  ): Promise<Response> {
    const { api, clock } = this.#settings;
    const hello = createApi({
      baseUrl: `${api}/hello-world`,
      token: tokens,
      fetch: tracedFetch,
      clock,
      retry: { attempts },
    });
    return hello.fetch('/hello/user', { timeoutMs });
  }

  /**
   * Asks whether the session behind the tokens has ended, for example because another person's card was inserted. In the combined
   * pattern the application learns that from the next call of an API alone: without an ID token there is no back-channel logout.
   */
  async #hasEnded(session: SampleSession): Promise<boolean> {
    if (session.pattern.id !== 'combined') return false;
    try {
      await this.#greet(session, { attempts: 1, timeoutMs: 5_000 });
    } catch (error) {
      if (!(error instanceof ClientError)) throw error;
      if (error.code === 'sign_in_required') return true;
      // An API that does not respond says nothing about the session.
      this.#settings.log.info({ detail: reasonOf(error) }, 'the API platform was not reached');
    }
    return false;
  }

  /** Shows the greeting of an API, the first call of a new application. */
  async #hello(session: SampleSession): Promise<Answer> {
    const response = await this.#greet(session);
    const greeting = { status: response.status, text: await response.text() };
    return helloPage(session, greeting, this.#settings.development);
  }

  async #home(request: HttpRequest): Promise<Answer> {
    const { development, console } = this.#settings;
    const asked = this.#requestOf(request);
    const pattern = await this.#patternFor(asked);
    const session = await pattern?.web.session(asked);
    if (pattern && session) {
      const signedIn = await this.#known(session, pattern);
      if (await this.#hasEnded(signedIn)) {
        await session.end();
        return signInPage(this.#patterns, development, console, 'ended');
      }
      return needsRole(signedIn) ? redirect('/role') : homePage(signedIn, development);
    }
    const isSignedOut = new URLSearchParams(request.query).get('signed-out') === 'combined';
    return signInPage(this.#patterns, development, console, isSignedOut ? 'signedOut' : undefined);
  }

  async #chooseRole(session: SampleSession): Promise<Answer> {
    return (await this.#hasEnded(session)) ? redirect('/') : rolePage(session, this.#settings.development);
  }

  #unknown(request: HttpRequest): Promise<Answer> | Answer {
    if (!isShownToUser(request)) return nothingHere.endpoint(request);
    const { development } = this.#settings;
    return problemPage(404, 'There is nothing here', 'No page has this address.', development);
  }
}
