// A process of the race benchmark: the authorisation service on the shared database.
import { silentRecorder } from '@alongside/kernel/events';
import { startPlatform } from '../../src/authorisation/testing/platform.ts';
import type { Provider } from '../../src/authorisation/testing/provider.ts';
import { unlimited } from '../command.ts';

interface Start {
  database: string;
  /** Master key, base64. */
  master: string;
  issuer: string;
}

// Ctrl-C reaches every process of the terminal; the first one ends the others after its rounds.
process.on('SIGINT', () => undefined);
process.once('message', async ({ database, master, issuer }: Start) => {
  // The providers run in the first process; here only their addresses are needed.
  const provider = { issuer } as Provider;
  const beside = { master: Buffer.from(master, 'base64'), provider, citizens: provider };
  const platform = await startPlatform({
    database,
    beside,
    more: { recorder: silentRecorder, networkLimits: unlimited },
  });
  process.send?.({ port: platform.port });
});
process.once('disconnect', () => process.exit(0));
