import { loadConfig } from '@alongside/kernel/config';
import { UsageError } from '@alongside/kernel/operator';
import { productionShape } from '../../config.ts';
import type { Manifest } from '../../storage/backup/manifest.ts';
import { command, text, yes } from '../command.ts';
import { untilStopped } from '../foreground.ts';
import { configFileOf } from '../instance.ts';
import { columns, counted } from '../table.ts';

const sizes = ['bytes', 'KiB', 'MiB', 'GiB', 'TiB'];

/** Returns a number of bytes for people. */
export function sizeOf(bytes: number): string {
  const power = Math.min(sizes.length - 1, Math.floor(Math.log2(Math.max(1, bytes)) / 10));
  return `${(bytes / 1024 ** power).toFixed(power === 0 ? 0 : 1)} ${sizes[power]}`;
}

/** Returns the contents of a backup, for people. */
export const manifestLines = ({ createdAt, version, engine, schema, counts, auditHeads, data }: Manifest) =>
  columns([
    ['  Made', `${createdAt} by version ${version}`],
    ['  Database', `${engine}, schema ${schema}`],
    ['  Rows', String(Object.values(counts).reduce((sum, count) => sum + count, 0))],
    [
      '  Audit records',
      `${auditHeads.reduce((sum, [, seq]) => sum + seq, 0)} in ${counted(auditHeads.length, 'chain')}`,
    ],
    ['  Data', `${sizeOf(data.bytes)}, SHA-256 ${data.sha256}`],
  ]);

export const backup = command({
  name: 'backup',
  base: productionShape,
  flags: { verify: yes, force: yes, postgresTools: text },
  open: (settings) => ({ config: loadConfig(productionShape, settings, configFileOf(settings)) }),
  actions: {
    '': {
      words: 'FILE',
      help: [
        ['', 'write all data into FILE, which appears when it is complete; with --force it replaces a file'],
        ['--verify', 'read FILE and check that it is complete and unchanged; change nothing'],
      ],
      run({ config, flags, out }, file = '') {
        if (flags.verify && flags.force)
          throw new UsageError('--verify takes no --force: it writes nothing.');
        return untilStopped(async (signal) => {
          const step = out.progress.step.bind(out.progress);
          // Loaded here, so that other commands do not load storage.
          const { checkBackup, createBackup } = await import('../../boot/backup.ts');
          if (flags.verify) {
            const { manifest, key } = await checkBackup(config, file, { step, signal });
            return {
              json: { file, valid: true, key, manifest },
              lines: [`${file} is complete and unchanged.`, ...manifestLines(manifest)],
              notes:
                key === 'missing'
                  ? ['The master key is not here: whether it belongs to the backup was not checked.']
                  : [],
            };
          }
          const force = flags.force === true;
          const { postgresTools } = flags;
          const manifest = await createBackup(config, file, { force, postgresTools, step, signal });
          return { json: { file, manifest }, lines: [`Wrote ${file}.`, ...manifestLines(manifest)] };
        });
      },
    },
  },
  notes: [
    'It reads one state of the database and disturbs no instance. FILE can be read only by you, and is a tar archive with the data (a SQLite file, or a dump of pg_dump) and manifest.json. It contains personal data and hashes of secrets, but not the master key, without which it cannot be restored: keep that elsewhere.',
    'PostgreSQL needs pg_dump, as new as the server or newer: the one on the search path, or the newest installed; --postgres-tools DIR names another folder. For SQLite, the disk of FILE needs free space of twice the database.',
    'It takes the same settings as alongside serve: --data, --database, --master-key, --config. The audit log records it.',
  ],
  examples: [
    'alongside backup /backup/alongside-monday.tar --config alongside.json',
    'alongside backup --verify /backup/alongside-monday.tar',
  ],
});
