import { type Answer, json } from '@alongside/kernel/answer';
import { Refusal, reasonOf } from '@alongside/kernel/errors';
import { html } from '@alongside/kernel/html';
import type { ErrorFormat, HttpRequest } from '@alongside/kernel/http';
import { framedPage } from '@alongside/kernel/layout';
import { errors } from './errors.ts';

const unexpected = { code: 'server_error', status: 500, description: 'Something went wrong here.' };

/** Renders an OAuth error (RFC 6749 section 5.2), with this challenge for a status of 401 (RFC 6750 section 3). */
const asJson =
  (scheme: string) =>
  (thrown: unknown, request: HttpRequest): Answer => {
    const { code, status, description } = thrown instanceof Refusal ? thrown.entry : unexpected;
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
  };

export const tokenError: ErrorFormat = asJson('Basic realm="mock"');
export const bearerError: ErrorFormat = asJson('Bearer realm="mock"');

/** Renders a page with the private reason: the mock is for developers. An unknown realm cannot render pages. */
export const pageError: ErrorFormat = (thrown, request) => {
  if (thrown instanceof Refusal && thrown.entry === errors.realmUnknown.entry)
    return bearerError(thrown, request);
  const { code, status, description } = thrown instanceof Refusal ? thrown.entry : unexpected;
  const why = thrown instanceof Refusal ? thrown.detail : reasonOf(thrown);
  return framedPage(status, {
    title: 'The mock refused this request',
    service: 'Mock sign-in',
    development: true,
    main: html`<p class="lead">${description}</p>
<dl class="summary"><dt>Error</dt><dd><code>${code}</code></dd><dt>Why</dt><dd>${why}</dd></dl>
<p class="quiet">Reference: <code>${request.id}</code></p>`,
  });
};

/** Renders an error of `/mock-jwks` in the format of the gateway. */
export const faultError: ErrorFormat = (thrown) => {
  const { status, code, description } =
    thrown instanceof Refusal
      ? thrown.entry
      : { status: 500, code: 'messaging.runtime.UnhandledException', description: 'Internal Server Error' };
  return json(status, { fault: { faultstring: description, detail: { errorcode: code } } });
};
