import { type Answer, type Headers, json } from '@alongside/kernel/answer';
import { type ErrorEntry, Refusal, reasonOf } from '@alongside/kernel/errors';
import type { HttpRequest } from '@alongside/kernel/http';
import { proofAlgorithms } from '../oauth/dpop.ts';
import { english } from './pages/english.ts';
import { errorPage as shown } from './pages/error.ts';

type Render = (thrown: unknown, request: HttpRequest) => Answer;

const unexpected: Pick<ErrorEntry, 'id' | 'code' | 'status' | 'description' | 'actor' | 'source'> = {
  id: 'unexpected',
  code: 'server_error',
  status: 500,
  description: english.errors.unexpected,
  actor: 'operator',
  source: '',
};

const entryOf = (thrown: unknown) => (thrown instanceof Refusal ? thrown.entry : unexpected);
const detailOf = (thrown: unknown): string => (thrown instanceof Refusal ? thrown.detail : reasonOf(thrown));

/** The page of an error that may not travel to the client. */
export const errorPage =
  (development: boolean): Render =>
  (thrown, request) =>
    shown({ entry: entryOf(thrown), detail: detailOf(thrown), requestId: request.id, development });

/** What the log has of a refusal, and in development why it was one; bodies stay as published. */
export const traces = (thrown: unknown, request: HttpRequest, development: boolean): Headers => ({
  'x-request-id': request.id,
  ...(development
    ? {
        'x-error-detail': detailOf(thrown)
          .replace(/[’‘]/g, "'")
          .replace(/[^\x20-\x7e]/g, '?')
          .slice(0, 1_000),
      }
    : {}),
});

/** Clients know the words of OAuth, and those alone (RFC 6749 section 4.1.2.1). */
const inOAuth = (code: string): string => (code === 'cis_unreachable' ? 'temporarily_unavailable' : code);

/** JSON as the published token endpoint answers: the description first (RFC 6749 section 5.2). */
export const tokenError =
  (development: boolean): Render =>
  (thrown, request) => {
    const { code, status, description } = entryOf(thrown);
    const asBasic = status === 401 && /^basic\b/i.test(request.headers.authorization ?? '');
    return json(
      status,
      { error_description: description, error: inOAuth(code) },
      {
        pragma: 'no-cache',
        ...(status === 429 ? { 'retry-after': '60' } : {}),
        ...(asBasic ? { 'www-authenticate': 'Basic realm="cis2", charset="UTF-8"' } : {}),
        ...traces(thrown, request, development),
      },
    );
  };

/** The challenge of a protected resource (RFC 6750 section 3, RFC 9449 section 7.1). */
export const bearerError =
  (development: boolean): Render =>
  (thrown, request) => {
    const { code, status, description } = entryOf(thrown);
    const { scheme: wanted, algs = proofAlgorithms.join(' ') } =
      thrown instanceof Refusal ? thrown.extra : ({} as Refusal['extra']);
    const came = /^dpop\b/i.test(request.headers.authorization ?? '') || code === 'invalid_dpop_proof';
    const dpop = wanted === undefined ? came : wanted === 'DPoP';
    const scheme = dpop ? `DPoP algs="${algs}",` : 'Bearer';
    const challenge =
      code === ''
        ? `${scheme} realm="cis2"`
        : `${scheme} realm="cis2", error="${code}", error_description="${description}"`;
    const body =
      code === ''
        ? { error_description: description }
        : { error_description: description, error: inOAuth(code) };
    return json(status, body, {
      ...(status < 500 ? { 'www-authenticate': challenge } : {}),
      ...traces(thrown, request, development),
    });
  };

/** Suppliers show a secret of their team, clients a token (RFC 6750 section 3). */
const challengeOf = (code: string): string =>
  code === 'unauthorized' ? 'SecretAuth realm="connection-manager"' : `Bearer realm="cis2", error="${code}"`;

/** Registration: which member is not right, and what would be (RFC 7591 section 3.2.2). */
export const registrationError =
  (development: boolean): Render =>
  (thrown, request) => {
    const { code, status, description } = entryOf(thrown);
    const { member, field = member, problem } = thrown instanceof Refusal ? thrown.extra : {};
    const why = problem === undefined ? description : `${field === undefined ? '' : `${field}: `}${problem}`;
    return json(
      status,
      { error: code, error_description: why },
      {
        ...(status === 401 ? { 'www-authenticate': challengeOf(code) } : {}),
        ...traces(thrown, request, development),
      },
    );
  };

/** Plain JSON for the agent, for CIS and for the console. */
export const serviceError =
  (development: boolean): Render =>
  (thrown, request) => {
    const { code, status, description } = entryOf(thrown);
    const extra = thrown instanceof Refusal ? thrown.extra : {};
    return json(
      status,
      { error: code, error_description: description, ...extra },
      traces(thrown, request, development),
    );
  };
