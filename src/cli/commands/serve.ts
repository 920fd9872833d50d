import { exposedFlags, readFlags } from '@alongside/kernel/config';
import { productionShape } from '../../config.ts';
import type { Instance } from '../../main.ts';
import type { StateFile } from '../../state-file.ts';
import { type Command, flagNames, type Output } from '../command.ts';
import { readConfig, stopInTime, stopOrReload } from '../foreground.ts';
import { columns } from '../table.ts';

function banner(out: Output, state: StateFile): void {
  const { urls } = state;
  out.line(`Alongside ${state.version} serves. Data: ${state.database}`);
  const rows = [
    ['  Console', urls.console],
    ['  API platform', urls.api],
    ['  CIS2', urls.cis2Issuer],
    ['  CIS', urls.cis],
    ['  Administrators', 'alongside admin invite --name NAME, with the same settings'],
    ['  State file', state.stateFile],
  ];
  for (const line of columns(rows)) out.line(line);
}

/** Warns of secrets in flags, which everyone who may list this machine's processes can read. */
async function warnOfExposed(argv: readonly string[], level: string): Promise<void> {
  const exposed = exposedFlags(productionShape, readFlags(productionShape, argv).flags);
  if (exposed.length === 0) return;
  const { createLog } = await import('@alongside/kernel/log');
  for (const setting of exposed)
    createLog(level, 'alongside').warn(
      { setting },
      'a flag contains a secret, which every user of this machine can read: use @FILE, the environment variable or the configuration file',
    );
}

export const serve: Command = {
  name: 'serve',
  summary: 'serve in production, in the foreground until an end signal; no development features',
  help: [
    'alongside serve [flags]   the flags of alongside up, which alongside up --help lists; --only leaves out sample and identity-agent by default',
    '',
    'SIGTERM and SIGINT stop it in order, a second one at once; SIGHUP reloads certificates, proxies, log level and secrets in files.',
    '',
    'It seeds nothing, has no development features, and refuses unsafe settings. See docs/production.md.',
  ],
  subcommands: [],
  flags: flagNames(Object.keys(productionShape)),
  async run({ argv, out }) {
    let running: Instance | undefined;
    const stopping = stopOrReload(() => running?.reload(() => readConfig(productionShape, argv)));
    const config = readConfig(productionShape, argv);
    await warnOfExposed(argv, config.logLevel);
    // Loaded here, so that other commands do not load the server.
    const { startAlongside } = await import('../../main.ts');
    const instance = await startAlongside(config, { development: false });
    running = instance;
    if (config.json) out.json({ ready: true, ...instance.state });
    else banner(out, instance.state);
    await stopping;
    await stopInTime(() => instance.stop(), config, out);
    return 0;
  },
};
