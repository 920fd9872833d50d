import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { loadConfig, readFlags } from '@alongside/kernel/config';
import { OperatorError, UsageError } from '@alongside/kernel/operator';
import { z } from 'zod';
import type { AdministratorDesk } from '../../boot/administrator-desk.ts';
import { type Config, productionShape } from '../../config.ts';
import { type Command, choose, noMore, type Output, word } from '../command.ts';
import { configFileOf } from '../foreground.ts';
import { readStateFile } from '../instance.ts';
import { columns } from '../output.ts';

const flagShape = { ...productionShape, name: z.string().optional() };

interface Call {
  config: Config;
  words: readonly string[];
  name: string | undefined;
  out: Output;
}

type Act = (desk: AdministratorDesk, call: Call) => Promise<void>;

/** Returns the public address of the console: configured, from the running instance, else this machine. */
function consoleAddress({ urlConsole, data, state, portBase }: Config): string {
  const file = state ?? join(data, 'state.json');
  if (urlConsole !== undefined) return urlConsole;
  return existsSync(file) ? readStateFile(file).urls.console : `http://localhost:${portBase}`;
}

function nameOf({ name = 'Administrator' }: Call): string {
  const plain = name.trim();
  if (plain.length < 1 || plain.length > 80 || /\p{C}/u.test(plain))
    throw new UsageError('--name must be 1 to 80 visible characters.');
  return plain;
}

const invite: Act = async (desk, call) => {
  const { config, words, out } = call;
  noMore(words, 1);
  const name = nameOf(call);
  const { token, minutes } = await desk.invite(name);
  const url = `${consoleAddress(config)}/invite/${token}`;
  if (config.json) return out.json({ name, url, minutes });
  out.line(url);
  out.note(`Good once, for ${minutes} minutes. Who opens it first becomes the administrator "${name}".`);
};

const day = (time: number | null): string =>
  time === null ? 'never' : `${new Date(time).toISOString().slice(0, 16).replace('T', ' ')} UTC`;

const list: Act = async (desk, { config, words, out }) => {
  noMore(words, 1);
  const found = await desk.list();
  if (config.json) return out.json({ administrators: found });
  if (found.length === 0)
    return out.note('There is no administrator yet: alongside admin invite --name NAME.');
  const rows = found.map((one) => [
    one.id,
    one.name,
    `since ${day(one.createdAt)}`,
    `last ${day(one.lastSignIn)}`,
  ]);
  for (const line of columns(rows)) out.line(line);
};

const remove: Act = async (desk, { config, words, out }) => {
  const id = word(words, 1, 'which one: its id, as alongside admin list shows it');
  noMore(words, 2);
  if (!(await desk.remove(id))) throw new OperatorError(`There is no administrator ${id}.`);
  if (config.json) return out.json({ removed: id });
  out.note('Removed. Passkeys and sessions are gone with it.');
};

const acts: Readonly<Record<string, Act>> = { invite, list, remove };

export const admin: Command = {
  name: 'admin',
  summary: 'administrators of an instance in production: invite, list, remove',
  help: [
    'alongside admin invite [--name NAME]   a link, good once within 60 minutes, by which an administrator sets up a passkey',
    'alongside admin list                   who they are, and when they signed in last',
    'alongside admin remove ID              takes passkeys and sessions away at once',
    '',
    'They work on storage, whether the instance runs or not, and take the same settings as alongside serve:',
    '--data, --database, --config; for the link also --url-console.',
  ],
  async run({ argv, out }) {
    const { flags, words } = readFlags(flagShape, argv);
    const { name, ...settings } = flags;
    const act = choose(acts, words, 'admin');
    const config = loadConfig(productionShape, settings, configFileOf(flags));
    // Loaded here, so that other commands do not load storage.
    const { openAdministratorDesk } = await import('../../boot/administrator-desk.ts');
    const desk = await openAdministratorDesk(config);
    try {
      await act(desk, { config, words, name: name as string | undefined, out });
    } finally {
      await desk.close();
    }
    return 0;
  },
};
