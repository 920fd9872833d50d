import { systemClock } from '@alongside/kernel/clock';
import { silentRecorder } from '@alongside/kernel/events';
import { createLog } from '@alongside/kernel/log';
import { flagOf, OperatorError, UsageError, variableOf } from '@alongside/kernel/operator';
import { createIdentityAgent } from './index.ts';
import { createAgentListener } from './listener.ts';
import { RecentRefusals } from './recent-refusals.ts';
import { agentVersion } from './session/status.ts';
import { definitions, settingNames } from './settings/definitions.ts';
import { SettingsError } from './settings/layers.ts';
import { checkUsable, loadSettings, sessionMode, settingFiles } from './settings/settings.ts';
import { defaultDataFolder, defaultSocketPath } from './socket-path.ts';
import { Traces } from './traces.ts';

// Runs an agent alone on a workstation, with a CIS and a CIS2 elsewhere.

const help = (): string => {
  const { policy, user, defaults } = settingFiles();
  return [
    'identity-agent run: run the Identity Agent of this workstation. The first source with a setting applies:',
    `the policy of the machine (${policy}), the command line, the environment,`,
    `the file of the user (${user}), the recommended defaults (${defaults}).`,
    '',
    ...settingNames.map((name) => {
      const { about, kind, fallback } = definitions[name];
      const value = fallback === undefined ? kind.rule : `${kind.rule}; ${String(fallback)} by default`;
      return `  --${flagOf(name)}  ${variableOf(name)}  "${name}"\n      ${about} (${value})`;
    }),
    '',
  ].join('\n');
};

/** Starts the agent; resolves when it is ready. It runs until a signal. @throws UsageError, OperatorError */
async function start(argv: readonly string[]): Promise<void> {
  const { settings, words } = loadSettings(argv);
  if (words.length > 0) throw new UsageError(`"${words[0]}" is not expected. See --help.`);
  checkUsable(settings);
  const { cis2Issuer: issuer, agentPort, logLevel, reader, ...rest } = settings;
  const dataFolder = settings.agentData ?? defaultDataFolder();
  const log = createLog(logLevel, 'identity-agent');
  const refusals = new RecentRefusals(systemClock);
  const { service } = await createIdentityAgent({
    ...rest,
    refusals,
    clock: systemClock,
    recorder: silentRecorder,
    log,
    dataFolder,
    transport: reader,
    cards: settings,
    socketPath: settings.agentSocket ?? defaultSocketPath(),
    url: `http://127.0.0.1:${agentPort}`,
    cisUrl: settings.cis,
    cis2: {
      issuer,
      jwksUrl: settings.cis2Jwks ?? `${issuer}/connect/jwk_uri`,
      exchangeUrl: settings.cis2Exchange ?? `${new URL(issuer).origin}/agent/exchange`,
    },
    mode: sessionMode(settings),
    timers: { pinAgainAfter: settings.pinAgainAfter, lockedFor: settings.lockedFor },
  });
  const { routes, before } = service;
  const { otlpEndpoint } = settings;
  const traces = otlpEndpoint === undefined ? undefined : new Traces(otlpEndpoint, systemClock, agentVersion);
  const listener = createAgentListener(routes, { log, refusals, before, traces });
  const stop = async (): Promise<void> => {
    await service.stop();
    await listener.close();
    await traces?.stop();
  };
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void stop());
  try {
    await listener.listen(agentPort);
    await service.start();
  } catch (error) {
    // Also ends the reader's process, which would keep this one running.
    await stop();
    throw error;
  }
  log.info({ port: agentPort, generation: settings.generation, mode: sessionMode(settings) }, 'ready');
}

/** Runs an agent on this workstation. Reports errors in one sentence; exit code 2 for wrong usage or settings, 1 for others. */
export async function run(argv: readonly string[]): Promise<void> {
  try {
    if (argv.includes('--help')) process.stdout.write(help());
    else await start(argv);
  } catch (error) {
    if (!(error instanceof UsageError || error instanceof OperatorError || error instanceof Error))
      throw error;
    process.stderr.write(`${error.message}\n`);
    process.exitCode = error instanceof UsageError || error instanceof SettingsError ? 2 : 1;
  }
}

if (import.meta.main) await run(process.argv.slice(2));
