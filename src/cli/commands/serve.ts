import { exposedFlags, readFlags } from '@alongside/kernel/config';
import { type Config, productionShape } from '../../config.ts';
import type { StateFile } from '../../state-file.ts';
import { type Command, exampleLines, flagNames, type Output } from '../command.ts';
import { programWords, readConfig, shellWord, startServer, stopInTime, stopOrReload } from '../foreground.ts';
import { isChild, runChild } from '../processes/child.ts';
import { columns, paragraphs } from '../table.ts';

/** Returns the command that invites the first administrator, with the flags of this call, none of which may contain a secret. */
function invitation(argv: readonly string[], exposed: readonly string[]): string {
  const words = `${programWords()} admin invite --name NAME`;
  if (exposed.length > 0) return `${words}, with the same settings`;
  return [words, ...argv.filter((word) => word !== '--json').map(shellWord)].join(' ');
}

function banner(out: Output, state: StateFile, invite: string): void {
  const { urls } = state;
  out.line(`Alongside ${state.version} serves. Data: ${state.database}`);
  const rows = [
    ['  Console', urls.console],
    ['  API platform', urls.api],
    ...(urls.apis === urls.api ? [] : [['  Added APIs', urls.apis]]),
    ['  CIS2', urls.cis2Issuer],
    ['  CIS', urls.cis],
    ...(state.metrics ? [['  Metrics', state.metrics]] : []),
    ['  Administrators', invite],
    ['  State file', state.stateFile],
  ];
  for (const line of columns(rows)) out.line(line);
}

/** Warns of secrets in flags, which everyone who may list this machine's processes can read. */
async function warnOfExposed(exposed: readonly string[], level: string): Promise<void> {
  if (exposed.length === 0) return;
  const { createLog } = await import('@alongside/kernel/log');
  for (const setting of exposed)
    createLog(level, 'alongside').warn(
      { setting },
      'a flag contains a secret, which every user of this machine can read: use @FILE, the environment variable or the configuration file',
    );
}

/** What serves: this process, or several that it supervises. */
interface Serving {
  state: StateFile;
  stop(drainDelay?: number): Promise<void>;
  reload(load: () => Config): Promise<boolean>;
  /** Rejects when it can no longer go on. */
  failed?: Promise<never>;
}

async function startServing(config: Config): Promise<Serving> {
  if (config.processes === 1) return await startServer(config, { development: false });
  const { startProcesses } = await import('../processes/start.ts');
  return await startProcesses(config);
}

export const serve: Command = {
  name: 'serve',
  help: (width) => [
    'alongside serve [flags]',
    '',
    ...paragraphs(
      [
        'It takes the flags of alongside up, which alongside up --help lists; by default --only leaves out sample and identity-agent, and --drain-delay is 5.',
        '',
        'SIGTERM, SIGINT and alongside stop stop it in order, a second signal at once; SIGHUP reloads certificates, proxies, log level and secrets in files.',
        '',
        'With --processes N, so many processes share the ports, the data and the work, and this one supervises them: it replaces one that ends unexpectedly, and on SIGHUP each in turn.',
        '',
        'It seeds nothing, has no development features, and refuses unsafe settings. alongside config shows and checks them. See docs/production.md.',
      ],
      width,
    ),
    ...exampleLines([
      'alongside serve --config alongside.json',
      'alongside config check --config alongside.json',
    ]),
  ],
  subcommands: [],
  flags: flagNames(Object.keys(productionShape)),
  async run({ argv, out }) {
    if (isChild()) return await runChild();
    let running: Serving | undefined;
    const stopping = stopOrReload(() => running?.reload(() => readConfig(productionShape, argv)));
    const config = readConfig(productionShape, argv);
    const exposed = exposedFlags(productionShape, readFlags(productionShape, argv).flags);
    await warnOfExposed(exposed, config.logLevel);
    const instance = await startServing(config);
    running = instance;
    if (stopping.signal !== undefined) {
      // No load balancer sends requests to it yet.
      await stopInTime(() => instance.stop(0), config, out);
      return 0;
    }
    stopping.listenAt(instance.state);
    if (config.json) out.json({ ready: true, ...instance.state });
    else banner(out, instance.state, invitation(argv, exposed));
    try {
      await Promise.race([stopping.heard, ...(instance.failed ? [instance.failed] : [])]);
    } finally {
      await stopInTime(() => instance.stop(), config, out);
    }
    return 0;
  },
};
