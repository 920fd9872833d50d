import { type Answer, json } from '@alongside/kernel/answer';
import { Refusal, reasonOf } from '@alongside/kernel/errors';
import { html } from '@alongside/kernel/html';
import type { HttpRequest } from '@alongside/kernel/http';
import { framedPage } from '@alongside/kernel/layout';

const unexpected = { code: 'server_error', status: 500, description: 'Something went wrong here.' };

/** A page where a browser asked, and who must mend what. The mock is for developers, so it always says why. */
function errorPage(thrown: unknown, request: HttpRequest): Answer {
  const { code, status, description } = thrown instanceof Refusal ? thrown.entry : unexpected;
  const why = thrown instanceof Refusal ? thrown.detail : reasonOf(thrown);
  return framedPage(status, {
    title: 'We cannot go on from here',
    service: 'Mock sign-in',
    development: true,
    main: html`<p class="lead">${description}</p>
<dl class="summary"><dt>Error</dt><dd><code>${code}</code></dd><dt>Why</dt><dd>${why}</dd></dl>
<p class="quiet">If you ask for help, give this number: <code>${request.id}</code></p>`,
  });
}

/** OAuth errors (RFC 6749 section 5.2), with the challenge of a protected resource at userinfo (RFC 6750 section 3). */
function errorJson(thrown: unknown, request: HttpRequest): Answer {
  const { code, status, description } = thrown instanceof Refusal ? thrown.entry : unexpected;
  const scheme = /\/token$/.test(request.path) ? 'Basic realm="mock"' : 'Bearer realm="mock"';
  const challenge =
    code === 'invalid_token' ? `${scheme}, error="${code}", error_description="${description}"` : scheme;
  return json(
    status,
    { error: code, error_description: description },
    {
      'x-request-id': request.id,
      ...(status === 401 ? { 'www-authenticate': challenge } : {}),
    },
  );
}

/** What a realm answers when it refuses: a page where a person looks at it, JSON everywhere else. */
export const realmError = (thrown: unknown, request: HttpRequest): Answer => {
  const known = !(thrown instanceof Refusal) || thrown.entry.id !== 'mock.realmUnknown';
  return known && /\/(auth|logout)$/.test(request.path)
    ? errorPage(thrown, request)
    : errorJson(thrown, request);
};
