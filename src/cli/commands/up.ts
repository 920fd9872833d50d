import { flagOf, variableOf } from '@alongside/kernel/operator';
import { configShape, type ServiceName, serviceNames } from '../../config.ts';
import type { StateFile } from '../../state-file.ts';
import { type Command, flagNames, type Output } from '../command.ts';
import { readConfig, stopInTime, stopSignal, untilInputEnds } from '../foreground.ts';
import { columns } from '../table.ts';

/** Returns the services of this process with their addresses. */
function addressRows({ urls }: StateFile, only: readonly ServiceName[]): string[][] {
  const platform = [
    ...(only.includes('authorisation') ? [`${urls.api}/oauth2`] : []),
    ...(only.includes('gateway') ? [`${urls.api}/personal-demographics/FHIR/R4`] : []),
  ];
  const rows: readonly (readonly [ServiceName, string, string])[] = [
    ['sample', 'Sample application', urls.sample],
    ['console', 'Console', urls.console],
    [only.includes('gateway') ? 'gateway' : 'authorisation', 'API platform', platform.join(', ')],
    ['cis2', 'CIS2', urls.cis2Issuer],
    ['identity-agent', 'Identity Agent', urls.identityAgent],
    ['cis', 'CIS', urls.cis],
  ];
  return rows.filter(([name]) => only.includes(name)).map(([, title, address]) => [`  ${title}`, address]);
}

function banner(out: Output, state: StateFile, only: readonly ServiceName[], took: number): void {
  out.line('');
  out.line(`  Alongside ${state.version} is ready (${took} ms). Data: ${state.database}`);
  out.line('');
  for (const line of columns(addressRows(state, only))) out.line(line);
  out.line('');
  if (serviceNames.every((name) => only.includes(name))) {
    out.line('  First journey      npx alongside card insert gp && npx alongside agent sign-in --pin 123456');
    out.line(`                     then open ${state.urls.sample}`);
  }
  if (state.stateFile) out.line(`  State file         ${state.stateFile}`);
  out.line('  Stop               Ctrl-C');
  out.line('');
}

/** Warns that development features and public secrets are open to everyone who can reach that address. */
const exposureWarning = (host: string): string | undefined =>
  /^(localhost|::1|127\.\d+\.\d+\.\d+)$/.test(host)
    ? undefined
    : `WARNING: --host ${host} serves this development instance beyond this machine. Its secrets and PINs are public, and anyone who reaches it can sign in as any user: keep it in a trusted network, and use "alongside serve" for others.`;

export const up: Command = {
  name: 'up',
  summary: 'start everything on this machine, in the foreground until Ctrl-C',
  help: [
    'alongside up [flags]',
    '',
    ...columns(
      Object.entries(configShape).map(([key, schema]) => [
        `  --${flagOf(key)}`,
        variableOf(key),
        schema.description ?? '',
      ]),
    ),
  ],
  subcommands: [],
  flags: flagNames(Object.keys(configShape)),
  async run({ argv, out }) {
    const started = performance.now();
    const stopping = stopSignal();
    const config = readConfig(configShape, argv);
    const warning = exposureWarning(config.host);
    if (warning) out.note(warning);
    // Loaded here, so that other commands do not load the server.
    const { startAlongside } = await import('../../main.ts');
    const instance = await startAlongside(config, { development: true });
    if (config.json) out.json({ ready: true, ...instance.state });
    else banner(out, instance.state, config.only, Math.round(performance.now() - started));
    await (config.endWithInput ? untilInputEnds(stopping) : stopping);
    await stopInTime(() => instance.stop(), config, out);
    return 0;
  },
};
