import { systemClock } from '@alongside/kernel/clock';
import { examineConfig, loadConfig, unknownVariables } from '@alongside/kernel/config';
import { flagOf } from '@alongside/kernel/operator';
import { productionShape } from '../../config.ts';
import { command } from '../command.ts';
import { configFileOf } from '../instance.ts';
import { columns } from '../table.ts';

const shown = (value: unknown): string =>
  typeof value === 'string' ? value : value === null ? '-' : JSON.stringify(value);

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
          ...[`--${flagOf(name)}`, shown(value), origin, reloadable ? 'reload' : 'restart'],
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
        const { problems } = examineConfig(productionShape, settings, file);
        // The configuration as a whole can be checked only if each setting is valid.
        if (problems.length === 0) {
          const { startProblems } = await import('../../boot/production.ts');
          const wanted = loadConfig(productionShape, settings, file);
          problems.push(...(await startProblems(wanted, systemClock.now())));
        }
        return {
          json: { problems, remarks: unknownVariables(productionShape) },
          lines: problems.length === 0 ? ['The settings have no problem.'] : [],
          notes: [...problems, ...unknownVariables(productionShape)],
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
