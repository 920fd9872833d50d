import type { Clock } from '@alongside/kernel/clock';
import { listsS256 } from './calls.ts';

/** Milliseconds for which metadata is cached. */
const metadataFor = 3_600_000;

/** Returns whether to send both to a provider: as configured, or else if its metadata lists S256, read again after an hour. */
export function nonceAndPkce(
  { issuer, sendNonceAndPkce }: { issuer: string; sendNonceAndPkce?: boolean | undefined },
  clock: Clock,
): () => Promise<boolean> {
  if (sendNonceAndPkce !== undefined) return async () => sendNonceAndPkce;
  let known = false;
  let readAt = Number.NEGATIVE_INFINITY;
  let reading: Promise<void> | undefined;
  const read = async () => {
    const lists = await listsS256(issuer);
    // A failed read changes nothing and is repeated at the next sign-in.
    if (lists === undefined) return;
    known = lists;
    readAt = clock.now();
  };
  return async () => {
    if (Math.abs(clock.now() - readAt) < metadataFor) return known;
    // Concurrent callers share one read.
    reading ??= read().finally(() => {
      reading = undefined;
    });
    await reading;
    return known;
  };
}
