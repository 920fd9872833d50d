import { catalogue, Refusal, type Refuse } from './errors.ts';

/** Thrown when something that this process needs does not work at the moment, such as its storage. */
export class Unavailable extends Error {
  override name = 'Unavailable';
}

/** The answer of every service that has no words of its own for it. */
export const availabilityErrors = catalogue('kernel', {
  unavailable: {
    code: 'temporarily_unavailable',
    status: 503,
    description: 'The service is temporarily unavailable. Try again in a moment.',
    fix: 'Check the database and the disk of this service: GET /readyz names what fails.',
    actor: 'operator',
    source: 'RFC 9110 section 15.6.4',
  },
});

/** Seconds after which a caller may try again. */
const retryAfter = 2;

/** Returns the refusal for what is unavailable; any other thrown thing as it is. */
export const refusedIfUnavailable = (
  thrown: unknown,
  refuse: Refuse = availabilityErrors.unavailable,
): unknown => (thrown instanceof Unavailable ? refuse(thrown.message, {}, thrown) : thrown);

/** The header of the answer to what is unavailable (RFC 9110 section 10.2.3); none for any other. */
export const retryHeaders = (thrown: unknown): Record<string, string> =>
  thrown instanceof Refusal && thrown.cause instanceof Unavailable
    ? { 'retry-after': String(retryAfter) }
    : {};
