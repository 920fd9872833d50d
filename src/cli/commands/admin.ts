import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { loadConfig } from '@alongside/kernel/config';
import { nearest, OperatorError, UsageError } from '@alongside/kernel/operator';
import { type Config, productionShape } from '../../config.ts';
import type { RoleChange } from '../../console/model/administrators/administrators.ts';
import { type Grant, grantShape, roles } from '../../console/model/administrators/roles.ts';
import { command, listing, text } from '../command.ts';
import { configFileOf, readStateFile } from '../instance.ts';

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

/** Reads a role and the organisations of a registration authority. */
function grantOf(role: string, organisations: string | undefined): Grant {
  const known = roles.find((one) => one === role);
  if (!known)
    throw new UsageError(
      `There is no role "${role}".${nearest(role, roles)} Choose from ${roles.join(', ')}.`,
    );
  const codes = (organisations ?? '').split(',').filter((code) => code !== '');
  const { data, error } = grantShape.safeParse({ role: known, organisations: codes });
  if (!data) throw new UsageError(`--organisations ${error.issues[0]?.message}.`);
  return data;
}

const describe = ({ role, organisations }: Grant): string =>
  organisations.length === 0 ? role : `${role} of ${organisations.join(', ')}`;

/** @throws OperatorError for a change that was not made */
function demandDone(change: RoleChange, id: string): void {
  if (change === 'unknown')
    throw new OperatorError(`There is no administrator ${id}: alongside admin list names them.`);
  if (change === 'last')
    throw new OperatorError(
      `${id} is the last with the role administrator, so it stays. Invite another one first, who must join: alongside admin invite.`,
    );
}

const day = (time: number | null): string =>
  time === null ? 'never' : `${new Date(time).toISOString().slice(0, 16).replace('T', ' ')} UTC`;

export const admin = command({
  name: 'admin',
  flags: { name: text, role: text, organisations: text },
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
        ['[--name NAME]', 'a link to set up a passkey for the console, valid once within 60 minutes'],
        ['  --role ROLE', `${roles.join(', ')}; default administrator`],
        ['  --organisations A9A5A,Y51', 'those of a registration authority, by ODS code'],
      ],
      async run({ config, desk, flags }) {
        const name = checkedName(flags.name ?? 'Administrator');
        const grant = grantOf(flags.role ?? 'administrator', flags.organisations);
        const { token, minutes } = await desk.invite({ name, ...grant });
        const url = `${consoleAddress(config)}/invite/${token}`;
        return {
          json: { name, ...grant, url, minutes },
          lines: [url],
          notes: [
            `Valid once, for ${minutes} minutes. The first to open it becomes "${name}" with the role ${describe(grant)}.`,
          ],
        };
      },
    },
    list: {
      help: 'administrators and their last sign-ins',
      async run({ desk }) {
        const found = await desk.list();
        const rows = found.map(({ id, name, createdAt, lastSignIn, ...grant }) => [
          id,
          name,
          describe(grant),
          `since ${day(createdAt)}`,
          `last ${day(lastSignIn)}`,
        ]);
        const none = 'There is no administrator yet: alongside admin invite --name NAME.';
        return listing({ administrators: found }, rows, none);
      },
    },
    role: {
      words: 'ID ROLE',
      help: [
        ['', `change the role, from the next request on: ${roles.join(', ')}`],
        ['  --organisations A9A5A,Y51', 'those of a registration authority, by ODS code'],
      ],
      async run({ desk, flags }, id, role) {
        const grant = grantOf(role, flags.organisations);
        demandDone(await desk.changeRole(id, grant), id);
        return { json: { id, ...grant }, lines: [`${id} has the role ${describe(grant)}.`] };
      },
    },
    remove: {
      words: 'ID',
      help: 'remove one, with passkeys and sessions, at once',
      async run({ desk }, id) {
        demandDone(await desk.remove(id), id);
        return { json: { removed: id }, notes: ['Removed, with all passkeys and sessions.'] };
      },
    },
  },
  notes: [
    'They work on storage, whether the instance runs or not, and take the same settings as alongside serve: --data, --database, --config; for the link also --url-console.',
  ],
  examples: [
    'alongside admin invite --name "Ada Bell" --config alongside.json',
    'alongside admin invite --name "Bo Hill" --role registration-authority --organisations A9A5A',
  ],
});
