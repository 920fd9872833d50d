import type { Clock } from '@alongside/kernel/clock';
import { listsS256 } from './calls.ts';

/** Milliseconds. */
const metadataFor = 3_600_000;

/** Whether a provider is sent both: what is configured; else whether its metadata lists S256, which is read again after an hour. */
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
    // What cannot be read changes nothing and is asked for again: no proof key is left out for an hour by chance.
    if (lists === undefined) return;
    known = lists;
    readAt = clock.now();
  };
  return async () => {
    if (Math.abs(clock.now() - readAt) < metadataFor) return known;
    // Whoever comes meanwhile waits for the same answer.
    reading ??= read().finally(() => {
      reading = undefined;
    });
    await reading;
    return known;
  };
}
