import { catalogue, Refusal, type Refuse } from './errors.ts';

/** Errors that all services share, mostly before any endpoint runs. */
export const kernelErrors = catalogue('kernel', {
  addressDamaged: {
    code: 'invalid_request',
    status: 400,
    description: 'The address is not well-formed.',
    expected: 'percent-encoded UTF-8',
    fix: 'Percent-encode the path and the query as UTF-8.',
    source: 'RFC 3986 section 2.1',
  },
  requestMalformed: {
    code: 'invalid_request',
    status: 400,
    description: 'The request is not well-formed HTTP.',
    expected: 'well-formed HTTP/1.1',
    fix: 'Send well-formed HTTP/1.1 with one Content-Length or Transfer-Encoding.',
    source: 'RFC 9112 section 2.2',
  },
  headersTooLarge: {
    code: 'invalid_request',
    status: 431,
    description: 'The headers and the address are longer than 16 KiB.',
    expected: 'headers and an address of at most 16 KiB',
    fix: 'Send shorter headers and a shorter address. Clear the cookies of this host in a browser.',
    source: 'RFC 6585 section 5',
  },
  bodyTooLarge: {
    code: 'invalid_request',
    status: 413,
    description: 'The body is too large.',
    expected: 'a body within the limit of the endpoint',
    fix: 'Send a smaller body.',
    source: 'RFC 9110 section 15.5.14',
  },
  requestSlow: {
    code: 'invalid_request',
    status: 408,
    description: 'The request was not complete in time.',
    expected: 'the whole request within 30 seconds',
    source: 'RFC 9110 section 15.5.9',
  },
  nothingHere: {
    code: 'not_found',
    status: 404,
    description: 'There is nothing at this address.',
    expected: 'a path of this service',
    fix: 'Correct the path. The addresses of this instance: alongside status.',
    source: 'RFC 9110 section 15.5.5',
  },
  methodNotAllowed: {
    code: 'method_not_allowed',
    status: 405,
    description: 'This address does not answer this method.',
    expected: 'a method of the header Allow',
    fix: 'Use a method that the header Allow names.',
    source: 'RFC 9110 section 15.5.6',
  },
  unavailable: {
    code: 'temporarily_unavailable',
    status: 503,
    description: 'The service is temporarily unavailable. Try again in a moment.',
    expected: 'a database and a disk that respond',
    fix: 'Check the database and the disk of this service: GET /readyz names what fails.',
    actor: 'operator',
    source: 'RFC 9110 section 15.6.4',
  },
  faultInjected: {
    code: 'temporarily_unavailable',
    status: 503,
    description: 'An injected fault answers in place of the service.',
    expected: 'a service without an injected fault',
    fix: 'Switch the fault off: alongside fault off.',
    source: 'alongside fault',
  },
  refused: {
    code: 'refused',
    status: 400,
    description: 'The request was refused. The response contains the reason.',
    expected: 'a request that the endpoint accepts',
    fix: 'Correct what the answer names, or what the page asks for.',
    source: 'RFC 9110 section 15.5',
  },
  unexpected: {
    code: 'server_error',
    status: 500,
    description: 'Something went wrong here.',
    expected: 'a response without an error',
    fix: 'Look for this id in the log of the service; report a defect with that line.',
    actor: 'operator',
    source: 'RFC 9110 section 15.6.1',
  },
});

/** Returns a service's own error for a request that was refused before its endpoint; any other thrown value unchanged. */
export function inOwnTerms(
  thrown: unknown,
  own: { readonly bodyTooLarge: Refuse; readonly requestMalformed: Refuse },
): unknown {
  if (!(thrown instanceof Refusal)) return thrown;
  const { entry } = thrown;
  const { addressDamaged, bodyTooLarge, requestMalformed } = kernelErrors;
  if (entry === bodyTooLarge.entry) return thrown.as(own.bodyTooLarge);
  return entry === requestMalformed.entry || entry === addressDamaged.entry
    ? thrown.as(own.requestMalformed)
    : thrown;
}

/** Thrown when a dependency of this process, such as its storage, does not work at the moment. */
export class Unavailable extends Error {
  override name = 'Unavailable';
}

/** Seconds after which a caller may retry. */
const retryAfter = 2;

/** Returns the refusal for an unavailable dependency; returns any other thrown value unchanged. */
export const refusedIfUnavailable = (thrown: unknown): unknown =>
  thrown instanceof Unavailable ? kernelErrors.unavailable(thrown.message, {}, thrown) : thrown;

/** Returns `Retry-After` for an unavailable dependency (RFC 9110 section 10.2.3), otherwise no headers. */
export const retryHeaders = (thrown: unknown): Record<string, string> =>
  thrown instanceof Refusal && thrown.cause instanceof Unavailable
    ? { 'retry-after': String(retryAfter) }
    : {};
