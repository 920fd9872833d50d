import { systemClock } from '@alongside/kernel/clock';
import {
  flagOf,
  loadConfig,
  OperatorError,
  readFlags,
  UsageError,
  variableOf,
} from '@alongside/kernel/config';
import { silentRecorder } from '@alongside/kernel/events';
import { createListener } from '@alongside/kernel/http';
import { createLog } from '@alongside/kernel/log';
import { z } from 'zod';
import { createIdentityAgent } from './index.ts';
import { defaultDataFolder, defaultSocketPath } from './socket-path.ts';

// Runs an agent alone, on a desk, against a CIS and a CIS2 elsewhere.

const url = z
  .string('is needed')
  .refine((value) => URL.canParse(value) && /^https?:/.test(value), 'must be an http or https address')
  .transform((value) => value.replace(/\/$/, ''));

const shape = {
  cis: url.describe('Address of CIS'),
  cis2Issuer: url.describe('Issuer of the one CIS2 that is trusted'),
  cis2Jwks: url.optional().describe("Address of CIS2's keys; {issuer}/connect/jwk_uri by default"),
  cis2Exchange: url
    .optional()
    .describe('Address of the exchange; {origin of CIS2}/agent/exchange by default'),
  agentPort: z.coerce
    .number()
    .int()
    .min(1)
    .max(65_535)
    .default(8403)
    .describe('Loopback port for the browser'),
  agentData: z.string().min(1).default(defaultDataFolder()).describe('Folder of key and virtual cards'),
  agentSocket: z.string().min(1).optional().describe('Path of the local socket'),
  generation: z.enum(['hscn', 'internet']).default('hscn').describe('Generation of the agent'),
  mode: z
    .enum(['normal', 'enhancedNormal', 'sessionLockPersistence', 'mobility'])
    .default('normal')
    .describe('Session mode'),
  requireRole: z.boolean().default(false).describe('A person without a role cannot sign in'),
  checkPeerUser: z
    .boolean()
    .default(true)
    .describe('Only browsers of the same local user; off in containers'),
  strictNavigation: z.boolean().default(true).describe('Off for browsers that send no Fetch Metadata'),
  development: z.boolean().default(false).describe('Virtual cards can be handled over the local socket'),
  cardIssuerSecret: z.string().min(1).optional().describe('With it CIS certifies virtual cards'),
  logLevel: z
    .enum(['debug', 'info', 'warn', 'error', 'silent'])
    .default('info')
    .describe('How much is logged'),
};

const help = (): string =>
  [
    'identity-agent: runs the Identity Agent of this desk. Each option is also an environment variable.',
    '',
    ...Object.entries(shape).map(
      ([key, schema]) => `  --${flagOf(key)}  ${variableOf(key)}\n      ${schema.description}`,
    ),
    '',
  ].join('\n');

async function main(argv: readonly string[]): Promise<void> {
  if (argv.includes('--help')) return void process.stdout.write(help());
  const { flags, words } = readFlags(shape, argv);
  if (words.length > 0) throw new UsageError(`"${words[0]}" is not expected. See --help.`);
  const config = loadConfig(shape, flags);
  const log = createLog(config.logLevel, 'identity-agent');
  const { cis2Issuer: issuer, agentData: dataFolder } = config;
  const { service } = await createIdentityAgent({
    ...config,
    clock: systemClock,
    recorder: silentRecorder,
    log,
    dataFolder,
    socketPath: config.agentSocket ?? defaultSocketPath(dataFolder),
    url: `http://127.0.0.1:${config.agentPort}`,
    cisUrl: config.cis,
    cis2: {
      issuer,
      jwksUrl: config.cis2Jwks ?? `${issuer}/connect/jwk_uri`,
      exchangeUrl: config.cis2Exchange ?? `${new URL(issuer).origin}/agent/exchange`,
    },
  });
  const { routes, before, onError } = service;
  const listener = createListener(routes, { name: 'the Identity Agent', log, before, onError });
  const stop = async (): Promise<void> => {
    await service.stop();
    await listener.close();
  };
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void stop());
  await listener.listen(config.agentPort);
  try {
    await service.start();
  } catch (error) {
    await stop();
    throw error;
  }
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof UsageError || error instanceof OperatorError || error instanceof Error)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = error instanceof UsageError ? 2 : 1;
}
