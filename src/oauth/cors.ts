import { Answer, type Headers } from '@alongside/kernel/answer';
import type { Endpoint, ErrorFormat, HttpRequest, Method, Route } from '@alongside/kernel/http';
import type { Handlers } from '@alongside/kernel/route';
import type { Applications } from './applications.ts';

const originOf = ({ headers: { origin } }: HttpRequest): string | undefined =>
  typeof origin === 'string' && origin !== '' ? origin : undefined;

const varies: Headers = { vary: 'Origin' };
const varied = (answer: Answer): Answer => answer.with(varies);

const anyOriginHeaders: Headers = { 'access-control-allow-origin': '*' };

/** Lets every page read the responses of a route for public documents. */
export const toAnyOrigin = (route: Route): Route => ({
  ...route,
  endpoint: async (request) => (await route.endpoint(request)).with(anyOriginHeaders),
});

/** Answers every preflight for a public document. */
export const anyOriginPreflight: Endpoint = async () =>
  new Answer(204, {
    ...anyOriginHeaders,
    'access-control-allow-methods': 'GET, HEAD',
    'access-control-allow-headers': allowedHeaders.join(', '),
    'access-control-max-age': preflightAge,
  });

export interface CorsOptions {
  applications: Pick<Applications, 'hasPublicClientAt'>;
  /** The half of a registration that lists the callbacks; pages of their origins may call. */
  half: 'platform' | 'cis2';
  /** Request headers beyond those of OAuth. */
  allowed?: readonly string[];
  /** Response headers beyond those of OAuth. */
  exposed?: readonly string[];
}

const allowedHeaders = ['accept', 'authorization', 'content-type', 'dpop'];
const exposedHeaders = ['DPoP-Nonce', 'WWW-Authenticate', 'Retry-After'];
/** Seconds for which a browser may cache the response to a preflight. */
const preflightAge = '600';

/**
 * Allows pages of registered public clients to call endpoints (Fetch standard, CORS protocol), from the origin of a registered
 * callback. Never allows credentials, so browsers send neither cookies nor client certificates of the user.
 */
export class Cors {
  readonly #options: CorsOptions;

  constructor(options: CorsOptions) {
    this.#options = options;
  }

  /** Adds the headers to the responses of an endpoint. */
  endpoint<Params>(endpoint: Endpoint<Params>): Endpoint<Params> {
    return (request) => {
      if (originOf(request) !== undefined) return this.#crossOrigin(endpoint, request);
      const answer = endpoint(request);
      return answer instanceof Promise ? answer.then(varied) : varied(answer);
    };
  }

  async #crossOrigin<Params>(endpoint: Endpoint<Params>, request: HttpRequest<Params>): Promise<Answer> {
    const headers = await this.#headersFor(request);
    return (await endpoint(request)).with(headers);
  }

  /** Answers preflights for an endpoint with these methods. */
  preflight(methods: readonly Method[]): Endpoint {
    return async (request) => {
      const headers = await this.#headersFor(request);
      if (headers['access-control-allow-origin'] === undefined) return new Answer(204, headers);
      return new Answer(204, {
        ...headers,
        'access-control-allow-methods': methods.join(', '),
        'access-control-allow-headers': [...allowedHeaders, ...(this.#options.allowed ?? [])].join(', '),
        'access-control-max-age': preflightAge,
      });
    };
  }

  /** Adds the headers to the errors of a route, also of requests that are refused before its endpoint. */
  errors(format: ErrorFormat): ErrorFormat {
    return async (thrown, request) => {
      const headers = await this.#headersFor(request).catch(() => varies);
      return (await format(thrown, request)).with(headers);
    };
  }

  /** Adds the headers to all responses of a route. */
  route(route: Route): Route {
    const { errors } = route;
    return {
      ...route,
      endpoint: this.endpoint(route.endpoint),
      ...(errors ? { errors: this.errors(errors) } : {}),
    };
  }

  /** Adds a preflight to the handlers of a path, and the headers to all their responses. */
  handlers<Params>(handlers: Handlers<Params>): Handlers<Params> {
    const methods = Object.keys(handlers) as Method[];
    const open = Object.entries(handlers).map(
      ([method, handler]) =>
        [
          method,
          { ...handler, endpoint: this.endpoint(handler.endpoint), errors: this.errors(handler.errors) },
        ] as const,
    );
    const [, first] = open[0] ?? [];
    return {
      ...(first ? { OPTIONS: { endpoint: this.preflight(methods), errors: first.errors } } : {}),
      ...Object.fromEntries(open),
    };
  }

  async #headersFor(request: HttpRequest): Promise<Headers> {
    const { applications, half, exposed = [] } = this.#options;
    const origin = originOf(request);
    if (origin === undefined || !(await applications.hasPublicClientAt(origin, half))) return varies;
    return {
      'access-control-allow-origin': origin,
      'access-control-expose-headers': [...exposedHeaders, ...exposed].join(', '),
      vary: 'Origin',
    };
  }
}
