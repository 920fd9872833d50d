import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { loadConfig } from '@alongside/kernel/config';
import { OperatorError, UsageError } from '@alongside/kernel/operator';
import { type Config, productionShape } from '../../config.ts';
import { command, text } from '../command.ts';
import { configFileOf, readStateFile } from '../instance.ts';
import { columns } from '../table.ts';

/** Returns the public address of the console: configured, from the running instance, else this machine. */
function consoleAddress({ urlConsole, data, state, portBase }: Config): string {
  const file = state ?? join(data, 'state.json');
  if (urlConsole !== undefined) return urlConsole;
  return existsSync(file) ? readStateFile(file).urls.console : `http://localhost:${portBase}`;
}

function checkedName(name: string): string {
  const plain = name.trim();
  if (plain.length < 1 || plain.length > 80 || /\p{C}/u.test(plain))
    throw new UsageError('--name must be 1 to 80 visible characters.');
  return plain;
}

const day = (time: number | null): string =>
  time === null ? 'never' : `${new Date(time).toISOString().slice(0, 16).replace('T', ' ')} UTC`;

export const admin = command({
  name: 'admin',
  flags: { name: text },
  base: productionShape,
  async open(flags) {
    const config = loadConfig(productionShape, flags, configFileOf(flags));
    // Loaded here, so that other commands do not load storage.
    const { openStoredAdministrators } = await import('../../boot/offline.ts');
    const desk = await openStoredAdministrators(config);
    return { config, desk, close: () => desk.close() };
  },
  actions: {
    invite: {
      help: [
        ['[--name NAME]', 'a link for an administrator to set up a passkey, valid once within 60 minutes'],
      ],
      async run({ config, desk, flags }) {
        const name = checkedName(flags.name ?? 'Administrator');
        const { token, minutes } = await desk.invite(name);
        const url = `${consoleAddress(config)}/invite/${token}`;
        return {
          json: { name, url, minutes },
          lines: [url],
          notes: [
            `Valid once, for ${minutes} minutes. The first to open it becomes the administrator "${name}".`,
          ],
        };
      },
    },
    list: {
      help: 'administrators and their last sign-ins',
      async run({ desk }) {
        const found = await desk.list();
        const rows = found.map(({ id, name, createdAt, lastSignIn }) => [
          ...[id, name, `since ${day(createdAt)}`, `last ${day(lastSignIn)}`],
        ]);
        return {
          json: { administrators: found },
          lines: columns(rows),
          notes:
            found.length === 0 ? ['There is no administrator yet: alongside admin invite --name NAME.'] : [],
        };
      },
    },
    remove: {
      words: 'ID',
      help: 'remove one, with passkeys and sessions, at once',
      async run({ desk }, id) {
        if (!(await desk.remove(id))) throw new OperatorError(`There is no administrator ${id}.`);
        return { json: { removed: id }, notes: ['Removed, with all passkeys and sessions.'] };
      },
    },
  },
  notes: [
    'They work on storage, whether the instance runs or not, and take the same settings as alongside serve: --data, --database, --config; for the link also --url-console.',
  ],
  examples: ['alongside admin invite --name "Ada Bell" --config alongside.json'],
});
