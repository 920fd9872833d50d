import { Refusal } from '@alongside/kernel/errors';
import type { HttpRequest } from '@alongside/kernel/http';
import type { NetworkLimit } from './network-limit.ts';

/**
 * Wraps a step that proves who the client is: failures are counted for the network of the caller and answered with
 * `refuse` beyond its limit. A proof that is valid passes also then, so nobody can lock a client out from its own network;
 * secrets are too long to be guessed (RFC 6749 section 10.10).
 */
export function limitFailures<K, R>(
  limit: NetworkLimit,
  refuse: (detail: string) => Error,
  step: (known: K) => Promise<R>,
) {
  const name = step.name;
  const wrapped = async (known: K & { request: HttpRequest }): Promise<R> => {
    try {
      return await step(known);
    } catch (thrown) {
      if (thrown instanceof Refusal) limit.noteRefusal(known.request.address);
      if (thrown instanceof Refusal && !(await limit.admits(known.request.address)))
        throw refuse(`too many failures from this network; this one: ${thrown.detail}`);
      throw thrown;
    }
  };
  // The list of steps shows the name of the step itself.
  return Object.defineProperty(wrapped, 'name', { value: name });
}
