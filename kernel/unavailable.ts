import { Refusal, type Refuse } from './errors.ts';
import { kernelErrors } from './kernel-errors.ts';

/** Thrown when something that this process needs does not work at the moment, such as its storage. */
export class Unavailable extends Error {
  override name = 'Unavailable';
}

/** Seconds after which a caller may try again. */
const retryAfter = 2;

/** Returns the refusal for what is unavailable; any other thrown thing as it is. */
export const refusedIfUnavailable = (thrown: unknown, refuse: Refuse = kernelErrors.unavailable): unknown =>
  thrown instanceof Unavailable ? refuse(thrown.message, {}, thrown) : thrown;

/** The header of the answer to what is unavailable (RFC 9110 section 10.2.3); none for any other. */
export const retryHeaders = (thrown: unknown): Record<string, string> =>
  thrown instanceof Refusal && thrown.cause instanceof Unavailable
    ? { 'retry-after': String(retryAfter) }
    : {};
