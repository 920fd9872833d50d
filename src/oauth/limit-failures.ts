import { Refusal } from '@alongside/kernel/errors';
import type { HttpRequest } from '@alongside/kernel/http';
import type { NetworkLimit } from './network-limit.ts';

/**
 * Counts a failed client authentication for the network of the caller. Returns what to throw: the failure, or `refuse`
 * beyond the limit of the network. A valid client is never limited, so others in its network cannot lock it out. Secrets are
 * too long to be guessed (RFC 6749 section 10.10).
 */
export async function refusalOfFailure(
  limit: NetworkLimit,
  refuse: (detail: string) => Error,
  { address }: Pick<HttpRequest, 'address'>,
  thrown: unknown,
): Promise<unknown> {
  if (!(thrown instanceof Refusal)) return thrown;
  limit.noteRefusal(address);
  if (await limit.admits(address)) return thrown;
  return refuse(`too many failures from this network; this one: ${thrown.detail}`);
}
