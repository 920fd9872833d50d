import { loadConfig } from '@alongside/kernel/config';
import { productionShape } from '../../config.ts';
import { command, yes } from '../command.ts';
import { configFileOf } from '../instance.ts';
import { planLines } from './upgrade.ts';

export const migrate = command({
  name: 'migrate',
  base: productionShape,
  flags: { plan: yes },
  open: (settings) => ({ config: loadConfig(productionShape, settings, configFileOf(settings)) }),
  actions: {
    '': {
      help: [
        ['', 'migrate the data to the schema of this version; if it is stopped, the next run continues'],
        ['--plan', 'print what it would do; change nothing'],
      ],
      async run({ config, flags, out }) {
        // Loaded here, so that other commands do not load storage.
        const { checkUpgrade, migrateData } = await import('../../boot/upgrade.ts');
        if (flags.plan) {
          const plan = await checkUpgrade(config);
          return { json: plan, lines: planLines(plan) };
        }
        const step = out.progress.step.bind(out.progress);
        const { description, from, to } = await out.progress.during(
          'Migrating',
          migrateData(config, { step }),
        );
        return {
          json: { database: description, from, to },
          lines: [
            from === to
              ? `${description} has schema ${to} already.`
              : `Migrated ${description} from schema ${from} to ${to}.`,
          ],
        };
      },
    },
  },
  notes: [
    'alongside serve migrates at its start, unless --no-migrate is set. Several processes may start at once: one migrates, the others wait.',
  ],
  examples: ['alongside migrate --plan --config alongside.json'],
});
