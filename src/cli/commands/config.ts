import { systemClock } from '@alongside/kernel/clock';
import { examineConfig, loadConfig, unknownVariables } from '@alongside/kernel/config';
import { flagOf } from '@alongside/kernel/operator';
import { type Config, productionShape } from '../../config.ts';
import { command } from '../command.ts';
import { configFileOf } from '../instance.ts';
import { columns } from '../table.ts';

function shown(value: unknown): string {
  if (value === null) return '-';
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** Returns what `serve` would refuse, and the configuration if each setting is valid: otherwise nothing else can be checked. */
export async function examineStart(
  settings: Record<string, unknown>,
  file: string | undefined,
): Promise<{ problems: string[]; config?: Config }> {
  const { problems } = examineConfig(productionShape, settings, file);
  if (problems.length > 0) return { problems };
  const { startProblems } = await import('../../boot/production.ts');
  const config = loadConfig(productionShape, settings, file);
  return { problems: await startProblems(config, systemClock.now()), config };
}

export const config = command({
  name: 'config',
  base: productionShape,
  open: (settings) => ({ settings, file: configFileOf(settings) }),
  actions: {
    '': {
      help: [['[flags]', 'every setting, from the flags, environment and file that serve would read']],
      async run({ settings: given, file }) {
        const { settings: examined, problems } = examineConfig(productionShape, given, file);
        const { reloadableSettings } = await import('../../boot/reloadables.ts');
        const settings = examined.map((setting) => ({
          ...setting,
          reloadable: reloadableSettings.has(setting.name),
        }));
        const rows = settings.map(({ name, value, origin, reloadable }) => [
          `--${flagOf(name)}`,
          shown(value),
          origin,
          reloadable ? 'reload' : 'restart',
        ]);
        return {
          json: { settings, problems, remarks: unknownVariables(productionShape) },
          lines: columns(rows),
          notes: [...problems, ...unknownVariables(productionShape)],
          code: problems.length === 0 ? 0 : 1,
        };
      },
    },
    check: {
      help: [
        ['[flags]', 'their problems, and what else serve would refuse to start with; exit code 1 for any'],
      ],
      async run({ settings, file }) {
        const { problems } = await examineStart(settings, file);
        const remarks = unknownVariables(productionShape);
        return {
          json: { problems, remarks },
          lines: problems.length === 0 ? ['The settings have no problem.'] : [],
          notes: [...problems, ...remarks],
          code: problems.length === 0 ? 0 : 1,
        };
      },
    },
  },
  notes: [
    'The origin is a flag, a variable, the file with the line, or default. The last column says whether a reload applies a change (SIGHUP) or only a restart. A secret is shown as "set".',
    'Variables that begin with ALONGSIDE_ and are not settings are named too; they are no problem. With --json: {"settings": [{"name", "value", "origin", "reloadable"}], "problems": [""], "remarks": [""]}',
  ],
  examples: ['alongside config check --config alongside.json'],
});
