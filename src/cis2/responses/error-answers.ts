import { type Answer, type Headers, json } from '@alongside/kernel/answer';
import { errorPage as kernelPage } from '@alongside/kernel/error-page';
import { Refusal, reasonOf } from '@alongside/kernel/errors';
import { type ErrorFormat, type HttpRequest, isShownToUser, type Route } from '@alongside/kernel/http';
import { kernelErrors } from '@alongside/kernel/kernel-errors';
import { nothingHere } from '@alongside/kernel/respond';
import { type Handler, route, withoutMethodErrors } from '@alongside/kernel/route';
import { resourceChallenge } from '../../oauth/server/resource-challenge.ts';
import { requestErrors } from '../errors/request.ts';
import { frameWords } from '../pages/frame.ts';
import { english } from '../text/english.ts';
import { words } from '../text/words.ts';

const sentences: ReadonlyMap<string, string> = new Map(
  Object.entries(words.errors).map(([name, sentence]) => [
    name === 'unexpected' ? 'kernel.unexpected' : `cis2.${name}`,
    sentence,
  ]),
);

const unexpected = { ...kernelErrors.unexpected.entry, description: english.errors.unexpected };

const entryOf = (thrown: unknown) => (thrown instanceof Refusal ? thrown.entry : unexpected);
const detailOf = (thrown: unknown): string => (thrown instanceof Refusal ? thrown.detail : reasonOf(thrown));

/** Returns the format of errors that are not sent to the client: a page for the user. */
export const errorPage =
  (development: boolean) =>
  (thrown: unknown, { id: requestId }: HttpRequest): Answer => {
    const entry = entryOf(thrown);
    return kernelPage({
      entry,
      // The catalogue has the language of the protocol, the page that of the user.
      description: sentences.get(entry.id) ?? entry.description,
      detail: detailOf(thrown),
      requestId,
      development,
      service: words.serviceName,
      words: words.error,
      frame: frameWords,
    });
  };

/** Returns the header with the id of the refusal in the log and in `explain`; the bodies are as published. */
const traces = (request: HttpRequest): Headers => ({ 'x-request-id': request.id });

/** Returns an error code of OAuth (RFC 6749 section 4.1.2.1). */
const inOAuth = (code: string): string => (code === 'cis_unreachable' ? 'temporarily_unavailable' : code);

/** JSON of the published token endpoint, with the description first (RFC 6749 section 5.2). */
export const tokenError: ErrorFormat = (thrown, request) => {
  const { code, status, description } = entryOf(thrown);
  const isBasic = status === 401 && /^basic\b/i.test(request.headers.authorization ?? '');
  return json(
    status,
    { error_description: description, error: inOAuth(code) },
    {
      pragma: 'no-cache',
      ...(status === 429 ? { 'retry-after': '60' } : {}),
      ...(isBasic ? { 'www-authenticate': 'Basic realm="cis2", charset="UTF-8"' } : {}),
      ...traces(request),
    },
  );
};

/** The error of userinfo, with its challenge. */
export const bearerError: ErrorFormat = (thrown, request) => {
  const { code, status, description } = entryOf(thrown);
  const body =
    code === ''
      ? { error_description: description }
      : { error_description: description, error: inOAuth(code) };
  return json(status, body, {
    ...(status < 500 ? { 'www-authenticate': resourceChallenge('cis2', thrown, request) } : {}),
    ...traces(request),
  });
};

/** Returns the challenge: suppliers send the secret of their team, clients a token (RFC 6750 section 3). */
const challengeOf = (code: string): string =>
  code === 'unauthorized' ? 'SecretAuth realm="connection-manager"' : `Bearer realm="cis2", error="${code}"`;

/** JSON of registration, which names the invalid member and its rule (RFC 7591 section 3.2.2). */
export const registrationError: ErrorFormat = (thrown, request) => {
  const { code, status, description } = entryOf(thrown);
  const { member, field = member, problem } = thrown instanceof Refusal ? thrown.extra : {};
  const why = problem === undefined ? description : `${field === undefined ? '' : `${field}: `}${problem}`;
  return json(
    status,
    { error: code, error_description: why },
    {
      ...(status === 401 ? { 'www-authenticate': challengeOf(code) } : {}),
      ...(status === 429 ? { 'retry-after': '60' } : {}),
      ...traces(request),
    },
  );
};

/** Plain JSON for the agent, CIS and the console. */
export const serviceError: ErrorFormat = (thrown, request) => {
  const { code, status, description } = entryOf(thrown);
  const extra = thrown instanceof Refusal ? thrown.extra : {};
  return json(status, { error: code, error_description: description, ...extra }, traces(request));
};

/** Routes of unknown addresses: a page in a browser, the plain error otherwise. */
export const unknownPathRoutes = (development: boolean): Route[] =>
  withoutMethodErrors(
    route('/*', {
      GET: {
        async endpoint(request) {
          if (isShownToUser(request)) throw requestErrors.pageUnknown('no route has this path');
          return nothingHere.endpoint(request);
        },
        errors: errorPage(development),
      },
    }),
  );

/** The start of a list of steps: the request, and the services of its part. */
export interface Call<Provider, Params = unknown> {
  request: HttpRequest<Params>;
  provider: Provider;
}

/** Returns a function that serves a list of steps, which starts from the request and `provider`. */
export const handlersOf =
  <P>(provider: P, errors: ErrorFormat) =>
  <Params>(list: { run(start: Call<P, Params>): Promise<Answer> }): Handler<Params> => ({
    endpoint: (request) => list.run({ request, provider }),
    errors,
  });
