import { Refusal, type Refuse } from './errors.ts';
import { kernelErrors } from './kernel-errors.ts';

/** Thrown when a dependency of this process, such as its storage, does not work at the moment. */
export class Unavailable extends Error {
  override name = 'Unavailable';
}

/** Seconds after which a caller may retry. */
const retryAfter = 2;

/** Returns the refusal for an unavailable dependency; returns any other thrown value unchanged. */
export const refusedIfUnavailable = (thrown: unknown, refuse: Refuse = kernelErrors.unavailable): unknown =>
  thrown instanceof Unavailable ? refuse(thrown.message, {}, thrown) : thrown;

/** Returns `Retry-After` for an unavailable dependency (RFC 9110 section 10.2.3), otherwise no headers. */
export const retryHeaders = (thrown: unknown): Record<string, string> =>
  thrown instanceof Refusal && thrown.cause instanceof Unavailable
    ? { 'retry-after': String(retryAfter) }
    : {};
