import { loadConfig } from '@alongside/kernel/config';
import { productionShape } from '../../config.ts';
import { command, text, yes } from '../command.ts';
import { untilStopped } from '../foreground.ts';
import { configFileOf } from '../instance.ts';
import { manifestLines } from './backup.ts';

export const restore = command({
  name: 'restore',
  base: productionShape,
  flags: { force: yes, postgresTools: text },
  open: (settings) => ({ config: loadConfig(productionShape, settings, configFileOf(settings)) }),
  actions: {
    '': {
      words: 'FILE',
      help: [
        ['', 'verify FILE, then put its data into the configured database, which must be empty'],
        ['--force', 'replace the data of the database'],
      ],
      run({ config, flags, out }, file = '') {
        return untilStopped(async (signal) => {
          const step = out.progress.step.bind(out.progress);
          const { force = false, postgresTools } = flags;
          // Loaded here, so that other commands do not load storage.
          const { restoreBackup } = await import('../../boot/backup.ts');
          const options = { force, postgresTools, step, signal };
          const { manifest, description, schema } = await restoreBackup(config, file, options);
          return {
            json: { restored: true, file, database: description, schema, manifest },
            lines: [`Restored ${file} into ${description}.`, ...manifestLines(manifest)],
            notes: [
              'All sessions, codes and tokens have ended: users and applications sign in again.',
              ...(schema > manifest.schema ? [`Migrated from schema ${manifest.schema} to ${schema}.`] : []),
            ],
          };
        });
      },
    },
  },
  notes: [
    'It changes nothing if FILE is damaged or was changed, if it belongs to another master key, a newer version or another kind of database, or while any instance uses the database.',
    'A restore brings back used codes and revoked tokens, so it ends all sessions, codes and tokens. Applications are not notified. The audit log records the restore.',
    'PostgreSQL needs pg_restore and psql; see alongside backup --help.',
  ],
  examples: ['alongside restore /backup/alongside-monday.tar --config alongside.json'],
});
