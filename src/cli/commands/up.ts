import { flagOf } from '@alongside/kernel/operator';
import { readableLine } from '@alongside/kernel/readable-log';
import { configShape, type ServiceName, serviceNames } from '../../config.ts';
import type { StateFile } from '../../state-file.ts';
import { type Command, exampleLines, flagNames, type Output } from '../command.ts';
import {
  programWords,
  readConfig,
  StopSignal,
  selectingFlags,
  startServer,
  stopInTime,
  untilInputEnds,
} from '../foreground.ts';
import { stopped } from '../outcome.ts';
import { columns, helpLines, paragraphs } from '../table.ts';

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
    ['gateway', 'Added APIs', urls.apis],
    ['cis2', 'CIS2', urls.cis2Issuer],
    ['identity-agent', 'Identity Agent', urls.identityAgent],
    ['cis', 'CIS', urls.cis],
  ];
  return rows.filter(([name]) => only.includes(name)).map(([, title, address]) => [`  ${title}`, address]);
}

function banner(out: Output, state: StateFile, only: readonly ServiceName[], took: number): void {
  const command = (words: string) => `${programWords()} ${words}${selectingFlags(state.stateFile)}`;
  out.line('');
  out.line(`  Alongside ${state.version} is ready (${took} ms). Data: ${state.database}`);
  out.line('');
  for (const line of columns(addressRows(state, only))) out.line(line);
  out.line('');
  if (serviceNames.every((name) => only.includes(name))) {
    out.line(`  First journey      ${command('card insert gp')}`);
    out.line(`                     ${command('agent sign-in --pin 123456')}`);
    out.line(`                     then open ${state.urls.sample}`);
    out.line(`  All addresses      ${command('status')}`);
  }
  if (state.tlsAuthority) out.line(`  HTTPS              trust ${state.tlsAuthority}`);
  if (state.metrics) out.line(`  Metrics            ${state.metrics}`);
  out.line(`  State file         ${state.stateFile}`);
  out.line(`  Stop               Ctrl-C, or ${command('stop')}`);
  out.line('');
}

/** Warns that development features and public secrets are open to everyone who can reach that address. */
const exposureWarning = (host: string): string | undefined =>
  /^(localhost|::1|127\.\d+\.\d+\.\d+)$/.test(host)
    ? undefined
    : `WARNING: --host ${host} serves this development instance beyond this machine. Its secrets and PINs are public, and anyone who reaches it can sign in as any user: keep it in a trusted network, and use "alongside serve" for others.`;

/** Returns the default of a setting that users may want to know. */
function defaultOf(schema: (typeof configShape)[keyof typeof configShape]): string {
  const initial: unknown = schema.safeParse(undefined).data;
  if (typeof initial === 'number') return ` (default ${initial})`;
  return typeof initial === 'string' && initial !== '' ? ` (default ${initial})` : '';
}

export const up: Command = {
  name: 'up',
  help: (width) => [
    'alongside up [flags]',
    '',
    ...helpLines(
      Object.entries(configShape).map(([key, schema]) => [
        `  --${flagOf(key)}`,
        `${schema.description ?? ''}${defaultOf(schema)}`,
      ]),
      width,
    ),
    '',
    ...paragraphs(
      [
        'Each flag is also an environment variable (--port-base is ALONGSIDE_PORT_BASE) and a key of the file of --config (portBase); --no-… switches one off. Data is kept in .alongside/ and seeded when it is new.',
      ],
      width,
    ),
    ...exampleLines([
      'alongside up',
      'alongside up --ephemeral --port-base 0',
      'alongside up --database postgres://alongside@localhost/alongside',
      'alongside up --only cis2,cis,identity-agent,console',
    ]),
  ],
  subcommands: [],
  flags: flagNames(Object.keys(configShape)),
  async run({ argv, out }) {
    const started = performance.now();
    const stopping = new StopSignal();
    const config = readConfig(configShape, argv);
    const warning = exposureWarning(config.host);
    if (warning) out.note(warning);
    /** The command that explains a refusal, without its id. */
    let explain = `${programWords()} explain`;
    if (process.stderr.isTTY && !config.json && !config.logFile) {
      const { formatLog } = await import('@alongside/kernel/log');
      formatLog((line) => readableLine(line, explain));
    }
    const instance = await startServer(config, { development: true });
    explain += selectingFlags(instance.state.stateFile);
    if (stopping.signal === 'SIGINT') {
      await stopInTime(() => instance.stop(), config, out);
      return stopped(argv, out);
    }
    stopping.listenAt(instance.state);
    if (config.json) out.json({ ready: true, ...instance.state });
    else banner(out, instance.state, config.only, Math.round(performance.now() - started));
    await (config.endWithInput ? untilInputEnds(stopping.heard) : stopping.heard);
    await stopInTime(() => instance.stop(), config, out);
    return 0;
  },
};
