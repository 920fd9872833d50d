// A process of the race benchmark: CIS2 on the shared database, with the address of the first process.

import { startInstance } from '../../src/cis2/testing/instance.ts';
import { otherProcess } from '../../src/cis2/testing/other-process.ts';

/** The first message. */
export interface Start {
  database: string;
  origin: string;
  issuer: string;
  cis: { url: string; secret: string };
}

process.on('SIGINT', () => undefined);
process.once('message', async ({ database, origin, issuer, cis }: Start) => {
  const urls = { console: '', api: '', apis: '', cis2: origin, identityAgent: '', cis: cis.url, sample: '' };
  const own = await startInstance({ issuer, cis, urls }, database, undefined, 'localhost');
  const rounds = otherProcess({ ...own, cis: { ...own.cis, ...cis }, origin, issuer });
  // Each further message starts a round of deliveries.
  process.on('message', async () => {
    await rounds.endExpired('');
    process.send?.('done');
  });
  process.send?.({ port: Number(new URL(own.origin).port) });
});
process.once('disconnect', () => process.exit(0));
