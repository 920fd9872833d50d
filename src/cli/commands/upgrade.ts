import { unknownVariables } from '@alongside/kernel/config';
import { OperatorError, UsageError } from '@alongside/kernel/operator';
import type { CheckedUpgrade } from '../../boot/upgrade.ts';
import { productionShape } from '../../config.ts';
import { duration } from '../../journeys/text.ts';
import type { PlannedMigration, TableLock } from '../../storage/upgrade-plan.ts';
import { command, yes } from '../command.ts';
import { configFileOf } from '../instance.ts';
import { counted } from '../table.ts';
import { sizeOf } from './backup.ts';
import { examineStart } from './config.ts';

/** Whether a lock of this table lasts only a moment. */
const isSmall = ({ rows, bytes }: TableLock['size']): boolean => rows < 1_000 && (bytes ?? 0) < 1_048_576;

function lockText({ table, waits, size: { rows, bytes } }: TableLock): string {
  const size = `${counted(rows, 'row')}${bytes === null ? '' : `, ${sizeOf(bytes)}`}`;
  return waits === 'all'
    ? `locks ${table} (${size}) until the migration ends`
    : `writes to ${table} wait for a new index (${size})`;
}

/** Seconds of a migration from which its line has them. */
const noted = 1;

function migrationLines(migration: PlannedMigration): string[] {
  const { number, creates, drops, rewrites, movesRows, locks, seconds } = migration;
  const parts = [
    ...(creates.length > 0 ? [`creates ${creates.join(', ')}`] : []),
    ...(movesRows ? ['moves rows in small transactions'] : []),
    ...(rewrites.length > 0 ? [`reads or changes all of ${rewrites.join(', ')}`] : []),
    ...locks.filter(({ size }) => !isSmall(size)).map(lockText),
    ...(drops.length > 0 ? [`drops ${drops.join(', ')}`] : []),
    ...(seconds >= noted ? [`takes about ${about(seconds)}`] : []),
  ];
  if (parts.length === 0) parts.push('has nothing to change here');
  return parts.map((part, index) => `  ${index === 0 ? String(number).padStart(3) : '   '}  ${part}`);
}

/** An estimate in whole seconds, and in minutes once there are some. */
const about = (seconds: number): string =>
  duration(Math.ceil(seconds < 120 ? seconds : seconds / 60) * (seconds < 120 ? 1_000 : 60_000));

/** Returns a plan of migrations, for people. */
export function planLines({
  description,
  from,
  to,
  schema,
  bytes,
  migrations,
  lowest,
  estimate,
}: CheckedUpgrade): string[] {
  const last = from === undefined ? '' : `, last served by version ${from}`;
  const head = `${description} (${sizeOf(bytes)}) has schema ${schema}${last}. Version ${to.version} has schema ${to.schema}.`;
  if (schema >= to.schema) return [head, 'There is nothing to migrate.'];
  const isPossible = lowest <= schema;
  return [
    head,
    `${counted(migrations.length, 'migration')}, about ${about(estimate)} on two cores with a local disk:`,
    ...migrations.flatMap(migrationLines),
    isPossible
      ? `Afterwards, the version with schema ${schema} can still run, so you can go back to it. While one of its processes runs, it lacks the fixes of this version.`
      : `Afterwards, only versions with schema ${lowest} or newer can run. To go back, restore a backup: make one with the installed version first.`,
  ];
}

const ofDevelopment =
  'This data was made in development: alongside up migrates it when it starts, and alongside serve refuses it.';

export const upgrade = command({
  name: 'upgrade',
  base: productionShape,
  flags: { check: yes },
  open: (settings) => ({ settings, file: configFileOf(settings) }),
  actions: {
    '': {
      help: [
        [
          '--check',
          'migrations with the sizes and locks of their tables, whether you can go back, and settings that this version does not accept; changes nothing',
        ],
      ],
      async run({ settings, file, flags }) {
        if (!flags.check)
          throw new UsageError('alongside upgrade needs --check. alongside migrate changes the data.');
        const { problems, config } = await examineStart(settings, file);
        const remarks = unknownVariables(productionShape);
        let plan: CheckedUpgrade | undefined;
        if (config) {
          const { checkUpgrade } = await import('../../boot/upgrade.ts');
          plan = await checkUpgrade(config).catch((error: unknown) => {
            if (!(error instanceof OperatorError)) throw error;
            // Both read the master key.
            if (!problems.includes(error.message)) problems.push(error.message);
            return undefined;
          });
        }
        if (plan?.isOfDevelopment) {
          // Those of `serve`, which never serves this data.
          problems.length = 0;
          remarks.push(ofDevelopment);
        }
        return {
          json: {
            ok: problems.length === 0,
            estimate: plan?.estimate ?? null,
            plan: plan ?? null,
            problems,
            remarks,
          },
          lines: plan ? planLines(plan) : [],
          notes: [...problems, ...remarks],
          code: problems.length === 0 ? 0 : 1,
        };
      },
    },
  },
  notes: [
    'Run it with the new version and the settings of alongside serve, while the old version serves. Exit code 0: this version would start; 1: it would refuse, for the reasons printed.',
    'Data of alongside up is checked too: --data .alongside.',
    'With --json: {"ok", "estimate", "plan": {"description", "isOfDevelopment", "from", "to", "schema", "migrations", "lowest", "bytes"}, "problems": [""], "remarks": [""]}. "estimate" is the duration of all migrations in seconds, by the numbers of rows.',
  ],
  examples: ['alongside upgrade --check --config alongside.json'],
});
