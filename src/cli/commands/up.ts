import { flagOf, variableOf } from '@alongside/kernel/config';
import { configShape } from '../../config.ts';
import type { StateFile } from '../../state-file.ts';
import type { Command, Output } from '../command.ts';
import { readConfig, stopSignal } from '../foreground.ts';
import { columns } from '../output.ts';

function banner(out: Output, state: StateFile, took: number): void {
  out.line('');
  out.line(`  Alongside ${state.version} is ready (${took} ms). Data: ${state.database}`);
  out.line('');
  const { urls } = state;
  const rows = [
    ['  Sample application', urls.sample],
    ['  Console', urls.console],
    ['  API platform', `${urls.api}/oauth2, ${urls.api}/personal-demographics/FHIR/R4`],
    ['  CIS2', urls.cis2Issuer],
    ['  Identity Agent', urls.identityAgent],
    ['  CIS', urls.cis],
  ];
  for (const line of columns(rows)) out.line(line);
  out.line('');
  out.line('  First journey      npx alongside card insert gp && npx alongside agent sign-in --pin 123456');
  out.line(`                     then open ${urls.sample}`);
  if (state.stateFile) out.line(`  State file         ${state.stateFile}`);
  out.line('  Stop               Ctrl-C');
  out.line('');
}

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
  async run({ argv, out }) {
    const started = performance.now();
    const stopping = stopSignal();
    const config = readConfig(configShape, argv);
    // Loaded here, so that the other commands do not wait for what only a server needs.
    const { startAlongside } = await import('../../main.ts');
    const instance = await startAlongside(config, { development: true });
    if (config.json) out.json({ ready: true, ...instance.state });
    else banner(out, instance.state, Math.round(performance.now() - started));
    await stopping;
    await instance.stop();
    return 0;
  },
};
